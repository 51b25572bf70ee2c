//! Table I and Table II as Markdown, CSV and picture, beside what the paper measured.

use super::chart;
use super::measured::{Best, Searched, Trained};
use super::models::Opened;
use super::output::write_report;
use super::paper::{Paper, PaperDesign};
use super::plan::ReportPlan;
use super::sheet::{Block, Cell, Emphasis, Paragraph, Report, Sheet, Span, Value, duration};
use crate::circuit::{Circuit, Metric, Scale, column};
use crate::engine::{System, ngspice_version};

/// A circuit of Table II.
pub(super) struct TableCircuit {
    pub circuit: Opened,
    pub searched: Vec<Searched>,
    pub trained: Vec<Trained>,
}

/// Sizings that the paper drew at a target.
const PAPER_COUNT: &str = "100";

/// The processor and the number of threads, or just the latter.
fn machine() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        text.lines().find_map(|l| l.strip_prefix("model name")?.split_once(':').map(|(_, v)| v.trim()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{}, {threads} threads", model.unwrap_or(std::env::consts::ARCH))
}

/// How the report was made, and by what.
fn made_by(plan: &ReportPlan) -> Vec<Paragraph> {
    let simulator = ngspice_version(&plan.simulator).unwrap_or_else(|_| "ngspice".to_owned());
    let mut about = plan.heading();
    about.push(format!("Machine: {}; judge: {simulator}.", machine()).as_str().into());
    about.push(Paragraph(vec![
        Span::Plain("In ".to_owned()),
        Span::Emphasised("italics".to_owned()),
        Span::Plain(
            " what the paper measured: its own circuits of the same kind in TSMC 65 nm, an RTX 4060 Ti, 100 samples \
             a target. Ours are rebuilt on an open 65 nm-class model card."
                .to_owned(),
        ),
    ]));
    about
}

fn system(cell: &Trained) -> System {
    cell.system.parse().unwrap_or(System::DmTransformer)
}

/// Minutes of a system's training in the paper.
fn minutes(paper: Option<&Paper>, system: System) -> Option<f64> {
    paper?.design(system)?.training_min
}

/// A circuit's cell of a line of Table I.
type Write<'a> = &'a dyn Fn(&Opened, &[Trained]) -> Cell;

/// Table I.
pub(super) fn table_one(plan: &ReportPlan, circuits: &[(Opened, Vec<Trained>)]) -> Result<Report, String> {
    let names = circuits.iter().map(|(c, _)| c.circuit.name.clone());
    let mut block =
        Block { columns: std::iter::once(String::new()).chain(names).collect(), ..Block::default() };
    let mut line = |title: &str, cell: Write| {
        let cells = circuits.iter().map(|(c, t)| cell(c, t));
        block.lines.push(std::iter::once(Cell::text(title)).chain(cells).collect());
    };
    let count = |count: usize| Cell::ours(Value::Count(count));
    line("design parameters", &|c, _| {
        count(c.circuit.parameters.len()).beside(c.paper.as_ref().map(|p| Value::Count(p.parameters)))
    });
    line("dataset rows", &|c, _| {
        count(c.rows.rows.len()).beside(c.paper.as_ref().map(|p| Value::Count(p.rows)))
    });
    for (place, system) in System::ALL.into_iter().enumerate() {
        line(&format!("{}: network", system.title()), &|_, t| Cell::text(&t[place].sizes));
        line(&format!("{}: weights", system.title()), &|_, t| count(t[place].weights));
        line(&format!("{}: training", system.title()), &|c, t| {
            let paper = minutes(c.paper.as_deref(), system);
            Cell::ours(Value::Seconds(t[place].train_s)).beside(paper.map(Value::Minutes))
        });
    }
    if plan.ranks() {
        line("performance model: training", &|_, t| Cell::ours(Value::Seconds(t[0].performance_s)));
    }
    let mut csv =
        "circuit,parameters,rows,system,network,weights,steps,training_s,performance_model_s,device,\
                   paper_training_min\n"
            .to_owned();
    for (c, cells) in circuits {
        for cell in cells {
            let minutes = minutes(c.paper.as_deref(), system(cell));
            let minutes = minutes.map_or(String::new(), |minutes| minutes.to_string());
            csv += &format!(
                "{},{},{},{},\"{}\",{},{},{:.1},{:.1},\"{}\",{minutes}\n",
                c.circuit.name,
                c.circuit.parameters.len(),
                c.rows.rows.len(),
                cell.system,
                cell.sizes,
                cell.weights,
                cell.steps,
                cell.train_s,
                cell.performance_s,
                cell.device
            );
        }
    }
    let groups = circuits.iter().map(|(c, t)| chart::Group {
        name: c.circuit.name.clone(),
        bars: t.iter().map(|cell| (system(cell), cell.train_s / 60.0, duration(cell.train_s))).collect(),
    });
    let png = chart::bars("training time in minutes", None, &groups.collect::<Vec<_>>())?;
    let sheet = Sheet {
        title: "Table I: datasets and training times".to_owned(),
        about: made_by(plan),
        blocks: vec![block],
        caption: "Training times".to_owned(),
    };
    write_report(plan, sheet, csv, png)
}

/// A set of sizings, or a search, as a line of Table II.
struct Set<'a> {
    /// The system or the search that made the set, in words.
    title: &'a str,
    /// `search`, `raw` or `ranked`.
    kind: &'static str,
    best: Option<&'a Best>,
    /// Feasible sizings, of how many.
    feasible: Option<(usize, usize)>,
    seconds: f64,
    /// What is remarked of the time; empty for nothing.
    remark: &'static str,
    simulations: usize,
}

/// The lines of Table II in both forms.
#[derive(Default)]
struct Lines {
    block: Block,
    csv: String,
}

impl Lines {
    fn add(&mut self, circuit: &Circuit, set: &Set) {
        let feasible = set.best.is_some_and(|best| best.feasible);
        let emphasis = if feasible { Emphasis::Plain } else { Emphasis::Misses };
        let mut line = vec![Cell::emphasised(Value::Text(set.title.to_owned()), emphasis)];
        line.extend(circuit.metrics.iter().enumerate().map(|(m, metric)| match set.best {
            Some(best) => Cell::ours(Value::Quantity(best.metrics[m], metric.unit, 3)),
            None => Cell::text("–"),
        }));
        line.push(set.feasible.map_or(Cell::default(), |(n, of)| Cell::ours(Value::Share(n, of))));
        line.push(Cell::ours(Value::Seconds(set.seconds)).remarked(set.remark));
        line.push(Cell::ours(Value::Count(set.simulations)));
        self.block.lines.push(line);
        let metric = |m: usize| set.best.map_or(String::new(), |best| format!("{:e}", best.metrics[m]));
        let metrics: Vec<String> = (0..circuit.metrics.len()).map(metric).collect();
        let count = |count: Option<usize>| count.map_or(String::new(), |count| count.to_string());
        self.csv += &format!(
            "{},ours,\"{}\",{},{},{feasible},{},{},{:.3},{}\n",
            circuit.name,
            set.title,
            set.kind,
            metrics.join(","),
            count(set.feasible.map(|(n, _)| n)),
            count(set.feasible.map(|(_, of)| of)),
            set.seconds,
            set.simulations
        );
    }

    fn add_paper(&mut self, circuit: &Circuit, system: &str, design: &PaperDesign) {
        let mut line = vec![Cell::paper(Value::Text(format!("paper: {system}")))];
        let values = || circuit.metrics.iter().zip(&design.metrics);
        line.extend(values().map(|(m, v)| Cell::paper(Value::Quantity(*v, m.unit, 4))));
        line.push(design.feasible.map_or(Cell::default(), |p| Cell::paper(Value::Percent(p))));
        line.extend([Cell::paper(Value::Text(design.time.clone())), Cell::default()]);
        self.block.lines.push(line);
        let number = |(metric, value): (&Metric, &f64)| match metric.scale {
            Scale::Linear => value.to_string(),
            Scale::Log => format!("{value:e}"),
        };
        let metrics: Vec<String> = values().map(number).collect();
        let feasible = design.feasible.map_or(String::new(), |p| p.to_string());
        let of = if design.feasible.is_some() { PAPER_COUNT } else { "" };
        self.csv += &format!(
            "{},paper,\"{system}\",raw,{},,{feasible},{of},\"{}\",\n",
            circuit.name,
            metrics.join(","),
            design.time
        );
    }
}

/// Table II.
pub(super) fn table_two(plan: &ReportPlan, circuits: &[TableCircuit]) -> Result<Report, String> {
    let mut lines = Lines::default();
    let mut blocks = Vec::new();
    for row in circuits {
        let circuit = &*row.circuit.circuit;
        let paper = row.circuit.paper.as_deref();
        let target =
            circuit.specifications.first().map_or(String::new(), |n| n.specification.describe(circuit));
        let mut columns = vec![String::new()];
        columns.extend(circuit.metrics.iter().map(|m| m.name.clone()));
        columns.extend(["feasible", "time", "simulations"].map(str::to_owned));
        lines.block = Block { title: circuit.name.clone(), about: target, columns, lines: Vec::new() };
        for cell in &row.searched {
            let remark = if cell.first_feasible.is_some() { "" } else { ", nothing feasible" };
            let title = format!("search, {}", cell.strategy);
            let set = Set {
                title: &title,
                kind: "search",
                best: Some(&cell.best),
                feasible: None,
                seconds: cell.seconds,
                remark,
                simulations: cell.simulations,
            };
            lines.add(circuit, &set);
        }
        if let Some(design) = paper.and_then(|paper| paper.searched.as_ref()) {
            lines.add_paper(circuit, "search", design);
        }
        for cell in &row.trained {
            let system = system(cell);
            for (kind, drawn) in [("raw", Some(&cell.raw)), ("ranked", cell.ranked.as_ref())] {
                let Some(drawn) = drawn else { continue };
                let title = match kind {
                    "raw" => system.title().to_owned(),
                    _ => format!("{}, best {} of {}", system.title(), drawn.delivered, drawn.drawn),
                };
                let set = Set {
                    title: &title,
                    kind,
                    best: drawn.best.as_ref(),
                    feasible: Some((drawn.feasible, drawn.delivered)),
                    seconds: drawn.seconds,
                    remark: "",
                    simulations: 0,
                };
                lines.add(circuit, &set);
            }
            if let Some(design) = paper.and_then(|paper| paper.design(system)) {
                lines.add_paper(circuit, system.title(), design);
            }
        }
        blocks.push(std::mem::take(&mut lines.block));
    }
    let mut about = made_by(plan);
    let said = format!(
        "The metrics are those of a set's best design in ngspice: the feasible one with the largest worst margin \
         or, where none is, the closest. Time is to draw {} sizings, ranking included, or to search up to the first feasible design; simulations \
         are those needed to find them, not those of the judge.",
        plan.count
    );
    about.push(said.as_str().into());
    let metrics: Vec<String> = circuits
        .first()
        .map(|row| row.circuit.circuit.metrics.iter().map(|m| column(&m.name, m.unit)).collect())
        .unwrap_or_default();
    let csv = format!(
        "circuit,source,system,set,{},best_feasible,feasible,of,time,simulations\n{}",
        metrics.join(","),
        lines.csv
    );
    let groups: Vec<chart::Group> = circuits
        .iter()
        .flat_map(|row| {
            let group = |set: &str, pick: &dyn Fn(&Trained) -> Option<usize>| chart::Group {
                name: format!("{} {set}", row.circuit.circuit.name),
                bars: row
                    .trained
                    .iter()
                    .filter_map(|cell| Some((system(cell), pick(cell)? as f64, pick(cell)?.to_string())))
                    .collect(),
            };
            [
                group("raw", &|cell| Some(cell.raw.feasible)),
                group("ranked", &|cell| cell.ranked.as_ref().map(|d| d.feasible)),
            ]
        })
        .filter(|group| !group.bars.is_empty())
        .collect();
    let png =
        chart::bars(&format!("feasible of {} in ngspice", plan.count), Some(plan.count as f64), &groups)?;
    let sheet = Sheet {
        title: "Table II: sampled designs".to_owned(),
        about,
        blocks,
        caption: "Feasible sizings of each system".to_owned(),
    };
    write_report(plan, sheet, csv, png)
}
