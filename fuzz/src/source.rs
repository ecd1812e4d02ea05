//! A fuzz input as a source of choices.

/// Octets not yet used; an empty source gives zeros.
pub struct Source<'d>(&'d [u8]);

impl<'d> Source<'d> {
    pub fn new(octets: &'d [u8]) -> Self {
        Self(octets)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn octet(&mut self) -> u8 {
        self.octets::<1>()[0]
    }

    pub fn octets<const N: usize>(&mut self) -> [u8; N] {
        let mut taken = [0; N];
        let length = self.0.len().min(N);
        taken[..length].copy_from_slice(&self.0[..length]);
        self.0 = &self.0[length..];
        taken
    }

    /// One of `choices`.
    pub fn pick<'c, T>(&mut self, choices: &'c [T]) -> &'c T {
        &choices[usize::from(self.octet()) % choices.len()]
    }

    /// A place in something of `length`.
    pub fn place(&mut self, length: usize) -> usize {
        usize::from(u16::from_le_bytes(self.octets())) % length.max(1)
    }

    /// At most `most` octets.
    pub fn text(&mut self, most: usize) -> &'d [u8] {
        let length = usize::from(self.octet()).min(most).min(self.0.len());
        let (text, rest) = self.0.split_at(length);
        self.0 = rest;
        text
    }

    pub fn rest(self) -> &'d [u8] {
        self.0
    }
}
