//! The parent's side: a pool of workers, the replacement of those that fail, and what a worker's numbers
//! mean.

use super::complaints::Words;
use super::config::SimulatorConfig;
use super::deck::Decks;
use super::process::{Launch, Worker};
use super::protocol::{Answer, Reply, Setup, encode_design, last_of, said_of};
use super::verdict::{MeasuredBy, Simulated};
use super::{Failure, Outcome, SpiceError};
use crate::circuit::{Circuit, Performance, Reading, Scale, Sizing, Wanted, format_quantity};
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
    version: String,
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
        let launch = Launch::new(&config, &decks.setup(circuit, config.memory_limit), decks.hash());
        let first = Worker::start(&launch)?;
        let version = first.provenance.simulator.clone();
        let mut workers = vec![Some(first)];
        // the others start with the first design that needs them
        workers.resize_with(config.jobs.max(1), || None);
        Ok(Simulator { circuit: circuit.clone(), decks, launch, config, workers, version })
    }

    /// The ngspice at work, such as `ngspice-39`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The hash of the testbench that is at work, see [`super::MeasuredBy::testbench`].
    pub fn testbench(&self) -> &str {
        &self.launch.testbench
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
            && own.folder == circuit.folder
            && Decks::of(circuit).is_ok_and(|decks| {
                decks.hash() == self.launch.testbench && config.allowed.check(circuit, &decks).is_ok()
            })
    }

    /// Simulates every sizing and returns the outcomes in the same order. `on_result` hears of each
    /// on the caller's thread, in the order in which they finish. Once `cancel` is set, what is
    /// left comes back as [`Failure::Cancelled`] within a fraction of a second.
    pub fn run(
        &mut self,
        sizings: &[Sizing],
        cancel: &AtomicBool,
        on_result: &mut dyn FnMut(usize, &Outcome),
    ) -> Vec<Outcome> {
        let next = AtomicUsize::new(0);
        let mut outcomes: Vec<Outcome> = vec![Err(Failure::Cancelled); sizings.len()];
        let (sender, receiver) = unbounded::<(usize, Outcome)>();
        let shared = Shared {
            circuit: &self.circuit,
            decks: &self.decks,
            launch: &self.launch,
            time_limit: self.config.time_limit,
            cancel,
        };
        let random = self.config.random;
        let recycle_after = self.config.recycle_after.max(1);
        std::thread::scope(|scope| {
            for place in self.workers.iter_mut().take(sizings.len()) {
                let (sender, next, shared) = (sender.clone(), &next, &shared);
                scope.spawn(move || {
                    loop {
                        let i = next.fetch_add(1, Ordering::Relaxed);
                        let Some(sizing) = sizings.get(i) else { break };
                        if place.as_ref().is_some_and(|w| w.simulated >= recycle_after) {
                            *place = None;
                        }
                        if sender.send((i, shared.simulate(place, sizing, random.seed(i)))).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(sender);
            for (i, outcome) in receiver {
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
    decks: &'a Decks,
    launch: &'a Launch,
    time_limit: Duration,
    cancel: &'a AtomicBool,
}

impl Shared<'_> {
    /// One design on one worker, which is started where there is none and dropped where it failed.
    fn simulate(&self, place: &mut Option<Worker>, sizing: &Sizing, seed: u64) -> Outcome {
        if self.cancel.load(Ordering::Relaxed) {
            return Err(Failure::Cancelled);
        }
        sizing.check(self.circuit)?;
        let mut worker = match place.take() {
            Some(worker) => worker,
            None => Worker::start(self.launch).map_err(|e| Failure::Crashed(e.to_string()))?,
        };
        let values = self.circuit.deck_values(&sizing.0);
        let wrong = self.circuit.deck_parameters.iter().zip(&values).find(|(_, v)| !v.is_finite());
        if let Some((parameter, value)) = wrong {
            *place = Some(worker);
            return Err(Failure::Invalid(format!("{} = {value} is not a finite number", parameter.name)));
        }
        // the limit is a testbench's
        let limit = self.time_limit * u32::try_from(self.decks.all().len()).unwrap_or(u32::MAX).max(1);
        let Answer { reply, spent } = worker.ask(&encode_design(seed, &values), limit, self.cancel)?;
        worker.simulated += 1;
        let outcome = judge(self.circuit, self.decks, sizing, reply, &worker.provenance);
        if !spent {
            *place = Some(worker);
        }
        outcome
    }
}

/// What a reply means.
pub(super) fn judge(
    circuit: &Circuit,
    decks: &Decks,
    sizing: &Sizing,
    reply: Reply,
    by: &Arc<MeasuredBy>,
) -> Outcome {
    let parameters = circuit.deck_parameters.len();
    let words_of = |testbench: usize, said: &[String]| {
        let deck = decks.all().get(testbench).or(decks.all().first())?;
        Some(Words::new(deck, parameters, said_of(testbench, said)))
    };
    let because = |said: &[String]| {
        let Some(words) = words_of(last_of(said), said) else {
            // of a command
            return said.first().cloned().unwrap_or_else(|| "the command does not say why".to_owned());
        };
        let cause = words.cause();
        cause.unwrap_or_else(|| "ngspice does not say why".to_owned())
    };
    let (readings, said) = match reply {
        Reply::Measured(values, said) => (values, said),
        Reply::Aborted(said) if words_of(last_of(&said), &said).is_some_and(|w| w.command_is_wrong()) => {
            return Err(Failure::Invalid(because(&said)));
        }
        Reply::Aborted(said) => return Err(Failure::NotConverged(because(&said))),
        Reply::Refused(said) => {
            return Err(Failure::Invalid(format!("ngspice gave up on the deck: {}", because(&said))));
        }
        Reply::Invalid(reason) => return Err(Failure::Invalid(reason)),
        Reply::Quit(_) => return Err(Failure::Crashed("the deck asked it to quit".to_owned())),
        Reply::Ready(_) | Reply::NotInstalled(_) => {
            return Err(Failure::Crashed("the worker answered out of turn".to_owned()));
        }
    };
    let expected = circuit.readings.len();
    if readings.len() != expected {
        return Err(Failure::Crashed(format!("{} values for {expected} readings", readings.len())));
    }
    let values = values(circuit, sizing, &readings);
    let (metrics, validity) = values.split_at(circuit.metrics.len());
    // first: a latched circuit often lacks a crossing too, and "latched" says more
    for (condition, value) in circuit.validity.iter().zip(validity) {
        if value.is_some_and(|v| v.is_finite() && v <= condition.above) {
            return Err(Failure::Invalid(condition.otherwise.clone()));
        }
    }
    let missing = |source: usize, name: &str| {
        let gap = circuit.sources[source].readings().find(|&place| readings[place].is_none());
        let reason = match gap.map(|place| &circuit.readings[place]) {
            None => "it cannot be worked out from the others".to_owned(),
            Some(Reading { testbench, wanted: Wanted::Vector(vector) }) => {
                let of_command = || {
                    let own = format!("{vector}: ");
                    let why = said.iter().find_map(|text| text.strip_prefix(&own));
                    why.map_or_else(|| because(&said), str::to_owned)
                };
                words_of(*testbench, &said).map_or_else(of_command, |words| words.missing(vector))
            }
            Some(Reading { testbench, wanted: Wanted::Measured(measurement) }) => {
                let own = format!("{}: ", measurement.text());
                let own_words = said_of(*testbench, &said);
                let why = own_words.iter().find_map(|text| text.strip_prefix(&own));
                why.map_or_else(|| because(&said), |why| own + why)
            }
        };
        Failure::Missing { name: name.to_owned(), reason, measured: metrics.to_vec() }
    };
    let not_finite = |name: &str, v: f64| Failure::Invalid(format!("{name} = {v} is not a finite number"));
    for (metric, value) in circuit.metrics.iter().zip(metrics) {
        let Some(value) = *value else { continue };
        if !value.is_finite() {
            return Err(not_finite(&metric.name, value));
        }
        if metric.scale == Scale::Log && value <= 0.0 {
            let shown = format_quantity(value, metric.unit, 4);
            return Err(Failure::Invalid(format!("{} = {shown} is not greater than 0", metric.name)));
        }
    }
    let mut performance = Vec::with_capacity(metrics.len());
    for (i, (metric, value)) in circuit.metrics.iter().zip(metrics).enumerate() {
        performance.push(value.ok_or_else(|| missing(i, &metric.name))?);
    }
    for (i, (condition, value)) in circuit.validity.iter().zip(validity).enumerate() {
        let value = value.ok_or_else(|| missing(metrics.len() + i, &condition.vector))?;
        if !value.is_finite() {
            return Err(not_finite(&condition.vector, value));
        }
    }
    Ok(Simulated::new(Performance(performance), Arc::clone(by)))
}

/// The values of metrics and validity conditions, each from readings, parameters and metrics before it.
fn values(circuit: &Circuit, sizing: &Sizing, readings: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut values: Vec<Option<f64>> = Vec::with_capacity(circuit.sources.len());
    for source in &circuit.sources {
        let value = source.value(readings, &mut |name| {
            let parameter = circuit.parameters.iter().position(|p| p.name.eq_ignore_ascii_case(name));
            if let Some(place) = parameter {
                return sizing.0.get(place).copied();
            }
            let metric = circuit.metrics.iter().position(|m| m.name.eq_ignore_ascii_case(name))?;
            values.get(metric).copied().flatten()
        });
        values.push(value);
    }
    values
}
