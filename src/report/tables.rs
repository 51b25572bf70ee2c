//! Table I and Table II as Markdown, CSV and picture, beside what the paper measured.

use super::cell::{Best, Searched, Trained};
use super::chart;
use super::models::Opened;
use super::paper::{PaperCircuit, PaperRow};
use super::plan::Plan;
use super::sheet::{Block, Cell, Report, Sheet};
use super::write_report;
use crate::circuit::{Circuit, format_quantity};
use crate::engine::{System, ngspice_version};

/// A circuit of Table II.
pub(super) struct Row {
    pub circuit: Opened,
    pub searched: Vec<Searched>,
    pub trained: Vec<Trained>,
}

const PAPER: &str = "In *italics* what the paper measured: its own circuits of the same kind in TSMC 65 nm, an RTX \
                     4060 Ti, 100 samples a target. Ours are rebuilt on an open 65 nm-class model card.";

/// Seconds or minutes, to two or three figures.
fn time(seconds: f64) -> String {
    match seconds {
        s if s < 10.0 => format!("{s:.2} s"),
        s if s < 120.0 => format!("{s:.0} s"),
        s => format!("{:.1} min", s / 60.0),
    }
}

/// The processor and the number of threads, or just the latter.
fn machine() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        text.lines().find_map(|l| l.strip_prefix("model name")?.split_once(':').map(|(_, v)| v.trim()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{}, {threads} threads", model.unwrap_or(std::env::consts::ARCH))
}

/// How the report was made, and by what.
fn made_by(plan: &Plan) -> Vec<String> {
    let simulator = ngspice_version(&plan.simulator).unwrap_or_else(|_| "ngspice".to_owned());
    let mut about = plan.heading();
    about.push(format!("Machine: {}; judge: {simulator}.", machine()));
    about.push(PAPER.to_owned());
    about
}

fn system(cell: &Trained) -> System {
    cell.system.parse().unwrap_or(System::DmTransformer)
}

/// Writes a circuit's cell of a line of Table I.
type Write<'a> = &'a dyn Fn(&Opened, &[Trained], Option<&PaperCircuit>) -> Cell;

/// Table I.
pub(super) fn table_one(plan: &Plan, circuits: &[(Opened, Vec<Trained>)]) -> Result<Report, String> {
    let names = circuits.iter().map(|(c, _)| c.circuit.name.clone());
    let mut block =
        Block { columns: std::iter::once(String::new()).chain(names).collect(), ..Block::default() };
    let mut line = |title: &str, cell: Write| {
        let cells = circuits.iter().map(|(c, t)| cell(c, t, PaperCircuit::of(&c.circuit.name)));
        block.lines.push(std::iter::once(Cell::ours(title)).chain(cells).collect());
    };
    let both = |ours: String, paper: Option<String>| Cell { ours, paper: paper.unwrap_or_default() };
    line("design parameters", &|c, _, p| {
        both(c.circuit.parameters.len().to_string(), p.map(|p| p.parameters.to_string()))
    });
    line("dataset rows", &|c, _, p| both(c.rows.rows.len().to_string(), p.map(|p| p.rows.to_string())));
    for (place, system) in System::ALL.iter().enumerate() {
        line(&format!("{}: network", system.title()), &|_, t, _| Cell::ours(&t[place].sizes));
        line(&format!("{}: weights", system.title()), &|_, t, _| Cell::ours(t[place].weights.to_string()));
        line(&format!("{}: training", system.title()), &|_, t, p| {
            both(time(t[place].train_s), p.map(|p| format!("{} min", p.minutes(*system))))
        });
    }
    if plan.ranks() {
        line("performance model: training", &|_, t, _| Cell::ours(time(t[0].performance_s)));
    }
    let mut csv =
        "circuit,parameters,rows,system,network,weights,steps,training_s,performance_model_s,device,\
                   paper_training_min\n"
            .to_owned();
    for (c, cells) in circuits {
        let paper = PaperCircuit::of(&c.circuit.name);
        for cell in cells {
            let minutes = paper.map_or(String::new(), |p| p.minutes(system(cell)).to_string());
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
        bars: t.iter().map(|cell| (system(cell), cell.train_s / 60.0, time(cell.train_s))).collect(),
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

/// A design's metrics, each in its unit.
fn metrics(circuit: &Circuit, best: Option<&Best>) -> Vec<Cell> {
    match best {
        Some(best) => {
            let one = |(m, v): (&crate::circuit::Metric, &f64)| Cell::ours(format_quantity(*v, m.unit, 3));
            circuit.metrics.iter().zip(&best.metrics).map(one).collect()
        }
        None => vec![Cell::ours("–"); circuit.metrics.len()],
    }
}

/// The lines of Table II in both forms.
#[derive(Default)]
struct Lines {
    block: Block,
    csv: String,
}

impl Lines {
    #[allow(clippy::too_many_arguments)]
    fn add(
        &mut self,
        circuit: &Circuit,
        system: &str,
        set: &str,
        best: Option<&Best>,
        feasible: Option<(usize, usize)>,
        seconds: f64,
        simulations: usize,
        note: &str,
    ) {
        let share = feasible.map_or(String::new(), |(n, of)| format!("{n} of {of}"));
        let mark = if best.is_some_and(|b| b.feasible) { "" } else { " (misses)" };
        let mut line = vec![Cell::ours(format!("{system}{mark}"))];
        line.extend(metrics(circuit, best));
        line.extend([share, format!("{}{note}", time(seconds)), simulations.to_string()].map(Cell::ours));
        self.block.lines.push(line);
        let values = (0..circuit.metrics.len())
            .map(|m| best.map_or(String::new(), |b| format!("{:e}", b.metrics[m])))
            .collect::<Vec<_>>();
        self.csv += &format!(
            "{},ours,\"{system}\",{set},{},{},{},{},{seconds:.3},{simulations}\n",
            circuit.name,
            values.join(","),
            best.is_some_and(|b| b.feasible),
            feasible.map_or(String::new(), |(n, _)| n.to_string()),
            feasible.map_or(String::new(), |(_, of)| of.to_string()),
        );
    }

    fn add_paper(&mut self, circuit: &Circuit, system: &str, row: PaperRow) {
        let [power, noise, gain, bandwidth] = row.metrics;
        let share = row.feasible.map_or(String::new(), |p| format!("{p} %"));
        let line = [
            format!("paper: {system}"),
            format!("{power} nW"),
            format!("{noise} µV"),
            format!("{gain} dB"),
            format!("{bandwidth} kHz"),
            share,
            row.time.to_owned(),
            String::new(),
        ];
        self.block.lines.push(line.map(Cell::paper).to_vec());
        let feasible = row.feasible.map_or(String::new(), |p| p.to_string());
        let of = if row.feasible.is_some() { "100" } else { "" };
        self.csv += &format!(
            "{},paper,\"{system}\",raw,{:e},{:e},{gain},{:e},,{feasible},{of},\"{}\",\n",
            circuit.name,
            power * 1e-9,
            noise * 1e-6,
            bandwidth * 1e3,
            row.time
        );
    }
}

/// Table II.
pub(super) fn table_two(plan: &Plan, circuits: &[Row]) -> Result<Report, String> {
    let mut lines = Lines::default();
    let mut blocks = Vec::new();
    for row in circuits {
        let circuit = &*row.circuit.circuit;
        let paper = PaperCircuit::of(&circuit.name);
        let target =
            circuit.specifications.first().map_or(String::new(), |n| n.specification.describe(circuit));
        let mut columns = vec![String::new()];
        columns.extend(circuit.metrics.iter().map(|m| m.name.clone()));
        columns.extend(["feasible", "time", "simulations"].map(str::to_owned));
        lines.block = Block { title: circuit.name.clone(), about: target, columns, lines: Vec::new() };
        for cell in &row.searched {
            let note = match cell.first_feasible {
                Some(_) => "",
                None => ", nothing feasible",
            };
            let (name, simulations) = (format!("search, {}", cell.strategy), cell.simulations);
            lines.add(circuit, &name, "search", Some(&cell.best), None, cell.seconds, simulations, note);
        }
        if let Some(paper) = paper {
            lines.add_paper(circuit, "search", paper.searched());
        }
        for cell in &row.trained {
            let system = system(cell);
            let sets = [("raw", Some(&cell.raw)), ("ranked", cell.ranked.as_ref())];
            for (set, drawn) in sets {
                let Some(drawn) = drawn else { continue };
                let name = match set {
                    "raw" => system.title().to_owned(),
                    _ => format!("{}, best {} of {}", system.title(), drawn.delivered, drawn.drawn),
                };
                let feasible = Some((drawn.feasible, drawn.delivered));
                lines.add(circuit, &name, set, drawn.best.as_ref(), feasible, drawn.seconds, 0, "");
            }
            if let Some(paper) = paper {
                lines.add_paper(circuit, system.title(), paper.row(system));
            }
        }
        blocks.push(std::mem::take(&mut lines.block));
    }
    let mut about = made_by(plan);
    about.push(format!(
        "The metrics are those of a set's best design in ngspice: the feasible one with the largest worst margin \
         or, where none is, the closest. Time is to draw {} sizings, ranking included, or to search up to the first feasible design; simulations \
         are those needed to find them, not those of the judge.",
        plan.count
    ));
    let metrics: Vec<String> = circuits
        .first()
        .map(|row| {
            row.circuit.circuit.metrics.iter().map(|m| format!("{} [{}]", m.name, m.unit.symbol())).collect()
        })
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
