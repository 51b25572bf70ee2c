//! The report on unseen targets: feasible of 100 at each, as a distribution, and the share that is solved.

use super::cell::Work;
use super::chart;
use super::models::Opened;
use super::plan::Plan;
use super::sheet::{Block, Cell, Report, Sheet};
use super::{targets, write_report};
use crate::engine::{Ranking, System, TrainedModel};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What came of one target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Outcome {
    /// The target in words.
    pub target: String,
    /// Feasible of the sizings drawn, by system in the order of [`System::ALL`].
    pub raw: Vec<usize>,
    /// Feasible of the sizings delivered after ranking; empty without ranking.
    pub ranked: Vec<usize>,
}

/// What came of a circuit's targets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Unseen {
    /// Sizings delivered a target.
    pub count: usize,
    /// Each target.
    pub targets: Vec<Outcome>,
}

/// Draws for every unseen target by every system and simulates all of it.
pub(super) fn measure(
    work: &mut Work,
    opened: &Opened,
    models: &[Arc<TrainedModel>],
) -> Result<Unseen, String> {
    // a row held out of one training must be held out of all
    let held_out = models.iter().map(|m| m.recipe.held_out).fold(f64::INFINITY, f64::min);
    let targets = targets::unseen(opened, held_out, work.plan.seed, work.plan.unseen());
    let mut outcomes = Vec::new();
    for (i, target) in targets.iter().enumerate() {
        work.begins(format!("{}: unseen target {} of {}", opened.circuit.name, i + 1, targets.len()));
        let mut outcome =
            Outcome { target: target.describe(&opened.circuit), raw: Vec::new(), ranked: Vec::new() };
        for model in models {
            outcome.raw.push(work.drawn(opened, model, target, Ranking::Raw)?.feasible);
            if work.plan.ranks() {
                let ranking = Ranking::Oversample(work.plan.oversample);
                outcome.ranked.push(work.drawn(opened, model, target, ranking)?.feasible);
            }
        }
        outcomes.push(outcome);
    }
    work.done(format!("{}: {} unseen targets judged", opened.circuit.name, targets.len()));
    Ok(Unseen { count: work.plan.count, targets: outcomes })
}

/// A system's counts at every target, rising.
fn counts(of: &Unseen, system: usize, ranked: bool) -> Vec<usize> {
    let pick = |o: &Outcome| if ranked { o.ranked.get(system) } else { o.raw.get(system) }.copied();
    let mut counts: Vec<usize> = of.targets.iter().filter_map(pick).collect();
    counts.sort_unstable();
    counts
}

fn quantile(sorted: &[usize], part: f64) -> usize {
    let last = sorted.len().saturating_sub(1);
    sorted.get((part * last as f64).round() as usize).copied().unwrap_or(0)
}

/// Writes Markdown, CSV and picture.
pub(super) fn write_all(plan: &Plan, circuits: &[(Opened, Unseen)]) -> Result<Report, String> {
    let mut about = plan.heading();
    about.push(format!(
        "Each target is what a design held out of every training reaches, and no training row meets it. {} sizings \
         a target and system, all judged by ngspice. A target is solved where at least one of them is feasible.",
        plan.count
    ));
    let columns = [
        "circuit",
        "targets",
        "system",
        "set",
        "solved",
        "feasible: lowest",
        "quarter",
        "median",
        "quarter",
        "highest",
    ];
    let mut block = Block { columns: columns.map(str::to_owned).to_vec(), ..Block::default() };
    let mut csv = "circuit,target,system,set,feasible,of\n".to_owned();
    for (opened, unseen) in circuits {
        for (place, system) in System::ALL.iter().enumerate() {
            for ranked in [false, true] {
                let counts = counts(unseen, place, ranked);
                if counts.is_empty() {
                    continue;
                }
                let solved = counts.iter().filter(|&&n| n > 0).count();
                let set = if ranked { "ranked" } else { "raw" };
                let [low, first, middle, third, high] =
                    [0.0, 0.25, 0.5, 0.75, 1.0].map(|part| quantile(&counts, part));
                let line = [
                    opened.circuit.name.clone(),
                    counts.len().to_string(),
                    system.title().to_owned(),
                    set.to_owned(),
                    format!("{:.0} %", 100.0 * solved as f64 / counts.len() as f64),
                    low.to_string(),
                    first.to_string(),
                    format!("**{middle}**"),
                    third.to_string(),
                    high.to_string(),
                ];
                block.lines.push(line.map(Cell::ours).to_vec());
            }
        }
        for outcome in &unseen.targets {
            for (place, system) in System::ALL.iter().enumerate() {
                for (set, list) in [("raw", &outcome.raw), ("ranked", &outcome.ranked)] {
                    if let Some(feasible) = list.get(place) {
                        let (name, target) = (&opened.circuit.name, &outcome.target);
                        csv += &format!(
                            "{name},\"{target}\",{},{set},{feasible},{}\n",
                            system.name(),
                            unseen.count
                        );
                    }
                }
            }
        }
    }
    let panels: Vec<chart::Panel> = circuits
        .iter()
        .map(|(opened, unseen)| chart::Panel {
            title: opened.circuit.name.clone(),
            lines: System::ALL
                .iter()
                .enumerate()
                .flat_map(|(place, system)| {
                    [false, true].map(|ranked| chart::Line {
                        name: format!("{}, {}", system.title(), if ranked { "ranked" } else { "raw" }),
                        system: *system,
                        dashed: !ranked,
                        values: counts(unseen, place, ranked),
                    })
                })
                .filter(|line| !line.values.is_empty())
                .collect(),
        })
        .collect();
    let sheet = Sheet {
        title: "Unseen targets".to_owned(),
        about,
        blocks: vec![block],
        caption: "Feasible sizings at unseen targets".to_owned(),
    };
    write_report(plan, sheet, csv, chart::distributions(&panels, plan.count)?)
}
