//! The integration tests: one binary, one module a promise, all through the front door.

mod floors;
mod forwarding;
mod house;
