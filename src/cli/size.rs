//! `sizewright size`, the main job: draw, rank, simulate the best, export the best of all.

use super::choice::one_of;
use super::jobs;
use super::output::{check_target, print_beside, write_json, write_text};
use super::reach::{self, OutOfReach};
use super::rounds::{self, Rounds};
use super::{CliError, candidates, drawing, known, region};
use crate::circuit::Specification;
use crate::engine::{Candidate, Diversity, Origin, Ranking, SampleSet, best_first};
use crate::export::{ExportRecord, Format, save};
use crate::files::{check_writable, read_text_bounded};
use clap::Args;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Lines of the table.
const MOST_SHOWN: usize = 10;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    drawing: drawing::DrawingArguments,
    /// Simulate at most this many, the most promising first; where few are feasible, the rest goes to designs that follow
    /// from what was simulated
    #[arg(long, value_name = "K", default_value_t = 100)]
    simulations: usize,
    /// Simulate what was drawn and nothing else
    #[arg(long)]
    one_shot: bool,
    /// A file of specifications, one a line with commas between bounds: each is sized, and --json gets a line each
    #[arg(long, value_name = "FILE", conflicts_with_all = ["spec", "export"])]
    specs: Option<PathBuf>,
    /// Draw this many times as many sizings and deliver those that the performance model is surest of
    #[arg(long, value_name = "TIMES", default_value_t = 4)]
    oversample: usize,
    /// Write the best sizing to this file
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    /// For which tool it is written
    #[arg(
        long,
        value_name = "FORMAT",
        value_parser = one_of::<Format>(),
        default_value = "ngspice",
        requires = "export"
    )]
    format: Format,
    /// Write the sizings as JSON, best first, `-` for stdout
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Arguments {
    /// The circuit's name or folder.
    pub(super) fn circuit(&self) -> &str {
        &self.drawing.target.circuit
    }

    /// Whether ngspice is asked.
    pub(super) fn simulates(&self) -> bool {
        self.simulations > 0
    }
}

/// A larger file is no list of specifications.
const LARGEST_SPECS: u64 = 16 << 20;

pub(super) fn run(a: &Arguments) -> Result<(), CliError> {
    check_target(a.json.as_deref())?;
    if let Some(file) = &a.specs {
        return many(a, file);
    }
    let drawing = a.drawing.open()?;
    if let Some(path) = &a.export {
        check_writable(path).map_err(CliError::usage)?;
    }
    let jobs = jobs::start()?;
    let sized = size(a, &drawing, &jobs)?;
    let text = in_words(a, &drawing, &sized)?;
    print_beside(a.json.as_deref(), &text)?;
    if let Some(target) = &a.json {
        write_json(&sized.in_json(a, &drawing), target)?;
    }
    candidates::verified(&jobs, sized.rounds.as_ref().map(|r| &r.measured), &sized.sizings)?;
    sized.verdict(&drawing)
}

/// What came of one specification.
struct Sized {
    set: Arc<SampleSet>,
    sizings: Vec<Candidate>,
    rounds: Result<Rounds, CliError>,
    /// Where nothing is feasible.
    out_of_reach: Option<OutOfReach>,
}

impl Sized {
    fn in_json(&self, a: &Arguments, drawing: &drawing::DrawTask) -> Value {
        let rounds = self.rounds.as_ref().ok();
        let measured = rounds.map(|r| &r.measured);
        let value = candidates::in_json(drawing, &self.set, &self.sizings, measured, a.drawing.seed);
        let mut value = rounds::with_rounds(value, rounds, &self.sizings);
        let diversity = self.diversity(drawing);
        value["diversity"] = json!({ "different": diversity.clusters, "distance": diversity.distance });
        if let Some(said) = &self.out_of_reach {
            value["reach"] = said.in_json(drawing);
        }
        value
    }

    /// How different the feasible designs are.
    fn diversity(&self, drawing: &drawing::DrawTask) -> Diversity {
        let feasible = self.sizings.iter().filter(|c| c.feasible(&drawing.specification) == Some(true));
        drawing.model.diversity(&drawing.circuit, feasible.map(|c| &c.sizing))
    }

    /// Whether something feasible is delivered, where ngspice was asked.
    fn verdict(&self, drawing: &drawing::DrawTask) -> Result<(), CliError> {
        let asked = self.sizings.iter().any(|c| c.simulated.is_some());
        if asked && candidates::feasible(&drawing.specification, &self.sizings) == 0 {
            return Err(CliError::failed(
                "no sizing meets every bound: allow more with --simulations, try `search`, or loosen the target",
            ));
        }
        Ok(())
    }
}

/// Draws and simulates for one specification; best first.
fn size(a: &Arguments, drawing: &drawing::DrawTask, jobs: &jobs::Jobs) -> Result<Sized, CliError> {
    let set = jobs.sample(drawing.job(Ranking::Oversample(a.oversample))?)?;
    // a circuit that is data alone has nothing to simulate with
    let simulations = if drawing.circuit.is_measured() { a.simulations } else { 0 };
    let mut sizings = known::with_rows(drawing, &set, simulations);
    let count = sizings.len();
    let mut rounds = if a.one_shot {
        rounds::at_once(jobs, drawing, &mut sizings, simulations)
    } else {
        rounds::run(jobs, drawing, &mut sizings, simulations, count, a.drawing.seed)
    };
    best_first(&drawing.circuit, &drawing.specification, &mut sizings);
    let mut out_of_reach = None;
    if let Ok(rounds) = &mut rounds
        && rounds.first_feasible.is_none()
        && !jobs.stopped()
    {
        let left = simulations.saturating_sub(rounds.measured.simulations);
        let (said, used) = reach::judge(jobs, drawing, &sizings, left)?;
        rounds.measured.simulations += used;
        out_of_reach = said;
    }
    // what the rounds added takes the place of the worst
    sizings.truncate(count);
    Ok(Sized { set, sizings, rounds, out_of_reach })
}

/// A specification a line, each with bounds between commas: one line of JSON each.
fn many(a: &Arguments, file: &Path) -> Result<(), CliError> {
    let text = read_text_bounded(file, LARGEST_SPECS)
        .map_err(|e| CliError::usage(format!("{}: cannot be read: {e}", file.display())))?;
    let lines = text.lines().enumerate().map(|(i, line)| (i + 1, line.trim()));
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let bounds =
        |line: &str| -> Vec<String> { line.split(',').map(|bound| bound.trim().to_owned()).collect() };
    let Some((_, first)) = lines.clone().next() else {
        return Err(CliError::usage(format!(
            "{}: there is no specification in it: write one a line, such as gain>=30dB, bw>=1kHz",
            file.display()
        )));
    };
    let drawing = a.drawing.open_for(&bounds(first))?;
    let asked = lines.map(|(number, line)| {
        Specification::parse(&drawing.circuit, &bounds(line))
            .map_err(|e| CliError::usage(format!("{}:{number}: {e}", file.display())))
    });
    let asked = asked.collect::<Result<Vec<Specification>, CliError>>()?;
    let jobs = jobs::start()?;
    let mut lines = String::new();
    let mut met = 0;
    for specification in &asked {
        let drawing = drawing.of(specification.clone());
        let sized = size(a, &drawing, &jobs)?;
        let feasible = candidates::feasible(&drawing.specification, &sized.sizings);
        met += usize::from(feasible > 0);
        let described = specification.describe(&drawing.circuit);
        let of = sized.rounds.as_ref().map_or(0, |r| r.measured.simulations);
        print_beside(
            a.json.as_deref(),
            &format!(
                "{described}: {feasible} feasible of {} delivered, {of} simulated\n",
                sized.sizings.len()
            ),
        )?;
        lines += &format!("{}\n", sized.in_json(a, &drawing));
        if let Err(e) = &sized.rounds {
            return Err(CliError::failed(format!("the sizings are delivered unverified: {e}")));
        }
        if jobs.stopped() {
            break;
        }
    }
    if let Some(target) = &a.json {
        write_text(&lines, target)?;
    }
    if jobs.stopped() {
        return Err(CliError::failed("stopped before all specifications were sized"));
    }
    if met == 0 && a.simulations > 0 {
        return Err(CliError::failed(format!("none of {} specifications is met by a sizing", asked.len())));
    }
    Ok(())
}

fn in_words(a: &Arguments, drawing: &drawing::DrawTask, sized: &Sized) -> Result<String, CliError> {
    let Sized { set, sizings, rounds, out_of_reach } = sized;
    let mut text = candidates::table(drawing, sizings, MOST_SHOWN);
    if let Some(best) = sizings.first() {
        text += &format!("best: {}\n", candidates::parameters(&drawing.circuit, best));
    }
    let held = region::in_words(&drawing.circuit, &set.region);
    let of = |origin: Origin| sizings.iter().filter(|c| c.origin == origin).count();
    let rows = match of(Origin::Row) {
        0 => String::new(),
        n => format!(" and {n} known rows"),
    };
    let proposed = match of(Origin::Proposed) {
        0 => String::new(),
        n => format!(", {n} of them proposed after simulations"),
    };
    text += &format!(
        "best {} of {} drawn{rows} in {:.2} s on {}{proposed}{held}\n",
        sizings.len(),
        set.drawn,
        set.seconds,
        set.device
    );
    if let Ok(rounds) = rounds {
        let feasible = candidates::feasible(&drawing.specification, sizings);
        let (n, first) = (rounds.measured.simulations, rounds.first_feasible);
        let first = first.map(|n| format!(", the first was number {n}")).unwrap_or_default();
        let over = drawing.circuit.judged_in_words();
        let different = match sized.diversity(drawing).clusters {
            clusters if clusters > 1 => format!(", {clusters} of them truly different"),
            _ => String::new(),
        };
        text += &format!(
            "{feasible} of {n} simulated are feasible in ngspice{over}{different}, {:.2} s{first}\n",
            rounds.measured.seconds
        );
    }
    if let Some(said) = out_of_reach {
        text += &said.in_words(drawing);
    }
    if let (Some(path), Some(best)) = (&a.export, sizings.first()) {
        export(a, drawing, best, path)?;
        let who = match best.feasible(&drawing.specification) {
            Some(true) => "feasible in ngspice",
            Some(false) => "NOT feasible in ngspice: no sizing meets every bound",
            None => "unverified",
        };
        text += &format!("the best, {who}, is written to {}\n", path.display());
    }
    Ok(text)
}

fn export(a: &Arguments, drawing: &drawing::DrawTask, best: &Candidate, path: &Path) -> Result<(), CliError> {
    let model = drawing.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let target = Some(&drawing.specification);
    let record = ExportRecord::new(&best.sizing, target, best.word(), Some(model), Some(a.drawing.seed));
    save(&drawing.circuit, &record, a.format, path).map_err(CliError::usage)
}
