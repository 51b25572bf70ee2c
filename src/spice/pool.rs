//! The parent's side: a pool of workers, the time limit, the replacement of those that fail, and
//! what a worker's numbers mean.

use super::deck::Testbench;
use super::protocol::{Reply, Setup, encode_design};
use super::{Failure, Outcome, SpiceError};
use crate::circuit::{Circuit, Performance, Scale, Sizing, format_quantity};
use crossbeam_channel::{Receiver, RecvTimeoutError, bounded, unbounded};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long a worker may take to load ngspice.
const START_LIMIT: Duration = Duration::from_secs(30);
/// How soon a cancelled run notices while ngspice is busy.
const CANCEL_POLL: Duration = Duration::from_millis(50);

/// How a [`Simulator`] works. No field changes a result.
#[derive(Clone, Debug)]
pub struct SimulatorConfig {
    /// Worker processes; at least 1.
    pub jobs: usize,
    /// The longest that one design may take.
    pub time_limit: Duration,
    /// The sizewright program, which is started again as a worker.
    pub worker: PathBuf,
    /// Designs after which a worker is replaced: ngspice leaks 1–7 kB a design.
    pub recycle_after: usize,
}

impl Default for SimulatorConfig {
    /// A worker a core, 10 s, `$SIZEWRIGHT_WORKER` or else this program, 5,000 designs.
    fn default() -> SimulatorConfig {
        let chosen = std::env::var_os("SIZEWRIGHT_WORKER").filter(|path| !path.is_empty());
        let own = || std::env::current_exe().unwrap_or_else(|_| PathBuf::from("sizewright"));
        SimulatorConfig {
            jobs: std::thread::available_parallelism().map_or(1, usize::from),
            time_limit: Duration::from_secs(10),
            worker: chosen.map_or_else(own, PathBuf::from),
            recycle_after: 5000,
        }
    }
}

/// The ngspice that simulations run in, such as `ngspice-39`.
///
/// # Errors
/// [`SpiceError::NotInstalled`] with the remedy, or [`SpiceError::Worker`].
pub fn ngspice_version(config: &SimulatorConfig) -> Result<String, SpiceError> {
    let nothing =
        Setup { before: vec![], after: vec![], commands: vec![], parameters: vec![], vectors: vec![] };
    let launch = Launch::new(config, &nothing, PathBuf::from("."));
    Worker::start(&launch).map(|worker| worker.version.clone())
}

/// A pool of ngspice workers for one circuit, used as often as needed.
pub struct Simulator {
    circuit: Circuit,
    launch: Launch,
    time_limit: Duration,
    recycle_after: usize,
    workers: Vec<Option<Worker>>,
    version: String,
}

impl Simulator {
    /// Reads the testbench and starts the workers.
    ///
    /// # Errors
    /// [`SpiceError`] where ngspice or the worker program is not there or the testbench is unsound.
    pub fn start(circuit: &Circuit, config: SimulatorConfig) -> Result<Simulator, SpiceError> {
        let setup = Testbench::read(&circuit.testbench)?.setup(circuit);
        let launch = Launch::new(&config, &setup, circuit.folder.clone());
        let first = Worker::start(&launch)?;
        let version = first.version.clone();
        let mut workers = vec![Some(first)];
        // the others start with the first design that needs them
        workers.resize_with(config.jobs.max(1), || None);
        Ok(Simulator {
            circuit: circuit.clone(),
            launch,
            time_limit: config.time_limit,
            recycle_after: config.recycle_after.max(1),
            workers,
            version,
        })
    }

    /// The ngspice at work, such as `ngspice-39`.
    pub fn version(&self) -> &str {
        &self.version
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
        let shared =
            Shared { circuit: &self.circuit, launch: &self.launch, time_limit: self.time_limit, cancel };
        let recycle_after = self.recycle_after;
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
                        if sender.send((i, shared.simulate(place, sizing))).is_err() {
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
    launch: &'a Launch,
    time_limit: Duration,
    cancel: &'a AtomicBool,
}

impl Shared<'_> {
    /// One design on one worker, which is started where there is none and dropped where it failed.
    fn simulate(&self, place: &mut Option<Worker>, sizing: &Sizing) -> Outcome {
        if self.cancel.load(Ordering::Relaxed) {
            return Err(Failure::Cancelled);
        }
        sizing.check(self.circuit)?;
        let mut worker = match place.take() {
            Some(worker) => worker,
            None => Worker::start(self.launch).map_err(|e| Failure::Crashed(e.to_string()))?,
        };
        let reply = worker.ask(&encode_design(&sizing.0), self.time_limit, self.cancel)?;
        worker.simulated += 1;
        let outcome = judge(self.circuit, reply);
        if !matches!(outcome, Err(Failure::Crashed(_))) {
            *place = Some(worker);
        }
        outcome
    }
}

/// What a reply means.
pub(super) fn judge(circuit: &Circuit, reply: Reply) -> Outcome {
    let (values, complaint) = match reply {
        Reply::Measured(values, complaint) => (values, complaint),
        Reply::NotConverged(reason) => return Err(Failure::NotConverged(reason)),
        Reply::Invalid(reason) => return Err(Failure::Invalid(reason)),
        Reply::Exit(reason) => return Err(Failure::Crashed(reason)),
        Reply::Ready(_) | Reply::NotInstalled(_) => {
            return Err(Failure::Crashed("the worker answered out of turn".to_owned()));
        }
    };
    let expected = circuit.metrics.len() + circuit.validity.len();
    if values.len() != expected {
        return Err(Failure::Crashed(format!("{} values for {expected} vectors", values.len())));
    }
    let (metrics, validity) = values.split_at(circuit.metrics.len());
    // first: a latched circuit often lacks a crossing too, and "latched" says more
    for (condition, value) in circuit.validity.iter().zip(validity) {
        if value.is_some_and(|v| v.is_finite() && v <= condition.above) {
            return Err(Failure::Invalid(condition.otherwise.clone()));
        }
    }
    let missing = |name: &str| Failure::Missing { name: name.to_owned(), reason: complaint.clone() };
    let not_finite = |name: &str, v: f64| Failure::Invalid(format!("{name} = {v} is not a finite number"));
    let mut performance = Vec::with_capacity(metrics.len());
    for (metric, value) in circuit.metrics.iter().zip(metrics) {
        let value = value.ok_or_else(|| missing(&metric.name))?;
        if !value.is_finite() {
            return Err(not_finite(&metric.name, value));
        }
        if metric.scale == Scale::Log && value <= 0.0 {
            let shown = format_quantity(value, metric.unit, 4);
            return Err(Failure::Invalid(format!("{} = {shown} is not greater than 0", metric.name)));
        }
        performance.push(value);
    }
    for (condition, value) in circuit.validity.iter().zip(validity) {
        let value = value.ok_or_else(|| missing(&condition.vector))?;
        if !value.is_finite() {
            return Err(not_finite(&condition.vector, value));
        }
    }
    Ok(Performance(performance))
}

/// How to start a worker.
struct Launch {
    program: PathBuf,
    folder: PathBuf,
    setup: String,
}

impl Launch {
    fn new(config: &SimulatorConfig, setup: &Setup, folder: PathBuf) -> Launch {
        // the worker starts in the circuit's folder, where a relative path would mean another file
        let program = std::path::absolute(&config.worker).unwrap_or_else(|_| config.worker.clone());
        let folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder };
        let setup = serde_json::to_string(setup).expect("texts and lists of texts are JSON");
        Launch { program, folder, setup: setup + "\n" }
    }

    fn error(&self, problem: impl Into<String>) -> SpiceError {
        SpiceError::Worker { path: self.program.clone(), problem: problem.into() }
    }
}

/// A worker process that is ready for a design. Dropping it kills it.
struct Worker {
    child: Child,
    requests: ChildStdin,
    replies: Receiver<Reply>,
    version: String,
    simulated: usize,
}

/// Set in the environment of workers.
const INSIDE: &str = "SIZEWRIGHT_INSIDE_WORKER";

impl Worker {
    fn start(launch: &Launch) -> Result<Worker, SpiceError> {
        // another program that uses this library, taken for a worker, would start itself without end
        if std::env::var_os(INSIDE).is_some() {
            return Err(launch.error("is no worker but another program".to_owned()));
        }
        let mut command = Command::new(&launch.program);
        command
            .arg("spice-worker")
            .env(INSIDE, "1")
            .current_dir(&launch.folder)
            .env("OMP_NUM_THREADS", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        // Ctrl-C is for the parent to handle
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(|e| launch.error(format!("does not start ({e})")))?;
        let requests = child.stdin.take().expect("stdin is piped");
        let stdout = child.stdout.take().expect("stdout is piped");
        let (sender, replies) = bounded(4);
        let mut worker = Worker { child, requests, replies, version: String::new(), simulated: 0 };
        std::thread::Builder::new()
            .name("spice replies".to_owned())
            .spawn(move || {
                let mut reader = BufReader::new(stdout);
                let mut line = Vec::new();
                // ends with the worker: its stdout closes
                while reader.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
                    if let Some(reply) = Reply::decode(String::from_utf8_lossy(&line).trim_end_matches('\n'))
                        && sender.send(reply).is_err()
                    {
                        break;
                    }
                    line.clear();
                }
            })
            .map_err(|e| launch.error(format!("has no thread to read its replies ({e})")))?;
        match worker.ask(&launch.setup, START_LIMIT, &AtomicBool::new(false)) {
            Ok(Reply::Ready(version)) => worker.version = version,
            Ok(Reply::NotInstalled(reason)) => return Err(SpiceError::NotInstalled { reason }),
            Ok(_) => return Err(launch.error("does not speak our protocol")),
            Err(failure) => return Err(launch.error(format!("does not answer ({failure})"))),
        }
        Ok(worker)
    }

    /// Sends a line and waits for the reply to it. After an error the worker is of no more use.
    fn ask(&mut self, line: &str, limit: Duration, cancel: &AtomicBool) -> Result<Reply, Failure> {
        let start = Instant::now();
        if self.requests.write_all(line.as_bytes()).and_then(|()| self.requests.flush()).is_err() {
            return Err(self.ended());
        }
        loop {
            let left = limit.saturating_sub(start.elapsed());
            match self.replies.recv_timeout(left.min(CANCEL_POLL)) {
                Ok(reply) => return Ok(reply),
                Err(RecvTimeoutError::Disconnected) => return Err(self.ended()),
                Err(RecvTimeoutError::Timeout) if cancel.load(Ordering::Relaxed) => {
                    return Err(Failure::Cancelled);
                }
                Err(RecvTimeoutError::Timeout) if start.elapsed() >= limit => {
                    return Err(Failure::TimedOut(limit));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// How the process ended, once its pipes have closed.
    fn ended(&mut self) -> Failure {
        let _ = self.child.kill();
        Failure::Crashed(match self.child.wait() {
            Ok(status) => format!("the worker process ended ({status})"),
            Err(e) => format!("the worker process ended ({e})"),
        })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // it holds nothing worth a farewell, and may be stuck inside ngspice
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
