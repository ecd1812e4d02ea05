//! Which of the last 256 counts of one nonce were used: callers send in parallel, so counts arrive out of order.

/// Counts remembered below and including the highest. HTTP/2 has 100–250 streams at a time.
pub(super) const WIDTH: u32 = 256;

/// The used counts of one nonce. Everything below the window is taken for used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    highest: u32,
    /// The bit of a count is its remainder by [`WIDTH`].
    used: [u64; 4],
}

impl Window {
    /// A window in which `count` is used.
    pub(super) fn new(count: u32) -> Self {
        let mut window = Self {
            highest: count,
            used: [0; 4],
        };
        window.mark(count, true);
        window
    }

    /// Uses `count`; false if it was used before, or may have been.
    pub(super) fn spend(&mut self, count: u32) -> bool {
        if count > self.highest {
            if count - self.highest >= WIDTH {
                self.used = [0; 4];
            } else {
                for skipped in self.highest + 1..count {
                    self.mark(skipped, false);
                }
            }
            self.highest = count;
        } else if self.highest - count >= WIDTH || self.is_used(count) {
            return false;
        }
        self.mark(count, true);
        true
    }

    fn is_used(mut self, count: u32) -> bool {
        let (word, bit) = self.place(count);
        *word & bit != 0
    }

    fn mark(&mut self, count: u32, used: bool) {
        let (word, bit) = self.place(count);
        if used {
            *word |= bit;
        } else {
            *word &= !bit;
        }
    }

    fn place(&mut self, count: u32) -> (&mut u64, u64) {
        let [first, second, third, fourth] = &mut self.used;
        let word = match count / 64 % 4 {
            0 => first,
            1 => second,
            2 => third,
            _ => fourth,
        };
        (word, 1 << (count % 64))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn spend(counts: &[u32]) -> Vec<bool> {
        let (first, rest) = counts.split_first().unwrap();
        let mut window = Window::new(*first);
        rest.iter().map(|count| window.spend(*count)).collect()
    }

    #[test]
    fn a_count_is_used_once_in_any_order() {
        assert_eq!(
            spend(&[1, 41, 2, 2, 41, 1, 3]),
            [true, true, false, false, false, true]
        );
        assert_eq!(spend(&[0, 0, 1, 0]), [false, true, false]);
    }

    #[test]
    fn what_lies_below_the_window_is_taken_for_used() {
        assert_eq!(spend(&[1, 257, 2, 1]), [true, true, false]);
        assert_eq!(spend(&[5, 300, 45, 44]), [true, true, false]);
        assert_eq!(
            spend(&[u32::MAX, 1, u32::MAX - 255, u32::MAX - 256]),
            [false, true, false]
        );
        assert_eq!(spend(&[0, u32::MAX, u32::MAX]), [true, false]);
    }

    proptest! {
        #[test]
        fn a_window_answers_as_a_plain_set_would(
            counts in prop::collection::vec(
                prop_oneof![0..8_u32, 0..600_u32, (u32::MAX - 300)..=u32::MAX], 1..200),
        ) {
            let mut window = Window::new(counts[0]);
            let (mut seen, mut highest) = (HashSet::from([counts[0]]), counts[0]);
            for count in &counts[1..] {
                let fresh = (*count > highest || highest - count < WIDTH) && seen.insert(*count);
                prop_assert_eq!(window.spend(*count), fresh, "{}", count);
                highest = highest.max(*count);
            }
        }
    }
}
