//! `sizewright report`: the paper's tables, rebuilt.

use super::choice::{explained, one_of};
use super::jobs;
use super::progress::ProgressLine;
use super::{CliError, output::check_target, trust};
use crate::engine::{DeviceChoice, Preset};
use crate::report::{self, ReportPlan, Table, Told, circuits_of_the_paper};
use clap::Args;
use std::path::PathBuf;

#[derive(Args)]
pub(super) struct Arguments {
    #[arg(
        value_parser = one_of::<Table>(),
        hide_possible_values = true,
        help = explained("Which report", |t: Table| t.about().to_owned())
    )]
    table: Table,
    /// Bundled circuits or folders, separated by commas; all bundled ones by default
    #[arg(long, value_name = "CIRCUITS", value_delimiter = ',')]
    circuits: Option<Vec<String>>,
    #[arg(
        long,
        value_name = "NAME",
        value_parser = one_of::<Preset>(),
        default_value = "quick",
        hide_possible_values = true,
        help = explained("Which recipes", |p: Preset| p.about().to_owned())
    )]
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
    /// Where networks are computed; auto takes a real GPU if there is one
    #[arg(long, value_name = "NAME", value_parser = one_of::<DeviceChoice>(), default_value = "auto")]
    backend: DeviceChoice,
    /// The report's folder: what is done is kept there, and the same command goes on
    #[arg(long, value_name = "DIR", default_value = "report")]
    out: PathBuf,
}

impl Arguments {
    /// Names or folders.
    pub(super) fn circuits(&self) -> Vec<String> {
        self.circuits.clone().unwrap_or_else(circuits_of_the_paper)
    }

    /// Whether ngspice is asked.
    pub(super) fn simulates(&self) -> bool {
        self.table != Table::One
    }
}

pub(super) fn run(a: &Arguments) -> Result<(), CliError> {
    let plan = ReportPlan {
        circuits: a.circuits(),
        preset: a.preset,
        epochs: a.epochs,
        quick: a.quick,
        seed: a.seed,
        device: a.backend,
        count: a.count,
        targets: a.targets,
        ..ReportPlan::new(a.table, a.out.clone())
    };
    plan.check().map_err(CliError::usage)?;
    for name in &plan.circuits {
        trust::open(name)?;
    }
    std::fs::create_dir_all(&plan.out)
        .map_err(|e| CliError::usage(format!("--out {}: {e}", plan.out.display())))?;
    check_target(Some(&plan.out.join("report.md")))?;
    let jobs = jobs::start()?;
    let mut bar: Option<ProgressLine> = None;
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
            let bar = bar.get_or_insert_with(|| ProgressLine::new(&format!("% of {what}"), 100));
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
