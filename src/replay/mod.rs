//! Each proof once: rule 10, asked last, by the only maker of a [`Pass`].
//!
//! A nonce has a window of 256 counts in the [`Memory`], in buckets by its time of issue; what is forgotten is refused,
//! never let through. A refused request never comes here, so it uses up no count.

mod memory;
mod shard;
mod window;

pub use memory::{Memory, Occupancy};

use crate::decide::Grant;

/// The right to be forwarded: a grant whose proof was spent here. Only this floor makes one.
#[derive(Clone, Copy, Debug)]
pub struct Pass<'s>(Grant<'s>);

impl<'s> Pass<'s> {
    /// The grant behind it.
    #[must_use]
    pub fn grant(&self) -> &Grant<'s> {
        &self.0
    }
}
