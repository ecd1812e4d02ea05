//! Between files and policy: what was written (documents) becomes what it means (settings and a snapshot).

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
