//! The report on targets near what a circuit can do, as tables.

use super::chart;
use super::frontier::{Frontier, Kind, Tried};
use super::models::Opened;
use super::output::write_report;
use super::plan::ReportPlan;
use super::sheet::{Block, Cell, Emphasis, Report, Sheet, Value};

/// Below this probability a target is said to be out of reach.
const SAID: f64 = 0.5;

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        n if n % 2 == 1 => Some(values[middle]),
        _ => Some((values[middle - 1] + values[middle]) / 2.0),
    }
}

fn shown(value: Option<f64>) -> Cell {
    value.map_or_else(|| Cell::text("–"), |v| Cell::text(format!("{v}")))
}

fn percent(part: usize, of: usize) -> Cell {
    if of == 0 {
        Cell::text("–")
    } else {
        Cell::ours(Value::Percent((100.0 * part as f64 / of as f64).round()))
    }
}

/// The lines of a circuit.
fn lines(frontier: &Frontier, with_name: &str) -> Vec<Vec<Cell>> {
    let mut lines = Vec::new();
    for (system, tried) in &frontier.systems {
        for kind in Kind::ALL {
            let of: Vec<&Tried> = tried.iter().filter(|t| t.kind == kind).collect();
            if of.is_empty() {
                continue;
            }
            let count = |is: &dyn Fn(&Tried) -> bool| of.iter().filter(|t| is(t)).count();
            let middle =
                |value: &dyn Fn(&Tried) -> Option<f64>| median(of.iter().filter_map(|t| value(t)).collect());
            let one_shot = middle(&|t| Some(t.one_shot as f64));
            let mut line = vec![
                Cell::text(with_name),
                Cell::text(system.title()),
                Cell::text(kind.name()),
                Cell::ours(Value::Count(of.len())),
                shown(middle(&|t| Some(t.raw as f64))),
                percent(count(&|t| t.one_shot > 0), of.len()),
            ];
            line.push(Cell::emphasised(
                Value::Text(one_shot.map_or("–".to_owned(), |v| format!("{v}"))),
                Emphasis::Strong,
            ));
            line.extend([
                shown(middle(&|t| (t.one_shot > 0).then_some(t.clusters as f64))),
                shown(
                    middle(&|t| (t.one_shot > 1).then_some(t.distance)).map(|d| (100.0 * d).round() / 100.0),
                ),
                percent(count(&|t| t.solved), of.len()),
                shown(middle(&|t| t.first.map(|n| n as f64))),
                percent(count(&|t| t.reach.is_some_and(|p| p < SAID)), of.len()),
                percent(count(&|t| t.reach_after.is_some_and(|p| p < SAID)), of.len()),
            ]);
            lines.push(line);
        }
    }
    for kind in [Kind::Hard, Kind::Edge] {
        let of: Vec<_> = frontier.scratch.iter().filter(|s| s.kind == kind).collect();
        if of.is_empty() {
            continue;
        }
        let firsts: Vec<f64> = of.iter().filter_map(|s| s.first).map(|n| n as f64).collect();
        let none = || Cell::text("");
        lines.push(vec![
            Cell::text(with_name),
            Cell::text("search"),
            Cell::text(kind.name()),
            Cell::ours(Value::Count(of.len())),
            none(),
            none(),
            none(),
            none(),
            none(),
            percent(firsts.len(), of.len()),
            shown(median(firsts)),
            none(),
            none(),
        ]);
    }
    lines
}

/// The table, written.
pub(super) fn near(plan: &ReportPlan, circuits: &[(Opened, Frontier)]) -> Result<Report, String> {
    let mut about = plan.heading();
    let said = format!(
        "Each base target is what a random legal design reaches, loosened by 0.02 decades, which 0.02 to 0.3 % of them \
         meet; 3,000 simulations of CMA-ES give its best known margin. Hard targets take 70 % of that, edge \
         targets all but 0.01 decades, those beyond lie 0.05 decades outside the edge. Loose is the base with two bounds \
         opened by a decade, partial the base without these. Of {} sizings all are judged by ngspice; the loop has 100 \
         simulations, search from scratch 300. All systems have the rows of the circuit and those grown at their front, where \
         there are any, the same performance model, aim, lead and ranking. Designs that differ by less than a quarter of a standard deviation of the \
         rows in every coordinate count as one.",
        plan.count
    );
    let said =
        if plan.quick { said + " In this quick form a fourth of all these simulations." } else { said };
    about.push(said.as_str().into());
    let columns = [
        "circuit",
        "system",
        "kind",
        "targets",
        "raw: median",
        "one-shot: solved",
        "median",
        "different",
        "distance",
        "loop: solved",
        "first after: median",
        "said to be out of reach",
        "after the loop",
    ];
    let mut block = Block { columns: columns.map(str::to_owned).to_vec(), ..Block::default() };
    let mut csv =
        "circuit,system,kind,target,raw,one_shot,different,distance,solved,first,reach,reach_after\n"
            .to_owned();
    for (opened, frontier) in circuits {
        block.lines.extend(lines(frontier, &opened.circuit.name));
        for (system, tried) in &frontier.systems {
            for t in tried {
                let number = |value: Option<f64>| value.map(|v| v.to_string()).unwrap_or_default();
                csv += &format!(
                    "{},{},{},\"{}\",{},{},{},{:.3},{},{},{},{}\n",
                    opened.circuit.name,
                    system.name(),
                    t.kind.name(),
                    t.target,
                    t.raw,
                    t.one_shot,
                    t.clusters,
                    t.distance,
                    t.solved,
                    number(t.first.map(|n| n as f64)),
                    number(t.reach),
                    number(t.reach_after),
                );
            }
        }
    }
    let panels: Vec<chart::Panel> = circuits
        .iter()
        .map(|(opened, frontier)| chart::Panel {
            title: opened.circuit.name.clone(),
            lines: frontier
                .systems
                .iter()
                .flat_map(|(system, tried)| {
                    [(Kind::Hard, false), (Kind::Edge, true)].map(|(kind, dashed)| {
                        let of = tried.iter().filter(|t| t.kind == kind);
                        let mut values: Vec<usize> = of.map(|t| t.one_shot).collect();
                        values.sort_unstable();
                        let name = format!("{}, {}", system.title(), kind.name());
                        chart::Line { name, system: *system, dashed, values }
                    })
                })
                .filter(|line| !line.values.is_empty())
                .collect(),
        })
        .collect();
    let sheet = Sheet {
        title: "Targets near what the circuits can do".to_owned(),
        about,
        blocks: vec![block],
        caption: "Feasible sizings delivered without a simulation before".to_owned(),
    };
    write_report(plan, sheet, csv, chart::distributions(&panels, plan.count)?)
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(Vec::new()), None);
    }
}
