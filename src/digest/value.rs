//! The value of one parameter: a token, or the inside of a quoted string whose escapes are undone while reading.

use super::Malformed;

/// A parameter's value, borrowed from the header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value<'h> {
    raw: &'h [u8],
    quoted: bool,
    escaped: bool,
}

impl<'h> Value<'h> {
    pub(super) const fn token(raw: &'h [u8]) -> Self {
        Self {
            raw,
            quoted: false,
            escaped: false,
        }
    }

    /// The inside of a quoted string; `escaped` tells whether it holds quoted-pairs.
    pub(super) const fn quoted(raw: &'h [u8], escaped: bool) -> Self {
        Self {
            raw,
            quoted: true,
            escaped,
        }
    }

    pub(super) const fn is_quoted(self) -> bool {
        self.quoted
    }

    pub(super) const fn is_empty(self) -> bool {
        self.raw.is_empty()
    }

    /// As sent, escapes and all: fit to be put between quotes again.
    pub(super) const fn raw(self) -> &'h [u8] {
        self.raw
    }

    /// The octets, if they stand in the header as they are meant.
    pub(super) const fn literal(self) -> Option<&'h [u8]> {
        if self.escaped { None } else { Some(self.raw) }
    }

    /// The octets with the escapes undone.
    pub(super) fn octets(self) -> impl Iterator<Item = u8> + Clone + 'h {
        let mut pair = false;
        self.raw.iter().copied().filter(move |octet| {
            pair = self.escaped && !pair && *octet == b'\\';
            !pair
        })
    }

    /// Hands the octets with the escapes undone to `sink`, in as few pieces as they stand in.
    pub(super) fn feed(self, mut sink: impl FnMut(&[u8])) {
        match self.literal() {
            Some(octets) => sink(octets),
            None => self.octets().for_each(|octet| sink(&[octet])),
        }
    }

    pub(super) fn equals(self, text: &[u8]) -> bool {
        match self.literal() {
            Some(octets) => octets == text,
            None => self.octets().eq(text.iter().copied()),
        }
    }

    pub(super) fn equals_in_any_case(self, text: &str) -> bool {
        let lower = |octet: u8| octet.to_ascii_lowercase();
        match self.literal() {
            Some(octets) => octets.eq_ignore_ascii_case(text.as_bytes()),
            None => self.octets().map(lower).eq(text.bytes().map(lower)),
        }
    }
}

/// Octets that are borrowed from the header where they stand there as they are meant, and decoded otherwise.
#[derive(Clone, Debug)]
pub(super) enum Octets<'h, const ROOM: usize> {
    Borrowed(&'h [u8]),
    Decoded { octets: [u8; ROOM], length: usize },
}

impl<'h, const ROOM: usize> Octets<'h, ROOM> {
    /// The value's octets with the escapes undone.
    pub(super) fn of(value: Value<'h>) -> Result<Self, Malformed> {
        value.literal().map_or_else(
            || Self::collect(value.octets().map(Ok)),
            |octets| Ok(Self::Borrowed(octets)),
        )
    }

    /// Octets that are decoded one by one.
    pub(super) fn collect(
        decoded: impl Iterator<Item = Result<u8, Malformed>>,
    ) -> Result<Self, Malformed> {
        let (mut octets, mut length) = ([0; ROOM], 0);
        for octet in decoded {
            let room = octets.get_mut(length).ok_or(Malformed::EscapedTooLong)?;
            *room = octet?;
            length += 1;
        }
        Ok(Self::Decoded { octets, length })
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        match self {
            Self::Borrowed(octets) => octets,
            Self::Decoded { octets, length } => octets.get(..*length).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone_once_and_only_in_quoted_strings() {
        let value = Value::quoted(br#"we\"ird\\\us\er"#, true);
        let octets = Octets::<32>::of(value).unwrap();
        assert_eq!(octets.as_slice(), br#"we"ird\user"#);
        assert!(value.equals(br#"we"ird\user"#));
        assert!(value.equals_in_any_case(r#"WE"IRD\USER"#));
        let mut fed = Vec::new();
        value.feed(|piece| fed.extend_from_slice(piece));
        assert_eq!(fed, br#"we"ird\user"#);
    }

    #[test]
    fn what_does_not_fit_is_malformed_and_not_cut() {
        let value = Value::quoted(br"\abcd", true);
        assert!(Octets::<4>::of(value).is_ok());
        assert_eq!(
            Octets::<3>::of(value).err(),
            Some(Malformed::EscapedTooLong)
        );
    }
}
