//! Between files and policy: what was written (documents) becomes what it means (settings and a snapshot).

mod credential_file;
mod difference;
mod folder;
mod loader;
mod place;
mod problem;
mod settings;

pub use difference::{Opening, openings};
pub use loader::{FileKind, FileReport, FileState, Load, Loader};
pub use place::{Place, place};
pub use problem::{Problem, Severity};
pub use settings::{
    AccessLogSettings, AdminSettings, CallerSource, DigestSettings, Http, Limits, ListenerSettings,
    LogFormat, LogSink, ReloadSettings, Settings, Shutdown, ThrottleSettings, Timeouts, TlsFiles,
    UpstreamAddress, UpstreamAuthentication, UpstreamSettings, UpstreamTls, Widening,
};
