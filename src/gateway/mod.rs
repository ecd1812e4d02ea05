//! Sockets on the outside, one decision on the inside.
//!
//! A request's way: `listener` → `connection` (PROXY header, TLS, hyper, `watch`) → `exchange` (one snapshot)
//! → `inspect` (rule 0) → `decide` → `replay` → `forward` → `headers` → `upstream` → `answer` → `story`.
//! One `worker` a core; what they share is in `shared`. Only starting up can fail: once serving, whatever happens
//! becomes an answer.

mod acceptance;
mod admin;
mod answer;
mod body;
mod chunks;
mod clock;
mod confinement;
mod connection;
mod dial;
mod entropy;
mod exchange;
mod forward;
#[cfg(fuzzing)]
pub mod fuzzing;
mod gate;
mod head;
mod headers;
mod in_force;
mod inspect;
mod judgement;
mod listener;
mod local;
mod notice;
mod plan;
mod pulse;
mod references;
mod reload;
mod rewound;
mod scrape;
mod shared;
mod shutdown;
mod sockets;
mod start;
mod status;
mod story;
mod tally;
mod throttle;
mod tls;
mod trace;
mod upstream;
mod watch;
mod wire;
mod worker;

pub use pulse::Progress;
pub use start::{Gateway, Options, StartError};
