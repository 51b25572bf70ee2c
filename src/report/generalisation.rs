//! The report on unseen targets: feasible of 100 at each, as a distribution, and the share that is solved.

use super::chart;
use super::measured::{Unseen, UnseenTarget};
use super::models::Opened;
use super::output::write_report;
use super::plan::ReportPlan;
use super::sheet::{Block, Cell, Emphasis, Report, Sheet, Value};
use crate::engine::System;

/// A system's counts at every target, rising.
fn counts(of: &Unseen, system: usize, ranked: bool) -> Vec<usize> {
    let pick = |o: &UnseenTarget| if ranked { o.ranked.get(system) } else { o.raw.get(system) }.copied();
    let mut counts: Vec<usize> = of.targets.iter().filter_map(pick).collect();
    counts.sort_unstable();
    counts
}

fn quantile(sorted: &[usize], part: f64) -> usize {
    let last = sorted.len().saturating_sub(1);
    sorted.get((part * last as f64).round() as usize).copied().unwrap_or(0)
}

/// The table of unseen targets, written.
pub(super) fn generalisation(plan: &ReportPlan, circuits: &[(Opened, Unseen)]) -> Result<Report, String> {
    let mut about = plan.heading();
    let said = format!(
        "Each target is what a design held out of every training reaches, and no training row meets it. {} sizings \
         a target and system, all judged by ngspice. A target is solved where at least one of them is feasible.",
        plan.count
    );
    about.push(said.as_str().into());
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
                let share = 100.0 * solved as f64 / counts.len() as f64;
                let mut line = vec![
                    Cell::text(&opened.circuit.name),
                    Cell::ours(Value::Count(counts.len())),
                    Cell::text(system.title()),
                    Cell::text(set),
                    Cell::ours(Value::Percent(share.round_ties_even())),
                ];
                line.extend([low, first].map(Value::Count).map(Cell::ours));
                line.push(Cell::emphasised(Value::Count(middle), Emphasis::Strong));
                line.extend([third, high].map(Value::Count).map(Cell::ours));
                block.lines.push(line);
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
