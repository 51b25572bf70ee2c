//! The one place that carries wishes out.

mod cornered;
mod drafts;
mod files;
mod growing;
mod imports;
mod jobs;
mod kept;
mod looks;
mod plots;
mod reaching;
mod review;
mod rows;
mod sampling;
mod tuning;

use super::commands::{Command, Situation};
use super::core::App;
use super::ids::WindowId;
use super::layout::Layout;
use super::state::Designs;
use super::state::kept::{NamedSet, values_of};
use super::wish::Wish;
use crate::circuit::{Region, Specification};
use crate::engine::{self, Candidate, Design, Origin, SearchResult};
use egui::Context;
use std::sync::Arc;

impl App {
    /// Carries a command out, if that is possible now.
    pub fn run(&mut self, command: Command, ctx: &Context) {
        let situation =
            Situation { bench: self.bench.as_ref(), forms: &self.forms, environment: &self.environment };
        command.run(situation, ctx, &mut self.wishes);
        self.carry_out_wishes(ctx);
    }

    /// Carries out what was asked for since the last time. What it has changed is drawn in the next frame.
    pub(super) fn carry_out_wishes(&mut self, ctx: &Context) {
        let wishes = self.wishes.take();
        if !wishes.is_empty() {
            ctx.request_repaint();
        }
        for wish in wishes {
            self.carry_out(wish);
        }
    }

    fn carry_out(&mut self, wish: Wish) {
        match wish {
            Wish::OpenCircuit(name_or_folder) => self.open(name_or_folder),
            Wish::ReadOutside => self.read_outside(),
            Wish::Ask(purpose) => self.ask(purpose),
            Wish::OpenProject => self.open_project(&self.context.clone()),
            Wish::SaveProject => self.save_project(&self.context.clone()),
            Wish::LoadModel => self.load_model(),
            Wish::LoadModelFile(path) => self.load_model_file(&path),
            Wish::SaveModel => self.save_model(),
            Wish::SaveExport => self.save_export(),
            Wish::WriteReview => self.write_review(),
            Wish::StopReview => self.stop_review(),
            Wish::SavePlot => self.save_plot(),
            Wish::Show(pane) => self.layout.show(&pane),
            Wish::ShowDesigns => self.layout.show_designs(),
            Wish::ResetLayout => self.reset_layout(),
            Wish::OpenWindow(window) => self.environment.open_window(window),
            Wish::CloseWindow(window) => self.environment.close_window(window),
            Wish::TogglePalette => self.palette.toggle(),
            Wish::ShowDeck(design) => self.show_deck(design),
            Wish::AllowDeck => self.allow_deck(),
            Wish::Select(design) => {
                if let Some(bench) = &mut self.bench {
                    bench.selected = design;
                }
            }
            Wish::SetFilter(filter) => {
                if let Some(bench) = &mut self.bench {
                    bench.filter = filter;
                }
            }
            Wish::SetTargets(targets) => self.set_targets(targets),
            Wish::Hold(parameter, low, high) => self.hold(parameter, low, high),
            Wish::Free(parameter) => self.edit_region(|region| region.free(parameter)),
            Wish::FreeAll => self.edit_region(|region| *region = Region::default()),
            Wish::Undo => self.undo(),
            Wish::Redo => self.redo(),
            Wish::SaveNamed(name) => self.save_named(name),
            Wish::RenameNamed(from, to) => self.rename_named(&from, to),
            Wish::DeleteNamed(name) => self.delete_named(&name),
            Wish::Train => self.train(),
            Wish::Continue => self.continue_training(),
            Wish::PauseOrResume => self.pause_or_resume(),
            Wish::StopTraining => self.stop_training(),
            Wish::Sample => self.sample(),
            Wish::CancelSampling => self.cancel_sampling(),
            Wish::Simulate(designs) => self.simulate(&designs),
            Wish::KeepDesign => self.keep_design(),
            Wish::EditKept(place, kept) => self.edit_kept(place, kept),
            Wish::ForgetKept(place) => self.forget_kept(place),
            Wish::ShowKept(place) => self.show_kept(place),
            Wish::Corners(runs) => self.corner(runs),
            Wish::StopCorners => self.stop_corners(),
            Wish::Sensitivities => self.measure_neighbours(),
            Wish::Overlay(place, overlaid) => {
                if let Some(bench) = &mut self.bench {
                    bench.runs.overlay(place, overlaid);
                }
            }
            Wish::BringBack(place) => {
                if let Some(bench) = &mut self.bench {
                    bench.bring_back(place);
                    bench.count_rows();
                }
                self.layout.show_designs();
                self.measure_at_once();
            }
            Wish::MeasureAtOnce => self.measure_at_once(),
            Wish::Turn(parameter, value) => self.turn(parameter, value),
            Wish::KeepTuned => self.keep_tuned(),
            Wish::DropTuned => self.drop_tuned(),
            Wish::CancelSimulation => self.cancel_simulation(),
            Wish::Search => self.search(),
            Wish::StopSearch => self.stop_search(),
            Wish::ShowFound => {
                let found = self.bench.as_ref().and_then(|bench| bench.found.clone());
                if let Some(found) = found {
                    self.lay_found(&found);
                    self.layout.show_designs();
                }
            }
            Wish::CheckCircuit => self.check_circuit(),
            Wish::ReadDecks => self.read_decks(),
            Wish::TryDecks => self.try_decks(true),
            Wish::WriteDraft => self.write_draft(),
            Wish::TimeSimulations => self.time_simulations(),
            Wish::ReadTable => self.read_table(),
            Wish::TakeTable => self.take_table(),
            Wish::MakeRows => self.make_rows(),
            Wish::StopRows => self.stop_rows(),
            Wish::GrowRows => self.grow_rows(),
            Wish::StopGrowing => self.stop_growing(),
            Wish::Compare => self.compare(),
            Wish::StopComparison => self.stop_comparison(),
            Wish::AnswerQueue(wait) => self.answer_queue(wait),
            Wish::Dequeue(place) => {
                if let Some(bench) = self.bench.as_mut().filter(|bench| place < bench.queue.waiting.len()) {
                    bench.queue.waiting.remove(place);
                }
            }
        }
    }

    /// Lays the panes out as at first; the pane that was in front stays so.
    fn reset_layout(&mut self) {
        let front = super::panes::PANES.iter().map(|listed| &listed.id).find(|id| self.layout.shows(id));
        self.layout = Layout::default();
        if let Some(front) = front {
            self.layout.show(front);
        }
    }

    fn show_deck(&mut self, design: usize) {
        let Some(bench) = &self.bench else {
            return;
        };
        let Some(candidate) = bench.candidates().get(design) else {
            return;
        };
        let circuit = &bench.open.circuit;
        let decks = (0..circuit.testbenches.len()).map(|t| engine::deck(circuit, t, &candidate.sizing));
        match decks.collect::<Result<Vec<String>, _>>() {
            Ok(decks) => {
                let deck = decks.join("\n");
                self.environment.deck = Some((format!("Deck of design {}", design + 1), deck));
                self.environment.open_window(WindowId::DECK);
            }
            Err(e) => self.environment.messages.error(e),
        }
    }

    /// Lets the deck run as it was shown.
    fn allow_deck(&mut self) {
        if let Some(bench) = &self.bench {
            let (word, allowed) = (bench.word.clone(), self.config.simulator.allowed.clone());
            self.background.allow_deck(Arc::clone(&bench.open.circuit), allowed, word);
        }
    }

    fn set_targets(&mut self, targets: Specification) {
        if let Some(bench) = &mut self.bench {
            bench.set_targets(targets);
            bench.count_rows();
        }
    }

    fn hold(&mut self, parameter: usize, low: f64, high: f64) {
        if let Some(bench) = &mut self.bench
            && let Err(problem) = bench.region.hold(&bench.open.circuit, parameter, low, high)
        {
            self.environment.messages.error(problem);
        }
    }

    fn edit_region(&mut self, edit: impl FnOnce(&mut Region)) {
        if let Some(bench) = &mut self.bench {
            edit(&mut bench.region);
        }
    }

    fn undo(&mut self) {
        if let Some(bench) = &mut self.bench {
            let now = bench.edits(&self.forms);
            if let Some(before) = bench.history.undo(&now) {
                bench.restore_edits(before, &mut self.forms);
            }
        }
    }

    fn redo(&mut self) {
        if let Some(bench) = &mut self.bench {
            let now = bench.edits(&self.forms);
            if let Some(after) = bench.history.redo(&now) {
                bench.restore_edits(after, &mut self.forms);
            }
        }
    }

    fn save_named(&mut self, name: String) {
        if let Some(bench) = &mut self.bench {
            let set = NamedSet { name, values: values_of(&bench.open.circuit, &bench.targets) };
            match bench.kept.sets.iter_mut().find(|other| other.name == set.name) {
                Some(other) => *other = set,
                None => bench.kept.sets.push(set),
            }
        }
    }

    fn rename_named(&mut self, from: &str, to: String) {
        let sets = self.bench.iter_mut().flat_map(|bench| &mut bench.kept.sets);
        if let Some(set) = sets.into_iter().find(|set| set.name == from) {
            set.name = to;
        }
    }

    fn delete_named(&mut self, name: &str) {
        if let Some(bench) = &mut self.bench {
            bench.kept.sets.retain(|set| set.name != name);
        }
    }

    /// Lays what a search found among the designs, measured as it is.
    pub(super) fn lay_found(&mut self, found: &SearchResult) {
        let Some(bench) = &mut self.bench else {
            return;
        };
        let designs: Vec<&Design> =
            if found.feasible.is_empty() { vec![&found.best] } else { found.feasible.iter().collect() };
        let candidate = |design: &&Design| {
            let simulated = Some(Ok(design.simulated.clone()));
            Candidate { simulated, origin: Origin::Proposed, ..Candidate::new(design.sizing.clone()) }
        };
        let candidates: Vec<Candidate> = designs.iter().map(candidate).collect();
        for candidate in &candidates {
            if let Some(outcome) = &candidate.simulated {
                bench.note_outcome(&candidate.sizing, outcome.clone());
            }
        }
        bench.selected = Some(0);
        bench.put_designs(Designs {
            specification: found.specification.clone(),
            candidates,
            seconds: found.seconds,
            device: "ngspice".to_owned(),
            seed: found.settings.seed,
            model: format!("search by {}, no model", found.settings.strategy.name()),
            of: 1,
            draft: false,
        });
    }
}
