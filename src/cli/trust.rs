//! `--trust`: a deck that would do more than simulate runs with the user's word alone; and what else a deck
//! says before work begins.

use super::CliError;
use crate::circuit::Circuit;
use crate::engine::{SpiceError, allow, findings, is_allowed, unused_parameters};
use std::sync::atomic::{AtomicBool, Ordering};

/// Lines shown of a deck.
const SHOWN: usize = 20;

/// Whether `--trust` was given.
static TRUSTED: AtomicBool = AtomicBool::new(false);

/// Opens a circuit; with `--trust` wherever its files lie.
pub(super) fn open(name_or_folder: &str) -> Result<Circuit, CliError> {
    let open = if TRUSTED.load(Ordering::Relaxed) { Circuit::open_trusted } else { Circuit::open };
    open(name_or_folder).map_err(CliError::usage)
}

/// Remembers the user's word where it is given, and refuses where it is needed and missing: for the circuits that a
/// subcommand opens, and by whether it simulates them.
pub(super) fn check(circuits: &[String], simulates: bool, trust: bool) -> Result<(), CliError> {
    TRUSTED.store(trust, Ordering::Relaxed);
    for name in circuits {
        // what is wrong with a circuit or its deck is told by the work itself
        let Ok(circuit) = open(name) else { continue };
        let Ok(found) = findings(&circuit) else { continue };
        if trust && !found.is_empty() {
            allow(&circuit).map_err(CliError::usage)?;
        } else if simulates && !is_allowed(&circuit).map_err(CliError::usage)? {
            for finding in found.iter().take(SHOWN) {
                let at = format!("{}:{}", finding.path.display(), finding.line);
                eprintln!("{at}: {} ({})", finding.text, finding.why);
            }
            if found.len() > SHOWN {
                eprintln!("and {} lines more", found.len() - SHOWN);
            }
            return Err(CliError::usage(format!(
                "the deck of {} would do more than simulate: read the lines above, and give --trust if it may",
                circuit.name
            )));
        }
        if simulates {
            say_unused(&circuit).map_err(CliError::usage)?;
        }
    }
    Ok(())
}

fn say_unused(circuit: &Circuit) -> Result<(), SpiceError> {
    let unused = unused_parameters(circuit)?;
    if !unused.is_empty() {
        let (it, s) = if unused.len() == 1 { ("it changes", "") } else { ("they change", "s") };
        let decks = circuit.testbenches.iter().map(|t| t.deck.display().to_string());
        eprintln!(
            "note: no line of {} uses the parameter{s} {}: {it} no metric",
            decks.collect::<Vec<_>>().join(" or "),
            unused.join(", ")
        );
    }
    Ok(())
}
