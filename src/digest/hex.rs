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
pub(super) fn nibble(digit: u8) -> Option<u8> {
    // A table, because digits of a hash are beyond what a branch predictor can learn.
    let value = VALUES.get(usize::from(digit)).copied();
    value.filter(|value| *value < 16)
}

/// The value of every hex digit, and 16 for all other octets.
const VALUES: [u8; 256] = values();

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, which would stop at an index out of bounds"
)]
const fn values() -> [u8; 256] {
    let mut table = [16; 256];
    let mut value = 0_u8;
    while value < 16 {
        let digit = DIGITS[value as usize];
        table[digit as usize] = value;
        table[digit.to_ascii_uppercase() as usize] = value;
        value += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_and_values_agree() {
        for octet in 0..=u8::MAX {
            let value = char::from(octet).to_digit(16);
            assert_eq!(nibble(octet).map(u32::from), value, "{octet:#x}");
            let digits = format!("{octet:02x}");
            assert_eq!(Hex::of(&[octet]).as_slice(), digits.as_bytes());
        }
    }
}
