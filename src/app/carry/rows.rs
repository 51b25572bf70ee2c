//! Rows made by simulation: what they cost, the making, and the rows on the bench.

use crate::app::core::App;
use crate::app::ids::WindowId;
use crate::app::state::RowsUnderWay;
use crate::app::words::{duration, grouped};
use crate::circuit::Circuit;
use crate::dataset::{self, Counts, MOST_ROWS, Plan};
use crate::engine::{GenerateJob, GeneratedRows, JobId, SimulateJob};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// Designs that are simulated to see how long one takes.
const TRIED: usize = 8;

/// Why rows of a circuit may not be written where its file says.
pub(super) fn unwritable(circuit: &Circuit) -> Option<String> {
    let outside = circuit.outside_of("dataset")?;
    Some(format!(
        "The circuit's rows lie outside its folder ({}), and nothing is written there: name a file of the folder as \
         `dataset` in circuit.ron",
        outside.named
    ))
}

impl App {
    /// Says that a circuit has no rows yet, and how it comes by some.
    pub(in crate::app) fn no_rows(&mut self, circuit: &Circuit) {
        let messages = &mut self.environment.messages;
        let none = format!("{} has no rows yet ({})", circuit.title, circuit.dataset.display());
        if circuit.is_measured() {
            messages.offer(format!("{none}: make rows, Run → Make rows…"), "Make rows…", WindowId::ROWS);
        } else {
            messages.offer(
                format!("{none}: take some from a table, File → Import data…"),
                "Import data…",
                WindowId::IMPORT,
            );
        }
    }

    /// Simulates a few designs, to know how long one takes.
    pub(super) fn time_simulations(&mut self) {
        if self.may_simulate() && self.bench.as_ref().is_some_and(|bench| bench.pace.timing.is_none()) {
            // the first starts the workers
            self.time(1, true);
        }
    }

    fn time(&mut self, designs: usize, first: bool) {
        if let Some(bench) = &mut self.bench {
            let circuit = Arc::clone(&bench.open.circuit);
            let sizings = dataset::random(&circuit, designs, self.forms.rows.seed);
            let pool = self.config.simulator.clone();
            let job = self.engine.simulate(SimulateJob { circuit, sizings, pool });
            bench.pace.timing = Some((job, first));
        }
    }

    /// Takes what a simulation took, where it tells how long a design takes.
    pub(in crate::app) fn timed(&mut self, job: JobId, simulations: usize, seconds: f64) {
        let Some(bench) = &mut self.bench else {
            return;
        };
        let timing = bench.pace.timing.filter(|(timing, _)| *timing == job);
        if timing.is_some() {
            bench.pace.timing = None;
        }
        match timing {
            Some((_, true)) if simulations > 0 => self.time(TRIED, false),
            Some((_, false)) if simulations > 0 => bench.pace.seconds = Some(seconds / simulations as f64),
            _ => {}
        }
    }

    /// Makes rows by the form, after what is there was set aside.
    pub(super) fn make_rows(&mut self) {
        if !self.may_simulate() {
            return;
        }
        let form = self.forms.rows;
        let Some(bench) = self.bench.as_mut().filter(|bench| bench.making.is_none()) else {
            return;
        };
        let circuit = &bench.open.circuit;
        if form.count == 0 || form.count > MOST_ROWS {
            self.environment.messages.error(format!("The number of rows must be from 1 to {MOST_ROWS}"));
            return;
        }
        if let Some(why) = unwritable(circuit) {
            self.environment.messages.error(why);
            return;
        }
        let plan = Plan::of_rows(form.count, form.seed);
        let out = circuit.dataset.clone();
        bench.making = Some(RowsUnderWay {
            job: None,
            plan,
            out: out.clone(),
            most: dataset::most_designs(&plan),
            counts: Counts::default(),
            since: Instant::now(),
            stopping: false,
        });
        self.background.set_aside(out);
    }

    /// Begins the making of rows: what was there is kept, or there was nothing.
    pub(in crate::app) fn rows_set_aside(&mut self, file: &Path, outcome: Result<Option<PathBuf>, String>) {
        let Some(bench) = &mut self.bench else {
            return;
        };
        let Some(making) = bench.making.as_mut().filter(|m| m.job.is_none() && m.out == file) else {
            return; // another circuit was opened meanwhile
        };
        match outcome {
            Ok(_) if making.stopping => bench.making = None,
            Ok(kept) => {
                if let Some(kept) = kept {
                    let name = kept.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    self.environment.messages.record(format!("The rows that were there are kept in {name}"));
                }
                let job = self.engine.generate(GenerateJob {
                    circuit: Arc::clone(&bench.open.circuit),
                    plan: making.plan,
                    pool: self.config.simulator.clone(),
                    out: making.out.clone(),
                });
                (making.job, making.since) = (Some(job), Instant::now());
            }
            Err(why) => {
                bench.making = None;
                self.environment
                    .messages
                    .error(format!("No rows are made: {} cannot be kept ({why})", file.display()));
            }
        }
    }

    pub(super) fn stop_rows(&mut self) {
        if let Some(making) = self.bench.as_mut().and_then(|bench| bench.making.as_mut()) {
            making.stopping = true;
            if let Some(job) = making.job {
                self.engine.cancel(job);
            }
        }
    }

    pub(in crate::app) fn making_goes_on(&mut self, job: JobId, counts: Counts) {
        let making = self.bench.as_mut().and_then(|bench| bench.making.as_mut());
        if let Some(making) = making.filter(|making| making.job == Some(job)) {
            making.counts = counts;
        }
    }

    /// Puts the rows that were made on the bench, as the file has them.
    pub(in crate::app) fn rows_made(&mut self, job: JobId, made: &GeneratedRows, stopped: bool) {
        let Some(bench) = &mut self.bench else {
            return;
        };
        let Some(making) = bench.making.take_if(|making| making.job == Some(job)) else {
            return;
        };
        self.forms.rows.replace = false;
        let (rows, asked) = (made.dataset.rows.len(), making.plan.rows);
        let seconds = making.since.elapsed().as_secs_f64();
        if making.counts.simulated > 0 && made.recalled == 0 {
            bench.pace.seconds = Some(seconds / making.counts.simulated as f64);
        }
        if rows == 0 {
            let why = if stopped { "stopped before there were any" } else { "no design was legal" };
            self.environment.messages.error(format!("No rows were made: {why}"));
            return;
        }
        let how = if stopped { "stopped: the same number and seed go on from here" } else { "done" };
        self.environment.messages.record(format!(
            "{} of {} rows made in {}, {how}",
            grouped(rows),
            grouped(asked),
            duration(seconds)
        ));
        self.background.read_rows(Arc::clone(&bench.open.circuit), making.out);
    }
}
