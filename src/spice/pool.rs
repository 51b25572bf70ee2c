//! The parent's side: a pool of workers, and the replacement of those that fail.

use super::config::SimulatorConfig;
use super::deck::Decks;
use super::inspection::Inspection;
use super::judge::judge;
use super::parts::Part;
use super::piece::Piece;
use super::process::{Launch, Worker};
use super::protocol::{Look, Setup, Told};
use super::seeing::Seeing;
use super::simulate::Simulate;
use super::taken::Taken;
use super::{Failure, MeasuredBy, Outcome, SpiceError};
use crate::circuit::{Circuit, Sizing, Specification};
use crossbeam_channel::unbounded;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// The ngspice that simulations run in, such as `ngspice-39`.
///
/// # Errors
/// [`SpiceError::NotInstalled`] with the remedy, or [`SpiceError::Worker`].
pub fn ngspice_version(config: &SimulatorConfig) -> Result<String, SpiceError> {
    let nothing = Setup { memory_limit: config.memory_limit, ..Setup::default() };
    let launch = Launch::new(config, &nothing, String::new());
    Worker::start(&launch).map(|worker| worker.provenance.simulator.clone())
}

/// A pool of ngspice workers for one circuit, used as often as needed.
pub struct Simulator {
    circuit: Circuit,
    decks: Decks,
    launch: Launch,
    config: SimulatorConfig,
    workers: Vec<Option<Worker>>,
    taken: Taken,
    by: Arc<MeasuredBy>,
}

impl Simulator {
    /// Reads the testbench and starts the workers.
    ///
    /// # Errors
    /// [`SpiceError`] where ngspice or the worker program is not there, the testbench is unsound, or it
    /// would do more than simulate and the user has not allowed it.
    pub fn start(circuit: &Circuit, config: SimulatorConfig) -> Result<Simulator, SpiceError> {
        let decks = Decks::of(circuit)?;
        config.allowed.check(circuit, &decks)?;
        let setup = Setup { alter: config.alter, ..decks.setup(circuit, config.memory_limit) };
        let launch = Launch::new(&config, &setup, decks.hash());
        let first = Worker::start(&launch)?;
        let by = Arc::clone(&first.provenance);
        let mut workers = vec![Some(first)];
        // the others start with the first design that needs them
        workers.resize_with(config.jobs.max(1), || None);
        let taken = Taken::all(circuit);
        Ok(Simulator { circuit: circuit.clone(), decks, launch, config, workers, taken, by })
    }

    /// Whether it would measure `circuit` as one started now with `config` would: its deck still has the
    /// same text, with all that it includes, and the same is asked of it.
    pub fn fits(&self, circuit: &Circuit, config: &SimulatorConfig) -> bool {
        let own = &self.circuit;
        self.config == *config
            && own.parameters == circuit.parameters
            && own.metrics == circuit.metrics
            && own.validity == circuit.validity
            && own.sources == circuit.sources
            && own.command == circuit.command
            && own.corner == circuit.corner
            && own.groups == circuit.groups
            && own.folder == circuit.folder
            && Decks::of(circuit).is_ok_and(|decks| {
                decks.hash() == self.launch.testbench && config.allowed.check(circuit, &decks).is_ok()
            })
    }

    /// Designs that are measured side by side.
    pub fn jobs(&self) -> usize {
        self.workers.len()
    }

    /// Whether some testbench is of no use to a specification's bounds.
    pub fn can_save(&self, specification: &Specification) -> bool {
        Taken::for_bounds(&self.circuit, specification).saves(&self.circuit)
    }

    /// From now on takes the metrics alone that the bounds need, and runs the testbenches alone that these need: any
    /// other metric is NaN. `None` takes all again.
    pub fn take(&mut self, specification: Option<&Specification>) {
        self.taken = match specification {
            Some(specification) => Taken::for_bounds(&self.circuit, specification),
            None => Taken::all(&self.circuit),
        };
    }

    /// Looks into a design: what [`Simulate::run`] measures of it alone, with the sweeps and the operating points behind.
    /// Costs one simulation and an operating point a testbench; all that is seen comes from one worker.
    pub fn inspect(&mut self, sizing: &Sizing, cancel: &AtomicBool) -> Inspection {
        let inspection = self.look(sizing, cancel, Look::All);
        match &inspection.outcome {
            // no metric is lost to an operating point
            Err(Failure::Crashed(why)) => {
                let why = format!("there are no operating points: {why}");
                let mut without = self.look(sizing, cancel, Look::Sweeps);
                if !matches!(without.outcome, Err(Failure::Crashed(_))) {
                    without.notes.push(why);
                }
                without
            }
            _ => inspection,
        }
    }

    fn look(&mut self, sizing: &Sizing, cancel: &AtomicBool, look: Look) -> Inspection {
        let testbenches = &self.taken.testbenches;
        // an operating point takes its time too
        let shared = Shared::of(&self.circuit, &self.launch, &self.config, 2 * testbenches.len(), cancel);
        let mut seeing = Seeing::new(&self.circuit);
        let mut spare = None;
        let worker = self.workers.first_mut().unwrap_or(&mut spare);
        let seed = self.config.random.seed(0);
        let answer =
            shared.ask_and_see(worker, sizing, (testbenches, look), seed, &mut |piece| seeing.take(piece));
        let outcome = Part::joined([answer])
            .and_then(|whole| judge(&self.circuit, &self.decks, &self.taken, sizing, whole.reply, &whole.by));
        seeing.inspection(outcome)
    }

    /// The parts of each design that are asked for one by one: its testbenches where there are fewer designs than
    /// workers, otherwise all at once.
    fn parts(&self, designs: usize) -> Vec<Vec<usize>> {
        let all = &self.taken.testbenches;
        if designs < self.workers.len() && all.len() > 1 && self.circuit.command.is_empty() {
            return all.iter().map(|&place| vec![place]).collect();
        }
        vec![all.clone()]
    }
}

impl Simulate for Simulator {
    fn measured_by(&self) -> &MeasuredBy {
        &self.by
    }

    fn run(
        &mut self,
        sizings: &[Sizing],
        cancel: &AtomicBool,
        on_result: &mut dyn FnMut(usize, &Outcome),
    ) -> Vec<Outcome> {
        let next = AtomicUsize::new(0);
        let mut outcomes: Vec<Outcome> = vec![Err(Failure::Cancelled); sizings.len()];
        let (sender, receiver) = unbounded::<(usize, usize, Result<Part, Failure>)>();
        let parts = self.parts(sizings.len());
        let shared =
            Shared::of(&self.circuit, &self.launch, &self.config, self.taken.testbenches.len(), cancel);
        let random = self.config.random;
        let tasks = sizings.len() * parts.len();
        std::thread::scope(|scope| {
            for place in self.workers.iter_mut().take(tasks) {
                let (sender, next, shared, parts) = (sender.clone(), &next, &shared, &parts);
                scope.spawn(move || {
                    loop {
                        let task = next.fetch_add(1, Ordering::Relaxed);
                        let (i, part) = (task / parts.len(), task % parts.len());
                        let Some(sizing) = sizings.get(i) else { break };
                        let answer = shared.ask(place, sizing, &parts[part], random.seed(i));
                        if sender.send((i, part, answer)).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(sender);
            let mut open: Vec<Vec<Option<Result<Part, Failure>>>> = Vec::new();
            open.resize_with(sizings.len(), || parts.iter().map(|_| None).collect());
            for (i, part, answer) in receiver {
                open[i][part] = Some(answer);
                if open[i].iter().any(Option::is_none) {
                    continue;
                }
                let answers = open[i].drain(..).flatten();
                let outcome = Part::joined(answers).and_then(|whole| {
                    judge(&self.circuit, &self.decks, &self.taken, &sizings[i], whole.reply, &whole.by)
                });
                on_result(i, &outcome);
                outcomes[i] = outcome;
            }
        });
        outcomes
    }
}

/// What the threads of one run share.
struct Shared<'a> {
    circuit: &'a Circuit,
    launch: &'a Launch,
    limit: Duration,
    recycle_after: usize,
    alter: bool,
    cancel: &'a AtomicBool,
}

impl<'a> Shared<'a> {
    /// For designs of so many testbenches, each of which may take as long as the configuration says.
    fn of(
        circuit: &'a Circuit,
        launch: &'a Launch,
        config: &SimulatorConfig,
        testbenches: usize,
        cancel: &'a AtomicBool,
    ) -> Shared<'a> {
        Shared {
            circuit,
            launch,
            limit: config.time_limit * u32::try_from(testbenches).unwrap_or(u32::MAX).max(1),
            recycle_after: config.recycle_after.max(1),
            alter: config.alter,
            cancel,
        }
    }

    /// Some testbenches of one design on one worker, which is started where there is none and dropped where it failed.
    fn ask(
        &self,
        place: &mut Option<Worker>,
        sizing: &Sizing,
        testbenches: &[usize],
        seed: u64,
    ) -> Result<Part, Failure> {
        self.ask_and_see(place, sizing, (testbenches, Look::Nothing), seed, &mut |_| false)
    }

    /// As [`Self::ask`], with pieces of what there is to see: see [`Worker::ask_and_see`].
    fn ask_and_see(
        &self,
        place: &mut Option<Worker>,
        sizing: &Sizing,
        (testbenches, look): (&[usize], Look),
        seed: u64,
        see: &mut dyn FnMut(Piece) -> bool,
    ) -> Result<Part, Failure> {
        if self.cancel.load(Ordering::Relaxed) {
            return Err(Failure::Cancelled);
        }
        sizing.check(self.circuit)?;
        let values = self.circuit.deck_values(&sizing.0);
        let wrong = self.circuit.deck_parameters.iter().zip(&values).find(|(_, v)| !v.is_finite());
        if let Some((parameter, value)) = wrong {
            return Err(Failure::Invalid(format!("{} = {value} is not a finite number", parameter.name)));
        }
        let told = Told { seed, testbenches: testbenches.to_vec(), look, values }.encode();
        let used = place.take().filter(|worker| worker.simulated < self.recycle_after);
        let start = || Worker::start(self.launch).map_err(|e| Failure::Crashed(e.to_string()));
        let altered = self.alter && look == Look::Nothing && used.is_some();
        let mut worker = used.map_or_else(start, Ok)?;
        let answer = match worker.ask_and_see(&told, self.limit, self.cancel, see) {
            // the first design of a worker is loaded: no other failure counts
            Err(Failure::Crashed(_) | Failure::TimedOut(_)) if altered => {
                worker = start()?;
                worker.ask_and_see(&told, self.limit, self.cancel, see)?
            }
            answer => answer?,
        };
        worker.simulated += 1;
        let part = Part { reply: answer.reply, spent: answer.spent, by: Arc::clone(&worker.provenance) };
        if !part.spent {
            *place = Some(worker);
        }
        Ok(part)
    }
}
