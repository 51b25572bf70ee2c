//! The open circuit and all that belongs to it. Another circuit is another bench: it is replaced whole, so that
//! nothing of the circuit before is left.

use super::deck_word::DeckWord;
use super::designs::{Designs, ModelInHand, Tally};
use super::forms::Forms;
use super::history::{Edits, History};
use super::jobs::{SamplingUnderWay, SearchUnderWay, SimulationRun, TrainingUnderWay};
use super::kept::{KeptCircuit, ranges_of, region_of, specification_of, values_of};
use super::open_circuit::OpenCircuit;
use super::queue::{Queue, QueuedJob};
use super::rows::{Pace, RowsUnderWay};
use crate::circuit::{Region, Sizing, SizingKey, Specification};
use crate::draft::Checked;
use crate::engine::{Candidate, Failure, Learning, SearchResult, Searching, Simulated, TrainedModel};
use crate::export::ExportRecord;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// The open circuit and all that belongs to it.
pub struct Bench {
    /// The circuit with its rows.
    pub open: OpenCircuit,
    /// What a design must perform.
    pub targets: Specification,
    /// Where designs are drawn and searched.
    pub region: Region,
    /// The last value of each metric's bound, for one that was switched off and comes back.
    pub remembered: Vec<f64>,
    /// What was set and can be undone.
    pub history: History<Edits>,
    /// The targets and the region that designs were last asked for.
    pub asked: (Specification, Region),
    /// What a session keeps of the circuit: the user's named specifications, the model file.
    pub kept: KeptCircuit,
    /// What the deck would do beyond simulating, and whether it may.
    pub word: DeckWord,
    /// The model that designs are drawn from.
    pub model: Option<ModelInHand>,
    /// Where the model was last saved.
    pub saved: Option<PathBuf>,
    /// The designs.
    pub designs: Option<Designs>,
    /// The index of the selected design.
    pub selected: Option<usize>,
    /// What ngspice said of a sizing, by the bits of its values.
    measured: HashMap<SizingKey, Result<Simulated, Failure>>,
    /// The losses of the training under way, else of the model in hand.
    pub learning: Arc<Learning>,
    /// The training under way.
    pub training: Option<TrainingUnderWay>,
    /// The request for designs under way.
    pub sampling: Option<SamplingUnderWay>,
    /// Whether another request for designs is to be sent after the one under way.
    pub resample: bool,
    /// The simulation under way or the last one.
    pub simulation: Option<SimulationRun>,
    /// The search under way.
    pub search: Option<SearchUnderWay>,
    /// How far the search under way is, or how far the last one came.
    pub searching: Arc<Searching>,
    /// What the last search found.
    pub found: Option<Arc<SearchResult>>,
    /// What was found on looking through the circuit; nothing before it was, and while it is.
    pub checked: Option<Vec<Checked>>,
    /// The making of rows under way.
    pub making: Option<RowsUnderWay>,
    /// How long a simulation takes here, as far as it is known.
    pub pace: Pace,
    /// Jobs that wait for their like to end.
    pub queue: Queue,
    counted: RowsMet,
}

/// How many rows meet the targets, kept while nothing changes.
#[derive(Default)]
struct RowsMet {
    of: Specification,
    each: Vec<usize>,
    all: usize,
}

impl Bench {
    /// A bench for a circuit that was read, with the circuit's first specification as targets.
    pub fn open(open: OpenCircuit) -> Bench {
        let circuit = &open.circuit;
        let targets = match circuit.specifications.first() {
            Some(named) => named.specification.clone(),
            None => open.middle(),
        };
        let middle = open.middle();
        let bound = |m| targets.bound_on(m).map_or(middle.bounds[m].value, |b| b.value);
        let mut bench = Bench {
            remembered: (0..circuit.metrics.len()).map(bound).collect(),
            asked: (targets.clone(), Region::default()),
            targets,
            region: Region::default(),
            history: History::default(),
            kept: KeptCircuit::default(),
            word: DeckWord::default(),
            model: None,
            saved: None,
            designs: None,
            selected: None,
            measured: HashMap::new(),
            learning: Arc::default(),
            training: None,
            sampling: None,
            resample: false,
            simulation: None,
            search: None,
            searching: Arc::default(),
            found: None,
            checked: None,
            making: None,
            pace: Pace::default(),
            queue: Queue::default(),
            counted: RowsMet::default(),
            open,
        };
        bench.count_rows();
        bench
    }

    /// Takes up what was kept of the circuit: targets, region, named specifications, the model file.
    pub fn recall(&mut self, kept: &KeptCircuit) {
        let circuit = Arc::clone(&self.open.circuit);
        self.kept = kept.clone();
        if let Some(targets) = kept.targets.as_ref().and_then(|v| specification_of(&circuit, v)) {
            self.set_targets(targets);
        }
        self.region = region_of(&circuit, &kept.ranges);
        self.asked = (self.targets.clone(), self.region.clone());
    }

    /// What a session keeps of the circuit as it is now.
    pub fn to_keep(&self) -> KeptCircuit {
        KeptCircuit {
            targets: Some(values_of(&self.open.circuit, &self.targets)),
            ranges: ranges_of(&self.open.circuit, &self.region),
            ..self.kept.clone()
        }
    }

    /// Sets the targets; their values are remembered for bounds that are switched off.
    pub fn set_targets(&mut self, targets: Specification) {
        for (m, remembered) in self.remembered.iter_mut().enumerate() {
            if let Some(bound) = targets.bound_on(m) {
                *remembered = bound.value;
            }
        }
        self.targets = targets;
    }

    /// Takes other rows of the same circuit; model and designs stay.
    pub fn replace_rows(&mut self, open: OpenCircuit) {
        self.open = open;
        self.counted = RowsMet::default();
        self.count_rows();
    }

    /// Counts the rows that meet the targets, if these have changed since they were counted.
    pub fn count_rows(&mut self) {
        if self.counted.of != self.targets || self.counted.each.len() != self.targets.bounds.len() {
            let (each, all) = self.open.rows.met(&self.targets);
            self.counted = RowsMet { of: self.targets.clone(), each, all };
        }
    }

    /// How many rows meet each bound of the targets, and how many meet all.
    pub fn rows_met(&self) -> (&[usize], usize) {
        (&self.counted.each, self.counted.all)
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.open.rows.rows.len()
    }

    /// The designs; none before any were drawn.
    pub fn candidates(&self) -> &[Candidate] {
        self.designs.as_ref().map_or(&[], |designs| &designs.candidates)
    }

    /// The selected design.
    pub fn selected_design(&self) -> Option<&Candidate> {
        self.candidates().get(self.selected?)
    }

    /// What would be exported of the selected design; nothing where none is selected.
    pub fn export_record(&self) -> Option<ExportRecord> {
        let candidate = self.selected_design()?;
        let designs = self.designs.as_ref()?;
        let (model, seed) = (Some(designs.model.clone()), Some(designs.seed));
        Some(ExportRecord::new(&candidate.sizing, Some(&self.targets), candidate.word(), model, seed))
    }

    /// Counts the designs against the targets.
    pub fn tally(&self) -> Tally {
        Tally::of(self.candidates(), &self.targets)
    }

    /// The model in hand if there are steps left to take and it can be trained on.
    pub fn unfinished(&self) -> Option<Arc<TrainedModel>> {
        let model = &self.model.as_ref()?.model;
        (model.optimiser.is_some() && !model.is_finished()).then(|| Arc::clone(model))
    }

    /// What an undo would bring back: what is set now.
    pub fn edits(&self, forms: &Forms) -> Edits {
        Edits::now(&self.targets, &self.region, forms)
    }

    /// Notes what the program, not the user, has set: it is no step.
    pub fn amend_edits(&mut self, forms: &Forms) {
        let now = self.edits(forms);
        self.history.amend(&now);
    }

    /// Sets what an undo or a redo has brought back.
    pub fn restore_edits(&mut self, edits: Edits, forms: &mut Forms) {
        self.set_targets(edits.targets);
        self.region = edits.region;
        (forms.train, forms.sample, forms.search) = (edits.train, edits.sample, edits.search);
    }

    /// Whether ngspice is at work.
    pub fn simulating(&self) -> bool {
        self.simulation.as_ref().is_some_and(|s| s.ended.is_none())
    }

    /// Whether a job of the same kind is under way.
    pub fn is_busy(&self, job: &QueuedJob) -> bool {
        match job {
            QueuedJob::Train(_) => self.training.is_some(),
            QueuedJob::Simulate(_) => self.simulating(),
            QueuedJob::Search(..) => self.search.is_some(),
        }
    }

    /// Whether a sizing is being simulated or waits to be.
    pub fn waits(&self, sizing: &Sizing) -> bool {
        let under_way = self.simulation.iter().filter(|s| s.ended.is_none()).flat_map(|s| &s.sizings);
        under_way.chain(self.queue.sizings()).any(|other| other == sizing)
    }

    /// What ngspice said of a sizing, if it was asked.
    pub fn outcome(&self, sizing: &Sizing) -> Option<&Result<Simulated, Failure>> {
        self.measured.get(&sizing.key())
    }

    /// Notes what ngspice said of a sizing, in the designs as well.
    pub fn note_outcome(&mut self, sizing: &Sizing, outcome: Result<Simulated, Failure>) {
        for candidate in self.designs.iter_mut().flat_map(|d| &mut d.candidates) {
            if candidate.sizing == *sizing {
                candidate.simulated = Some(outcome.clone());
            }
        }
        self.measured.insert(sizing.key(), outcome);
    }
}
