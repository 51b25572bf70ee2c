//! Designs that the user keeps with the circuit.

use crate::app::core::App;
use crate::app::ids::PaneId;
use crate::app::state::kept::KeptDesign;
use crate::app::state::{Designs, NgspiceState};
use crate::circuit::Sizing;
use crate::engine::{Candidate, Origin};

impl App {
    /// Keeps the selected design, as it is turned if it is.
    pub(super) fn keep_design(&mut self) {
        let Some(bench) = &mut self.bench else {
            return;
        };
        let Some(sizing) = bench.looked_at().cloned() else {
            return;
        };
        let circuit = &bench.open.circuit;
        let parameters = sizing.by_name(circuit);
        if let Some(known) = bench.kept.designs.iter().find(|kept| kept.parameters == parameters) {
            self.environment.messages.note(format!("This design is kept already, as {}", known.name));
            return;
        }
        // the lowest number that none has
        let free = (1..).map(|n| format!("Design {n}"));
        let mut free = free.filter(|name| bench.kept.designs.iter().all(|kept| kept.name != *name));
        let name = free.next().unwrap_or_default();
        bench.kept.designs.push(KeptDesign { name, parameters, ..KeptDesign::default() });
        self.layout.show(&PaneId::KEPT);
        self.measure_kept();
    }

    /// Measures the kept designs that were not, where that is possible without asking.
    pub(in crate::app) fn measure_kept(&mut self) {
        let possible = matches!(self.environment.ngspice, NgspiceState::Found(_));
        let Some(bench) = self.bench.as_ref().filter(|bench| possible && !bench.word.is_missing()) else {
            return;
        };
        let circuit = &bench.open.circuit;
        let kept = bench.kept.designs.iter().filter_map(|kept| kept.sizing(circuit).ok());
        let fresh = |sizing: &Sizing| bench.outcome(sizing).is_none() && !bench.waits(sizing);
        let sizings: Vec<Sizing> = kept.filter(fresh).collect();
        if !sizings.is_empty() && self.forms.sample.measure {
            self.begin_or_queue(crate::app::state::QueuedJob::Simulate(sizings));
        }
    }

    pub(super) fn edit_kept(&mut self, place: usize, edited: KeptDesign) {
        let kept = self.bench.as_mut().and_then(|bench| bench.kept.designs.get_mut(place));
        if let Some(kept) = kept {
            *kept = edited;
        }
    }

    pub(super) fn forget_kept(&mut self, place: usize) {
        if let Some(bench) = self.bench.as_mut().filter(|bench| place < bench.kept.designs.len()) {
            bench.kept.designs.remove(place);
        }
    }

    /// Selects a kept design among the designs; where it is none of them it is added.
    pub(super) fn show_kept(&mut self, place: usize) {
        let Some(bench) = &mut self.bench else {
            return;
        };
        let Some(sizing) = bench.kept.designs.get(place).and_then(|k| k.sizing(&bench.open.circuit).ok())
        else {
            return;
        };
        let candidate = Candidate {
            simulated: bench.outcome(&sizing).cloned(),
            origin: Origin::Tuned,
            ..Candidate::new(sizing)
        };
        let designs = bench.designs.get_or_insert_with(|| Designs {
            specification: bench.targets.clone(),
            candidates: Vec::new(),
            seconds: 0.0,
            device: String::new(),
            seed: 0,
            model: "kept, no model".to_owned(),
            of: 1,
            draft: false,
        });
        let known = designs.candidates.iter().position(|c| c.sizing == candidate.sizing);
        let at = known.unwrap_or(designs.candidates.len());
        if known.is_none() {
            designs.candidates.push(candidate);
        }
        bench.selected = Some(at);
        self.layout.show(&PaneId::DETAIL);
        self.measure_at_once();
    }
}
