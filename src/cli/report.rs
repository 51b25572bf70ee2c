//! `sizewright report`: the paper's tables, rebuilt.

use super::jobs;
use super::progress::Progress;
use super::{CliError, output::check_target, trust};
use crate::engine::{DeviceChoice, Preset};
use crate::report::{self, Plan, Table, Told};
use clap::Args;
use std::path::PathBuf;

#[derive(Args)]
pub(super) struct Arguments {
    /// table1: rows and training times; table2: the designs of each system at the paper's targets; generalisation:
    /// targets of held-out designs
    table: Table,
    /// Bundled circuits or folders, separated by commas
    #[arg(long, value_name = "CIRCUITS", value_delimiter = ',', default_value = "ota1,ota2,ota3,ota4")]
    circuits: Vec<String>,
    /// quick, what works best in minutes; or paper, each system as published as far as that is stated
    #[arg(long, value_name = "NAME", default_value = "quick")]
    preset: Preset,
    /// Epochs of every training instead of the preset's; the report says so
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// A shortened form, done in minutes: a tenth of the trainings that no bundled model saves, few unseen targets.
    /// The report says so
    #[arg(long)]
    quick: bool,
    /// Sizings drawn at a target
    #[arg(long, value_name = "N", default_value_t = 100)]
    count: usize,
    /// Unseen targets a circuit, at most
    #[arg(long, value_name = "N", default_value_t = 20)]
    targets: usize,
    /// The seed of trainings, draws and searches
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// auto, cpu or gpu
    #[arg(long, value_name = "NAME", default_value = "auto")]
    backend: DeviceChoice,
    /// The report's folder: what is done is kept there, and the same command goes on
    #[arg(long, value_name = "DIR", default_value = "report")]
    out: PathBuf,
}

impl Arguments {
    /// Names or folders.
    pub(super) fn circuits(&self) -> &[String] {
        &self.circuits
    }

    /// Whether ngspice is asked.
    pub(super) fn simulates(&self) -> bool {
        self.table != Table::One
    }
}

pub(super) fn run(a: &Arguments) -> Result<(), CliError> {
    let plan = Plan {
        circuits: a.circuits.clone(),
        preset: a.preset,
        epochs: a.epochs,
        quick: a.quick,
        seed: a.seed,
        device: a.backend,
        count: a.count,
        targets: a.targets,
        ..Plan::new(a.table, a.out.clone())
    };
    plan.check().map_err(CliError::usage)?;
    for name in &plan.circuits {
        trust::open(name)?;
    }
    std::fs::create_dir_all(&plan.out)
        .map_err(|e| CliError::usage(format!("--out {}: {e}", plan.out.display())))?;
    check_target(Some(&plan.out.join("report.md")))?;
    let jobs = jobs::start()?;
    let mut bar: Option<Progress> = None;
    let mut what = String::new();
    let made = report::make(&plan, &jobs, &mut |told| match told {
        Told::Begins(next) => {
            if let Some(bar) = bar.take() {
                bar.finish();
            }
            eprintln!("{next}");
            what = next;
        }
        Told::Part(part) => {
            let bar = bar.get_or_insert_with(|| Progress::new(&format!("% of {what}"), 100));
            bar.set((part * 100.0) as u64, "");
        }
        Told::Done(done) => {
            if let Some(bar) = bar.take() {
                bar.finish();
            }
            eprintln!("{done}");
        }
    })?;
    print!("{}", made.markdown);
    eprintln!("written to {}", made.file.display());
    Ok(())
}
