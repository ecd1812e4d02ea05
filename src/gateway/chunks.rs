//! A strict walk over a chunked body (RFC 9112 §7.1): finds its end, and anything two parsers could read differently.

/// The walk did not find a chunked body.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Broken;

/// How far the walk is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Chunks {
    state: State,
    /// Octets of extensions and trailers so far, which are bounded.
    spent: usize,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// Before the first digit of a size.
    Size,
    /// Inside a size: its value and digits.
    Digits(u64, u8),
    /// Inside an extension of a chunk of this size.
    Extension(u64),
    /// After the CR behind a size.
    SizeLf(u64),
    /// Inside data.
    Data(u64),
    /// Before the CR after data.
    DataCr,
    /// Before the LF after data.
    DataLf,
    /// At the start of a trailer line, or of the last empty line.
    Trailer,
    /// Inside a trailer line.
    TrailerLine,
    /// After the CR of a trailer line.
    TrailerLf,
    /// After the CR of the last line.
    LastLf,
    /// Behind it all.
    End,
}

impl Chunks {
    /// At the beginning.
    pub(super) const fn new() -> Self {
        Self {
            state: State::Size,
            spent: 0,
        }
    }

    /// Whether the body has ended.
    pub(super) fn is_over(self) -> bool {
        self.state == State::End
    }

    /// Walks over `octets`; how many of them belong to the body.
    ///
    /// # Errors
    /// [`Broken`] where this is no chunked body.
    pub(super) fn walk(&mut self, octets: &[u8]) -> Result<usize, Broken> {
        let mut at = 0;
        while let Some(octet) = octets.get(at) {
            if let State::Data(left) = self.state {
                let here = usize::try_from(left)
                    .unwrap_or(usize::MAX)
                    .min(octets.len() - at);
                at += here;
                let left = left - here as u64;
                self.state = if left == 0 {
                    State::DataCr
                } else {
                    State::Data(left)
                };
                continue;
            }
            self.state = self.step(*octet)?;
            at += 1;
            if self.is_over() {
                break;
            }
        }
        Ok(at)
    }

    fn step(&mut self, octet: u8) -> Result<State, Broken> {
        Ok(match (self.state, octet) {
            (State::Size, digit) => State::Digits(hex(digit).ok_or(Broken)?, 1),
            (State::Digits(size, _) | State::Extension(size), b'\r') => State::SizeLf(size),
            (State::Digits(size, _), b';') => State::Extension(size),
            (State::Digits(size, digits), digit) if digits < 15 => {
                State::Digits(size << 4 | hex(digit).ok_or(Broken)?, digits + 1)
            }
            (State::Extension(size), other) if is_text(other) => {
                self.spend()?;
                State::Extension(size)
            }
            (State::SizeLf(0) | State::TrailerLf, b'\n') => State::Trailer,
            (State::Trailer, b'\r') => State::LastLf,
            (State::SizeLf(size), b'\n') => State::Data(size),
            (State::DataCr, b'\r') => State::DataLf,
            (State::DataLf, b'\n') => State::Size,
            (State::Trailer, other) if super::head::is_token(other) => State::TrailerLine,
            (State::TrailerLine, b'\r') => State::TrailerLf,
            (State::TrailerLine, other) if is_text(other) => {
                self.spend()?;
                State::TrailerLine
            }
            (State::LastLf, b'\n') => State::End,
            (
                State::Digits(..)
                | State::Extension(_)
                | State::SizeLf(_)
                | State::Data(_)
                | State::DataCr
                | State::DataLf
                | State::Trailer
                | State::TrailerLine
                | State::TrailerLf
                | State::LastLf
                | State::End,
                _,
            ) => return Err(Broken),
        })
    }

    fn spend(&mut self) -> Result<(), Broken> {
        self.spent += 1;
        if self.spent > EXTRAS {
            Err(Broken)
        } else {
            Ok(())
        }
    }
}

fn hex(digit: u8) -> Option<u64> {
    char::from(digit).to_digit(16).map(u64::from)
}

fn is_text(octet: u8) -> bool {
    octet == b'\t' || octet >= b' ' && octet != 0x7f
}

/// Octets of extensions and trailers in one body.
const EXTRAS: usize = 8 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunked_body_ends_where_it_ends_however_it_is_cut() {
        let body = b"5\r\nhello\r\nA;ext=1\r\n0123456789\r\n0\r\nX: y\r\n\r\n";
        let all = [&body[..], b"GET / HTTP/1.1"].concat();
        for cut in 0..all.len() {
            let mut chunks = Chunks::new();
            let mut walked = chunks.walk(&all[..cut]).expect("sound");
            if !chunks.is_over() {
                walked += chunks.walk(&all[cut..]).expect("sound");
            }
            assert!(chunks.is_over());
            assert_eq!(walked, body.len(), "cut at {cut}");
        }
    }

    #[test]
    fn what_two_parsers_could_read_differently_is_broken() {
        for bad in [
            "0x5\r\n",
            " 5\r\n",
            "5 \r\n",
            "5\n",
            "5\r\nhello\n",
            "5\r\nhelloX",
            "\r\n",
            "-1\r\n",
            "5;a\nb\r\n",
            "10000000000000000\r\n",
            "0\r\n bad\r\n\r\n",
            "0\r\n\n",
            "0\r\nX\u{1}: y\r\n\r\n",
        ] {
            assert_eq!(Chunks::new().walk(bad.as_bytes()), Err(Broken), "{bad:?}");
        }
    }
}
