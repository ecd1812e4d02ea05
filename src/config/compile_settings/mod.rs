//! From `keywarden.yaml` as written to the settings it means.

mod listener;
mod reading;
mod section;
#[cfg(test)]
mod tests;
mod upstream;

use std::path::Path;

use super::document::KeywardenDocument;
use super::{Problem, Settings};
use reading::Reading;

/// The settings that `document`, read from `file` of `folder`, means: every default filled in, every path absolute.
/// `None` if one of the problems (none of them placed yet) is an error.
#[must_use]
pub fn compile_settings(
    folder: &Path,
    file: &str,
    document: &KeywardenDocument,
) -> (Option<Settings>, Vec<Problem>) {
    let mut reading = Reading::new(folder, file);
    let listeners = listener::listeners(&document.listeners, &mut reading);
    let admin = section::admin(document.admin.as_ref(), &listeners, &mut reading);
    let upstream = upstream::upstream(&document.upstream, &mut reading);
    let digest = section::digest(document.digest.as_ref(), &mut reading);
    let access_log = document
        .access_log
        .as_ref()
        .map(|log| section::access_log(log, &reading));
    let reload = section::reload(document.reload.as_ref(), &mut reading);
    let throttle = section::throttle(document.throttle.as_ref(), &mut reading);
    let limits = section::limits(document.limits.as_ref(), &mut reading);
    let timeouts = section::timeouts(document.timeouts.as_ref(), &mut reading);
    let shutdown = section::shutdown(document.shutdown.as_ref(), &mut reading);
    let workers = document
        .workers
        .map(|workers| reading.count("workers", workers, 1..=1024))
        .and_then(|workers| usize::try_from(workers).ok());
    let settings = Settings {
        listeners,
        upstream,
        digest,
        admin,
        access_log,
        reload,
        throttle,
        limits,
        timeouts,
        shutdown,
        workers,
    };
    let failed = reading.findings.failed();
    (
        (!failed).then_some(settings),
        reading.findings.into_problems(),
    )
}
