//! Many jobs through one engine: draws, simulations and cancelled ones, while memory, threads, open files and child
//! processes of this process are looked at. The test runs it for seconds, the bench for as long as is asked for.

use sizewright::circuit::{Circuit, Region, Sizing};
use sizewright::engine::{
    Awaited, DeviceChoice, DrawSettings, Ranking, SampleJob, SimulatorConfig, TrainedModel, demo_model, load,
};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What a process holds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Held {
    /// Resident memory in kB.
    pub memory: u64,
    /// Threads.
    pub threads: usize,
    /// Open files.
    pub files: usize,
    /// Child processes.
    pub children: usize,
}

impl Held {
    /// What this process holds now.
    pub fn now() -> Held {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let field = |name: &str| -> u64 {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("0");
            line.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0)
        };
        let own = std::process::id().to_string();
        let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let parent = |stat: &str| stat.rsplit_once(')')?.1.split_whitespace().nth(1).map(str::to_owned);
        let is_child = |entry: &std::fs::DirEntry| {
            let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
            parent(&stat).as_deref() == Some(&own)
        };
        Held {
            memory: field("VmRSS:"),
            threads: field("Threads:") as usize,
            files: std::fs::read_dir("/proc/self/fd").map_or(0, |entries| entries.count()),
            children: entries.filter(is_child).count(),
        }
    }
}

/// An engine with work for it.
pub struct Soak {
    engine: Awaited,
    stop: Arc<AtomicBool>,
    circuit: Arc<Circuit>,
    model: Arc<TrainedModel>,
    pool: SimulatorConfig,
}

/// What was done.
#[derive(Clone, Copy, Debug, Default)]
pub struct Done {
    pub drawn: usize,
    pub measured: usize,
    pub cancelled: usize,
}

impl Soak {
    pub fn start(worker: PathBuf) -> Soak {
        let stop = Arc::new(AtomicBool::new(false));
        let circuit = Arc::new(Circuit::open("ota1").expect("OTA1 is bundled"));
        let model = demo_model(&circuit).expect("OTA1's model is bundled");
        Soak {
            engine: Awaited::start(Arc::clone(&stop)).expect("threads start"),
            stop,
            model: Arc::new(load(&circuit, &model).expect("it is sound")),
            circuit,
            // replaced after so many designs, so that replacing is soaked as well
            pool: SimulatorConfig { worker, jobs: 2, recycle_after: 40, ..SimulatorConfig::default() },
        }
    }

    /// The `i`th round: a draw, its simulation, and in every second round one of both that is cancelled.
    pub fn round(&self, i: u64, done: &mut Done) {
        let set = self.engine.sample(self.draw(i, 8)).expect("it is not cancelled");
        done.drawn += set.candidates.len();
        let sizings: Vec<Sizing> = set.candidates.iter().take(4).map(|c| c.sizing.clone()).collect();
        let measured = self.measure(sizings.clone());
        assert_eq!(measured, sizings.len(), "round {i}");
        done.measured += measured;
        if i % 2 == 1 {
            let drawn = self.stopped_after(Duration::from_millis(i % 8), || {
                self.engine.sample(self.draw(i, 4000)).is_ok()
            });
            let many: Vec<Sizing> = sizings.iter().cycle().take(200).cloned().collect();
            let measured = self.stopped_after(Duration::from_millis(i % 16), || self.measure(many));
            done.cancelled += usize::from(!drawn) + usize::from(measured < 200);
        }
    }

    fn draw(&self, seed: u64, count: usize) -> SampleJob {
        SampleJob {
            circuit: Arc::clone(&self.circuit),
            model: Arc::clone(&self.model),
            specification: self.circuit.specifications[0].specification.clone(),
            region: Region::default(),
            settings: DrawSettings::of(&self.model),
            count,
            ranking: Ranking::Raw,
            as_drawn: false,
            seed,
            device: DeviceChoice::Cpu,
        }
    }

    /// How many were measured, or failed for a reason of their own.
    fn measure(&self, sizings: Vec<Sizing>) -> usize {
        let measured = self.engine.simulate(&self.circuit, sizings, self.pool.clone(), &mut |_| ());
        measured.expect("ngspice is installed").outcomes.iter().flatten().count()
    }

    /// Does the work and asks it to stop a while after it began.
    fn stopped_after<T>(&self, pause: Duration, work: impl FnOnce() -> T) -> T {
        let done = AtomicBool::new(false);
        let answer = std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(pause);
                if !done.load(Ordering::Relaxed) {
                    self.stop.store(true, Ordering::Relaxed);
                }
            });
            let answer = work();
            done.store(true, Ordering::Relaxed);
            answer
        });
        self.stop.store(false, Ordering::Relaxed);
        answer
    }
}
