//! How a command ends: the exit codes people script against, and what is said when it did not go well.

use std::process::ExitCode;

/// The exit codes of the contract's §5; a number never changes its meaning.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Exit {
    /// Yes, or done.
    Ok,
    /// It was tried and failed.
    Failed,
    /// The command line makes no sense.
    Usage,
    /// The configuration is invalid.
    Configuration,
    /// The decision is: not forwarded (`explain`).
    Refused,
    /// Something differs from what was expected of it.
    Different,
    /// Changed underneath, locked, in the way, or managed elsewhere.
    Conflict,
    /// The configuration is invalid, said by `serve`: `EX_CONFIG`, so that a supervisor does not restart it.
    ServeConfiguration,
}

impl Exit {
    /// Every way to end.
    pub const ALL: [Self; 8] = [
        Self::Ok,
        Self::Failed,
        Self::Usage,
        Self::Configuration,
        Self::Refused,
        Self::Different,
        Self::Conflict,
        Self::ServeConfiguration,
    ];

    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Configuration => 3,
            Self::Refused => 4,
            Self::Different => 5,
            Self::Conflict => 6,
            Self::ServeConfiguration => 78,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command could not do what was asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Failure {
    /// How the command ends.
    pub(super) exit: Exit,
    /// What went wrong.
    pub(super) message: String,
    /// Problems behind it, rendered for standard error, in colour perhaps.
    pub(super) rendered: Option<String>,
    /// What to do about it.
    pub(super) cure: Option<String>,
}

impl Failure {
    /// A failure with its message.
    pub(super) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            rendered: None,
            cure: None,
        }
    }

    /// The same, with the problems behind it as `render_text` shows them.
    pub(super) fn because(self, rendered: &str) -> Self {
        Self {
            rendered: Some(rendered.trim_end().to_owned()),
            ..self
        }
    }

    /// The same, with what to do about it.
    pub(super) fn cure(self, cure: impl Into<String>) -> Self {
        Self {
            cure: Some(cure.into()),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_codes_are_the_contracts() {
        assert_eq!(Exit::ALL.map(Exit::code), [0, 1, 2, 3, 4, 5, 6, 78]);
    }
}
