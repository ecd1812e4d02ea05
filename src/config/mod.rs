//! Between files and policy: what was written (documents) becomes what it means (settings and a snapshot).
//!
//! The road of a file: `folder` reads it when two looks agree, `document` knows what may be written in it, `compile` and
//! [`compile_settings()`] say what it means, `expectation` asks whether the whole is what its owner expects. The
//! [`Loader`] walks that road again and again, keeps the last good version of every file, and gives a [`Load`]; nothing
//! here is put in force. [`openings`] tells what one policy opens that another kept closed. Whatever is wrong on the way
//! is a [`Problem`]: where, what, and what would be right, all of them in one run.

mod compile;
mod compile_settings;
mod credential_file;
mod cut;
mod difference;
pub mod document;
mod expectation;
mod folder;
#[cfg(fuzzing)]
pub mod fuzzing;
mod loader;
mod place;
mod problem;
mod settings;
#[cfg(test)]
mod test_folder;

pub use compile_settings::compile_settings;
pub use difference::{Opening, openings};
pub use loader::{FileKind, FileReport, FileState, Load, Loader};
pub use place::{Place, place};
pub use problem::{
    CODES, Problem, Severity, closing_line, place_all, render_github, render_json, render_text,
    sentence,
};
pub use settings::{
    AccessLogSettings, AdminSettings, CallerSource, DigestSettings, Http, Limits, ListenerSettings,
    LogFormat, LogSink, ReloadSettings, Settings, Shutdown, ThrottleSettings, Timeouts, TlsFiles,
    UpstreamAddress, UpstreamAuthentication, UpstreamSettings, UpstreamTls, Widening,
};
