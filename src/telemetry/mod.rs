//! What is seen from outside: metrics, the access log and the operator log.
//!
//! An [`Outcome`] is how a request ended: the one list of decisions and reasons that metrics, logs and documentation
//! share. A worker counts it in its own [`Cells`], which [`Metrics`] sums when somebody looks, and writes it as a
//! [`Record`] to the [`AccessLog`]. No label and no line holds what must stay secret, and none waits for a slow disk.

mod access_log;
mod cells;
mod histogram;
mod logs;
mod metrics;
mod outcome;

pub use access_log::{AccessLog, AccessLogHandle, LineFormat, Record};
pub use cells::Cells;
pub use logs::init_logs;
pub use metrics::{Metrics, PolicySize, ReloadResult};
pub use outcome::{Outcome, Trouble};
