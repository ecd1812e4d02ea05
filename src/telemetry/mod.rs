//! What is seen from outside: metrics, the access log and the operator log.

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
