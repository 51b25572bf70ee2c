//! The engine for a subcommand: its work awaited, ended by Ctrl-C.

use super::CliError;
use crate::engine::Awaited;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub(super) use crate::engine::{Awaited as Jobs, Measurements};

/// Starts the engine.
///
/// # Errors
/// The system has no more threads.
pub(super) fn start() -> Result<Jobs, CliError> {
    Ok(Awaited::start(cancel_on_interrupt())?)
}

/// A flag that Ctrl-C sets; a second Ctrl-C ends the program at once.
fn cancel_on_interrupt() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&flag);
    let handler = move || {
        if seen.swap(true, Ordering::Relaxed) {
            std::process::exit(1);
        }
        eprintln!("stopping: what is done is kept; press Ctrl-C again to end at once");
    };
    if let Err(e) = ctrlc::set_handler(handler) {
        eprintln!("warning: Ctrl-C will end the program at once ({e})");
    }
    flag
}
