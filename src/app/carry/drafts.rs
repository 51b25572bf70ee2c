//! A new circuit: decks read, tried once they may run, and written as a folder.

use crate::app::core::App;
use crate::app::ids::WindowId;
use crate::app::state::Proposal;
use crate::circuit::Circuit;
use crate::draft::{Checked, Draft, Tried};
use crate::engine::Finding;
use std::path::PathBuf;
use std::sync::Arc;

impl App {
    /// Looks through the open circuit as its files are now.
    pub(super) fn check_circuit(&mut self) {
        if let Some(bench) = &mut self.bench {
            bench.checked = None;
            self.environment.open_window(WindowId::CHECK);
            self.background.check(Arc::clone(&bench.open.circuit), self.config.simulator.clone());
        }
    }

    /// Takes what was found, unless another circuit was opened meanwhile.
    pub(in crate::app) fn circuit_checked(&mut self, circuit: &Arc<Circuit>, found: Vec<Checked>) {
        if let Some(bench) = self.bench.as_mut().filter(|b| b.open.circuit.folder == circuit.folder) {
            bench.checked = Some(found);
        }
    }

    /// Looks through the decks of the form; nothing of them is run.
    pub(super) fn read_decks(&mut self) {
        let form = &mut self.forms.draft;
        let decks = form.paths();
        if decks.is_empty() {
            self.environment.messages.error("Name a deck first, such as my-amp/open-loop.cir");
            return;
        }
        form.suggest_folder();
        form.doing = Some("Reading the decks…");
        form.before = form.proposal.take().or(form.before.take());
        let stem = PathBuf::from(form.folder.trim());
        let stem =
            stem.file_name().map_or_else(|| "circuit".to_owned(), |n| n.to_string_lossy().into_owned());
        let asked = form.asked_lines();
        self.background.read_decks(stem, decks, asked);
    }

    /// Takes what was found in decks. Harmless ones are measured at once.
    pub(in crate::app) fn decks_read(&mut self, read: Result<Box<(Draft, Vec<Finding>)>, String>) {
        self.forms.draft.doing = None;
        match read {
            Ok(read) => {
                let harmless = read.1.is_empty();
                let before = self.forms.draft.before.take();
                self.forms.draft.proposal = Some(Proposal::new(read.0, read.1, before.as_ref()));
                if harmless {
                    self.try_decks(false);
                }
            }
            Err(why) => self.environment.messages.error(why),
        }
    }

    /// Measures the decks' own values once; `allow` is the user's word for decks that do more than simulate.
    pub(super) fn try_decks(&mut self, allow: bool) {
        let form = &mut self.forms.draft;
        if let Some(proposal) = form.proposal.as_mut().filter(|_| form.doing.is_none()) {
            form.doing = Some("Measuring the decks' own values once…");
            proposal.allowed |= allow;
            let shown = proposal.findings.clone();
            let allow = Some(shown).filter(|_| proposal.allowed);
            self.background.try_decks(proposal.draft.clone(), self.config.simulator.clone(), allow);
        }
    }

    /// Takes what the decks' own values gave.
    pub(in crate::app) fn decks_tried(&mut self, tried: Result<Box<Tried>, String>) {
        let form = &mut self.forms.draft;
        form.doing = None;
        match (tried, &mut form.proposal) {
            (Ok(tried), Some(proposal)) => proposal.measured(&tried.0, tried.1),
            (Ok(_), None) => {}
            (Err(why), proposal) => {
                if let Some(proposal) = proposal {
                    proposal.allowed = false;
                }
                self.environment.messages.error(why);
            }
        }
    }

    /// Writes the folder as the form has it.
    pub(super) fn write_draft(&mut self) {
        let form = &mut self.forms.draft;
        let folder = PathBuf::from(form.folder.trim());
        if folder.as_os_str().is_empty() {
            self.environment.messages.error("Name the folder of the new circuit first");
            return;
        }
        let Some(proposal) = form.proposal.as_ref().filter(|p| form.doing.is_none() && p.measured) else {
            return;
        };
        match proposal.chosen() {
            Ok(mut draft) => {
                draft.rename(&folder);
                let allowed = Some(self.config.simulator.allowed.clone()).filter(|_| proposal.allowed);
                form.doing = Some("Writing the folder…");
                self.background.write_draft(draft, folder, allowed);
            }
            Err(why) => self.environment.messages.error(why),
        }
    }

    /// Opens the circuit that was written.
    pub(in crate::app) fn draft_written(&mut self, written: Result<PathBuf, String>) {
        self.forms.draft.doing = None;
        match written {
            Ok(folder) => {
                self.forms.draft = Default::default();
                self.environment.close_window(WindowId::NEW_CIRCUIT);
                let text =
                    format!("The new circuit is in {}: look through its circuit.ron", folder.display());
                self.environment.messages.note(text);
                self.open(folder.display().to_string());
            }
            Err(why) => self.environment.messages.error(why),
        }
    }
}
