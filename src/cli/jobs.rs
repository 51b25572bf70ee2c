//! The engine for a subcommand: its work awaited, ended by Ctrl-C.

use super::{CliError, cancel_on_interrupt};
use crate::engine::Awaited;

pub(super) use crate::engine::{Awaited as Jobs, Measurements};

/// Starts the engine.
///
/// # Errors
/// The system has no more threads.
pub(super) fn start() -> Result<Jobs, CliError> {
    Ok(Awaited::start(cancel_on_interrupt())?)
}
