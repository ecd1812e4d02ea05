//! Counts of what is going on at once: requests of a key, connections of a source.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::quality::RandomState;

/// How many are in at once, by name; only names with somebody in take room.
#[derive(Clone, Default)]
pub(super) struct Tally(Arc<Inner>);

struct Inner {
    hasher: RandomState,
    shards: [Mutex<HashMap<u64, u32, RandomState>>; SHARDS],
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            hasher: RandomState::default(),
            shards: std::array::from_fn(|_| Mutex::default()),
        }
    }
}

impl Tally {
    /// One more of `name`, unless `at_most` are in already. Leaves when dropped.
    pub(super) fn enter<N: Hash + ?Sized>(&self, name: &N, at_most: u32) -> Option<Inside> {
        // 64 bits of a randomly seeded hash stand for the name: a collision could only make a cap come early.
        let name = self.0.hasher.hash_one(name);
        let mut shard = self.shard(name)?;
        let count = shard.entry(name).or_insert(0);
        if *count >= at_most {
            return None;
        }
        *count += 1;
        drop(shard);
        Some(Inside {
            tally: self.clone(),
            name,
        })
    }

    fn shard(
        &self,
        name: u64,
    ) -> Option<std::sync::MutexGuard<'_, HashMap<u64, u32, RandomState>>> {
        let index = usize::try_from(name >> 32).unwrap_or(0) % SHARDS;
        Some(
            self.0
                .shards
                .get(index)?
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }
}

/// One who is in.
pub(super) struct Inside {
    tally: Tally,
    name: u64,
}

impl Drop for Inside {
    fn drop(&mut self) {
        if let Some(mut shard) = self.tally.shard(self.name)
            && let Some(count) = shard.get_mut(&self.name)
        {
            *count = count.saturating_sub(1);
            if *count == 0 {
                shard.remove(&self.name);
            }
        }
    }
}

const SHARDS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_allowed_are_in_at_once_and_leaving_makes_room() {
        let tally = Tally::default();
        let first = tally.enter("a", 2).expect("the first has room");
        let _second = tally.enter("a", 2).expect("the second has room");
        assert!(tally.enter("a", 2).is_none(), "the third has none");
        assert!(
            tally.enter("b", 2).is_some(),
            "another name has its own count"
        );
        drop(first);
        assert!(tally.enter("a", 2).is_some(), "leaving makes room");
    }
}
