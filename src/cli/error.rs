//! Why a subcommand did not do what was asked, and the exit code that says so.

use crate::engine::JobError;

/// Why a subcommand did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    /// Bad usage or input: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// The work failed: exit code 1.
    #[error("{0}")]
    Failed(String),
}

impl CliError {
    /// Bad usage or input.
    pub(super) fn usage(message: impl ToString) -> CliError {
        CliError::Usage(message.to_string())
    }

    /// The work failed.
    pub(super) fn failed(message: impl ToString) -> CliError {
        CliError::Failed(message.to_string())
    }

    /// The process's exit code.
    pub(super) fn code(&self) -> i32 {
        match self {
            CliError::Usage(_) => 2,
            CliError::Failed(_) => 1,
        }
    }
}

impl From<JobError> for CliError {
    /// The work failed.
    fn from(error: JobError) -> CliError {
        CliError::Failed(error.to_string())
    }
}

impl From<String> for CliError {
    /// The engine's words: the work failed.
    fn from(message: String) -> CliError {
        CliError::Failed(message)
    }
}
