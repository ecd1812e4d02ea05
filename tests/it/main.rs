//! The integration tests: one binary, one module a promise, all through the front door.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::new_without_default,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "a test that cannot go on says so by panicking, and nobody else calls its house"
)]

mod admin;
mod adversary;
mod book;
mod commands;
mod example;
mod floors;
mod forwarding;
mod frugality;
mod hostile;
mod house;
mod limits;
mod page;
mod proof;
mod proxies;
mod reload;
mod replay;
mod tls;
mod truncation;
