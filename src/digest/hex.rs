//! Hash values as hex digits, on the stack.

/// Most octets of a hash value.
pub(super) const MOST_OCTETS: usize = 32;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// A hash value in lower-case hex digits.
#[derive(Clone, Copy)]
pub(super) struct Hex {
    digits: [u8; 2 * MOST_OCTETS],
    length: usize,
}

impl Hex {
    /// The digits of `hash`, which has at most [`MOST_OCTETS`].
    pub(super) fn of(hash: &[u8]) -> Self {
        let mut digits = [b'0'; 2 * MOST_OCTETS];
        for (pair, octet) in digits.chunks_exact_mut(2).zip(hash) {
            if let [high, low] = pair {
                *high = digit(octet >> 4);
                *low = digit(octet & 0x0f);
            }
        }
        Self {
            digits,
            length: 2 * hash.len().min(MOST_OCTETS),
        }
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        self.digits.get(..self.length).unwrap_or_default()
    }
}

fn digit(nibble: u8) -> u8 {
    DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0')
}

/// The value of a hex digit in any case.
pub(super) const fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}
