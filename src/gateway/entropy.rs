//! Random octets for nonces and request ids, fetched from the system a page at a time.

use std::io;

/// A worker's store of unpredictable octets: one system call for many requests.
pub(super) struct Entropy {
    page: Box<[u8; PAGE]>,
    used: usize,
}

impl Entropy {
    /// A store that fetches its first page when first asked.
    pub(super) fn new() -> Self {
        Self {
            page: Box::new([0; PAGE]),
            used: PAGE,
        }
    }

    /// `N` fresh octets.
    ///
    /// # Errors
    /// When the system has none to give; then no nonce may be made.
    pub(super) fn take<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        if self.used + N > PAGE {
            getrandom::fill(self.page.as_mut_slice()).map_err(io::Error::other)?;
            self.used = 0;
        }
        let mut out = [0; N];
        if let Some(fresh) = self.page.get_mut(self.used..self.used + N) {
            out.copy_from_slice(fresh);
            fresh.fill(0);
        }
        self.used += N;
        Ok(out)
    }
}

const PAGE: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_octet_is_handed_out_twice() {
        let mut entropy = Entropy::new();
        let mut seen = std::collections::HashSet::new();
        for _ in 0..2000 {
            assert!(seen.insert(entropy.take::<16>().expect("the system has random octets")));
        }
    }
}
