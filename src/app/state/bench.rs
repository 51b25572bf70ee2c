//! The open circuit and all that belongs to it. Another circuit is another bench: it is replaced whole, so that
//! nothing of the circuit before is left.

use super::cornered::Cornered;
use super::deck_word::DeckWord;
use super::designs::{Designs, ModelInHand, Tally};
use super::filter::Filter;
use super::forms::Forms;
use super::growing::{Gained, GrowingUnderWay};
use super::history::{Edits, History};
use super::jobs::{SearchUnderWay, SimulationRun, TrainingUnderWay};
use super::kept::{KeptCircuit, ranges_of, region_of, specification_of, values_of};
use super::looks::Looks;
use super::open_circuit::OpenCircuit;
use super::queue::{Queue, QueuedJob};
use super::reaching::Reaching;
use super::reviewing::ReviewUnderWay;
use super::rows::{Pace, RowsUnderWay};
use super::runs::Runs;
use super::sampling::{Due, SamplingUnderWay};
use super::tuning::Tuning;
use crate::circuit::{Region, Sizing, SizingKey, Specification};
use crate::draft::Checked;
use crate::engine::{Candidate, Failure, Learning, Origin, SearchResult, Searching, Simulated, TrainedModel};
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
    /// What a draft stands in for until the delivery comes.
    before_draft: Option<Designs>,
    /// The designs that were there before.
    pub runs: Runs,
    /// What designs stand out by, in all views.
    pub filter: Filter,
    /// The index of the selected design.
    pub selected: Option<usize>,
    /// Designs that were turned by hand, by what they were.
    pub tunings: HashMap<SizingKey, Tuning>,
    /// What ngspice said of a sizing, by the bits of its values.
    measured: HashMap<SizingKey, Result<Simulated, Failure>>,
    /// The losses of the training under way, else of the model in hand.
    pub learning: Arc<Learning>,
    /// The training under way.
    pub training: Option<TrainingUnderWay>,
    /// The request for designs under way.
    pub sampling: Option<SamplingUnderWay>,
    /// What is to be asked of the sampler once nothing is under way.
    pub due: Due,
    /// The simulation under way or the last one.
    pub simulation: Option<SimulationRun>,
    /// Whether designs came that are to be measured once the simulation under way has ended.
    pub measure_again: bool,
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
    /// The growing of rows under way.
    pub growing: Option<GrowingUnderWay>,
    /// What the last growing gained.
    pub gained: Option<Gained>,
    /// Whether a training begins once rows that were grown are read.
    pub train_next: bool,
    /// What is known of the targets that are set.
    pub reaching: Reaching,
    /// Designs over the circuit's corners and under mismatch.
    pub cornered: Cornered,
    /// The review page under way.
    pub reviewing: Option<ReviewUnderWay>,
    /// Designs that were looked into.
    pub looks: Looks,
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
            before_draft: None,
            runs: Runs::default(),
            filter: Filter::default(),
            selected: None,
            tunings: HashMap::new(),
            measured: HashMap::new(),
            learning: Arc::default(),
            training: None,
            sampling: None,
            due: Due::Nothing,
            simulation: None,
            measure_again: false,
            search: None,
            searching: Arc::default(),
            found: None,
            checked: None,
            making: None,
            growing: None,
            gained: None,
            train_next: false,
            reaching: Reaching::default(),
            cornered: Cornered::default(),
            reviewing: None,
            looks: Looks::default(),
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
        self.reaching = Reaching::default();
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

    /// The designs that stand out.
    pub fn standing_out(&self) -> Vec<usize> {
        let lets = |i: &usize| self.filter.lets(&self.open.circuit, &self.candidates()[*i]);
        (0..self.candidates().len()).filter(lets).collect()
    }

    /// The selected design.
    pub fn selected_design(&self) -> Option<&Candidate> {
        self.candidates().get(self.selected?)
    }

    /// The sizing that is looked at: the selected design's, as it is turned if it is.
    pub fn looked_at(&self) -> Option<&Sizing> {
        let turned = self.tuning().filter(|tuning| tuning.is_turned()).map(|tuning| &tuning.sizing);
        turned.or_else(|| self.selected_design().map(|design| &design.sizing))
    }

    /// The selected design as it is turned, if it is.
    pub fn tuning(&self) -> Option<&Tuning> {
        self.tunings.get(&self.selected_design()?.sizing.key())
    }

    /// The same, to be changed.
    pub fn tuning_mut(&mut self) -> Option<&mut Tuning> {
        let key = self.selected_design()?.sizing.key();
        self.tunings.get_mut(&key)
    }

    /// The selected design, to be turned.
    pub fn tuning_or_begin(&mut self) -> Option<&mut Tuning> {
        let design = self.selected_design()?.clone();
        Some(self.tunings.entry(design.sizing.key()).or_insert_with(|| Tuning::of(design)))
    }

    /// Ends the turning of the selected design.
    pub fn take_tuning(&mut self) -> Option<Tuning> {
        let key = self.selected_design()?.sizing.key();
        self.tunings.remove(&key)
    }

    /// Puts drawn designs in the place of those that there are. What the user has made by hand stays among them, and the
    /// selected design selected if it does.
    pub fn take_designs(&mut self, mut designs: Designs) {
        let selected = self.selected_design().map(|c| c.sizing.clone());
        let turned = self.tunings.drain().map(|(_, tuning)| tuning).filter(Tuning::is_turned);
        let turned: Vec<Candidate> = turned.map(|tuning| tuning.candidate()).collect();
        let own = self.candidates().iter().filter(|c| c.origin == Origin::Tuned).cloned();
        for candidate in own.chain(turned).collect::<Vec<_>>() {
            if designs.candidates.iter().all(|c| c.sizing != candidate.sizing) {
                designs.candidates.push(candidate);
            }
        }
        for candidate in designs.candidates.iter_mut().filter(|c| c.simulated.is_none()) {
            candidate.simulated = self.outcome(&candidate.sizing).cloned();
        }
        let again = selected.and_then(|sizing| designs.candidates.iter().position(|c| c.sizing == sizing));
        self.selected = match (self.selected, designs.candidates.len()) {
            (_, 0) => None,
            (before, count) => Some(again.or(before).unwrap_or(0).min(count - 1)),
        };
        self.put_designs(designs);
    }

    /// Puts designs in the place of those that there are, which become a run.
    pub fn put_designs(&mut self, designs: Designs) {
        // what was chosen of the old ones is none of the new ones
        self.filter.chosen = None;
        let draft = designs.draft;
        let before = self.designs.replace(designs);
        match (draft, before) {
            (true, Some(before)) if !before.draft => self.before_draft = Some(before),
            (true, _) => {}
            (false, Some(before)) if before.draft => self.runs.replaced(self.before_draft.take()),
            (false, before) => self.runs.replaced(before),
        }
    }

    /// Puts the designs back that a draft stands in for: what was to come in its place does not. What was made by hand stays.
    pub fn drop_draft(&mut self) {
        let is_draft = self.designs.as_ref().is_some_and(|designs| designs.draft);
        if let Some(mut before) = self.before_draft.take_if(|_| is_draft) {
            let own = self.candidates().iter().filter(|c| c.origin == Origin::Tuned).cloned();
            let lost: Vec<Candidate> = own.filter(|c| !before.candidates.contains(c)).collect();
            before.candidates.extend(lost);
            self.selected = self.selected.map(|i| i.min(before.candidates.len().saturating_sub(1)));
            self.designs = Some(before);
        }
    }

    /// Puts a run on the bench, with its targets.
    pub fn bring_back(&mut self, place: usize) {
        if let Some(run) = self.runs.take(place) {
            self.set_targets(run.designs.specification.clone());
            self.put_designs(run.designs);
            // they are what was asked for: nothing is drawn in their place
            self.asked = (self.targets.clone(), self.region.clone());
            self.selected = Some(0).filter(|_| !self.candidates().is_empty());
        }
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
        Edits::now(&self.targets, &self.region, &self.kept.designs, forms)
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
        self.kept.designs = edits.kept;
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
