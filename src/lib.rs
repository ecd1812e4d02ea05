//! keywarden: an enforcement gateway that stands in front of an admin API and decides, for every
//! request, whether this API key may do this from here.
//!
//! # The map
//!
//! One crate; a folder is a floor, and opens with its front page (`mod.rs`).
//!
//! ```text
//!   peer ─┐                         ┌─► config ────┐
//!         ├─► policy ─► decide ─────┼─► telemetry ─┼─► gateway ─► cli ─► main
//! digest ─┘                         └─► replay ────┘
//! ```
//!
//! "A ─► B" reads "B may use A, and whatever A stands on". Two folders on one floor do not know
//! each other. `tests/it/floors/` holds the arrows, the outside crates each floor may name, the
//! opening sentence of every file and the sizes.
//!
//! | floor | folder | what it is |
//! |---|---|---|
//! | 0 | [`peer`] | from the socket's peer to the caller (pure) |
//! | 0 | [`digest`] | HTTP Digest (RFC 7616) and nothing else (pure) |
//! | 1 | [`policy`] | the nouns of the documentation page (pure) |
//! | 2 | [`decide`] | the decision (pure) |
//! | 3 | [`config`] | between files and policy |
//! | 3 | [`telemetry`] | what is seen from outside |
//! | 3 | [`replay`] | each proof once |
//! | 4 | [`gateway`] | sockets on the outside, one decision on the inside |
//! | 5 | [`cli`] | the commands, one a file |
//!
//! # Journeys
//!
//! *A request*: listener → connection (PROXY header, TLS, hyper, timers) → exchange (one snapshot) → inspect
//! (caller address, request target, credentials) → `decide` → replay → forward → headers →
//! upstream → answer → telemetry.
//!
//! *A reload*: reload (notices) → folder (reads, fingerprints) → document (changed files only) →
//! compile (every problem at once) → expectation → snapshot (generation + 1) → one store →
//! telemetry. `serve`, `check` and `explain` walk the same road; `check` stops before the store.
//!
//! # Invariants
//!
//! * Nothing below `config` reads a clock, a file, a socket or the environment.
//! * `decide` cannot fail, wait, log, count or allocate.
//! * Only `decide` makes a `Grant`, only `replay` turns it into a `Pass`, and only a `Pass` can be
//!   forwarded.
//! * A snapshot is never changed; a reload makes a new one.
//! * What is matched is what is forwarded: both hold the same `RequestTarget`.
//! * Nonce keys and replay memory live outside the snapshot, so that no reload can lose a nonce.
//! * A reason's code never changes: it is the metric label, the log field and the README heading.

#![forbid(unsafe_code)]

pub mod cli;
pub mod config;
pub mod decide;
pub mod digest;
pub mod gateway;
pub mod peer;
pub mod policy;
pub mod replay;
pub mod telemetry;
