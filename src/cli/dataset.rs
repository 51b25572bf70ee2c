//! `sizewright dataset generate | merge | check`.

use super::output::{print, write_json};
use super::progress::ProgressLine;
use super::{CliError, jobs, trust};
use crate::circuit::Circuit;
use crate::dataset::{self, ColumnMap, Dataset, Plan, Taken};
use crate::engine::{GenerateJob, SimulatorConfig, testbench_hash};
use crate::files::check_writable;
use clap::{Args, Subcommand};
use serde_json::json;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

/// Refused rows shown one by one.
const MOST_SHOWN: usize = 20;

#[derive(Subcommand)]
pub(super) enum DatasetTask {
    /// Simulate designs and keep the legal ones that do not meet the circuit's first specification
    Generate(Generate),
    /// Put shards together; every file must hold the same columns
    Merge(Merge),
    /// Take rows from another tool's table, or from the results of `simulate --json`
    Import(Import),
    /// Read a dataset and say which rows are kept, which are refused and why
    Check(Check),
}

#[derive(Args)]
pub(super) struct Generate {
    /// A bundled circuit or the path of a circuit's folder
    circuit: String,
    /// Rows of the whole dataset
    #[arg(long, required_unless_present = "simulations")]
    rows: Option<usize>,
    /// Simulations to spend: the rows are what they give, or at most `--rows`
    #[arg(long, value_name = "N")]
    simulations: Option<usize>,
    /// Keep every legal design, those too that are left out otherwise: near repeats, and what meets the first specification
    #[arg(long)]
    keep_all: bool,
    /// The seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Simulations at a time; as many as there are cores by default
    #[arg(long)]
    jobs: Option<usize>,
    /// Generate only part I of N, from 1
    #[arg(long, value_name = "I/N")]
    shard: Option<String>,
    /// The CSV file to write
    #[arg(long)]
    out: PathBuf,
}

#[derive(Args)]
pub(super) struct Merge {
    /// The CSV files
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The circuit, where the files' own `# circuit:` line does not name a bundled one
    #[arg(long)]
    circuit: Option<String>,
    /// The CSV file to write
    #[arg(long)]
    out: PathBuf,
}

#[derive(Args)]
pub(super) struct Import {
    /// A bundled circuit or the path of a circuit's folder
    circuit: String,
    /// The table (CSV of any delimiter, decimal form and order), or JSON with `sizings`
    file: PathBuf,
    /// Which column is which parameter or metric, where the names differ: COLUMN=NAME or COLUMN=NAME:UNIT
    #[arg(long = "map", value_name = "COLUMN=NAME[:UNIT]")]
    maps: Vec<String>,
    /// A metric that the table lacks: its rows have a gap there
    #[arg(long = "gap", value_name = "METRIC")]
    gaps: Vec<String>,
    /// The CSV file to write
    #[arg(long)]
    out: PathBuf,
}

#[derive(Args)]
pub(super) struct Check {
    /// A bundled circuit or the path of a circuit's folder
    circuit: String,
    /// The CSV file; the circuit's own dataset by default
    file: Option<PathBuf>,
    /// Write the result as JSON, `-` for stdout
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Generate {
    /// The circuit's name or folder.
    pub(super) fn circuit(&self) -> &str {
        &self.circuit
    }
}

pub(super) fn run(task: &DatasetTask) -> Result<(), CliError> {
    match task {
        DatasetTask::Generate(a) => generate(a),
        DatasetTask::Merge(a) => merge(a),
        DatasetTask::Import(a) => import(a),
        DatasetTask::Check(a) => check(a),
    }
}

fn generate(a: &Generate) -> Result<(), CliError> {
    let circuit = trust::open(&a.circuit)?;
    let shard = a.shard.as_deref().map_or(Ok((0, 1)), parse_shard)?;
    for (what, number) in [("--rows", a.rows), ("--simulations", a.simulations)] {
        if number.is_some_and(|n| n == 0 || n > dataset::MOST_ROWS) {
            return Err(CliError::usage(format!("{what} must be from 1 to {}", dataset::MOST_ROWS)));
        }
    }
    // found out now rather than after the work
    check_writable(&a.out).map_err(CliError::usage)?;
    let plan = match (a.rows, a.simulations) {
        (Some(rows), _) => Plan::of_rows(rows, a.seed),
        (None, most) => Plan::of_simulations(most.unwrap_or(1), a.seed),
    };
    let plan = Plan { simulations: a.simulations, keep_all: a.keep_all, shard, ..plan };
    let mut pool = SimulatorConfig::default();
    if let Some(jobs) = a.jobs {
        pool.jobs = jobs;
    }
    let jobs = jobs::start()?;
    let circuit = Arc::new(circuit);
    say_cost(&jobs, &circuit, &plan, &pool)?;
    let job = GenerateJob { circuit: Arc::clone(&circuit), plan, pool, out: a.out.clone() };
    let mut bar = ProgressLine::new("designs simulated at most", dataset::most_designs(&plan) as u64);
    let made = jobs.generate(job, &mut |counts| {
        bar.set(counts.simulated as u64, &format!("{} legal", counts.legal));
    });
    bar.finish();
    let (made, stopped) = made?;
    if made.recalled > 0 {
        eprintln!("{} designs were measured by an earlier run of this command", made.recalled);
    }
    print(&format!(
        "{} rows{} written to {}\n{}",
        made.dataset.rows.len(),
        with_gaps(&made.dataset),
        a.out.display(),
        met(&circuit, &made.dataset)
    ))?;
    if stopped {
        return Err(CliError::failed(
            "stopped before all rows were there; those that were are written, and the same command goes on",
        ));
    }
    Ok(())
}

/// Says how many rows have gaps besides, where some have.
fn with_gaps(dataset: &Dataset) -> String {
    match dataset.gaps.len() {
        0 => String::new(),
        n => format!(", and {n} with gaps (metrics that could not be measured),"),
    }
}

/// Designs that are simulated to see how long one takes.
const TRIED: usize = 8;

/// Says on the standard error how many simulations the rows may take, and how long that is here.
fn say_cost(
    jobs: &jobs::Jobs,
    circuit: &Arc<Circuit>,
    plan: &Plan,
    pool: &SimulatorConfig,
) -> Result<(), CliError> {
    let tried = dataset::random(circuit, TRIED, plan.seed);
    // the first starts the workers
    jobs.simulate(circuit, tried[..1].to_vec(), pool.clone(), &mut |_| {})?;
    let measured = jobs.simulate(circuit, tried, pool.clone(), &mut |_| {})?;
    let most = dataset::most_designs(plan);
    let seconds = most as f64 * measured.seconds / TRIED as f64;
    let time = match seconds {
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    };
    eprintln!(
        "{} rows are chosen from up to some {most} simulations, more where few designs are legal: about {time} here",
        plan.rows / plan.shard.1.max(1)
    );
    Ok(())
}

fn parse_shard(text: &str) -> Result<(usize, usize), CliError> {
    let number = |text: &str| text.trim().parse::<usize>().ok();
    let parts = text.split_once('/').and_then(|(i, n)| Some((number(i)?, number(n)?)));
    match parts {
        Some((i, n)) if i >= 1 && i <= n => Ok((i - 1, n)),
        _ => Err(CliError::usage(format!("--shard {text}: write I/N with 1 <= I <= N, such as 2/4"))),
    }
}

fn import(a: &Import) -> Result<(), CliError> {
    let circuit = trust::open(&a.circuit)?;
    let maps = a.maps.iter().map(|text| ColumnMap::parse(text));
    let mut maps: Vec<ColumnMap> =
        maps.collect::<Result<_, _>>().map_err(|e| CliError::usage(format!("--map {e}")))?;
    maps.extend(a.gaps.iter().map(|name| ColumnMap::gap(name)));
    check_writable(&a.out).map_err(CliError::usage)?;
    let Taken { imported, dataset, refused } =
        dataset::take(&circuit, &a.file, &maps, &a.out).map_err(CliError::usage)?;
    let names = circuit.parameters.iter().map(|p| &p.name).chain(circuit.metrics.iter().map(|m| &m.name));
    let mut text = String::new();
    for (name, taken) in names.zip(&imported.taken) {
        let Some((column, factor)) = taken else {
            text += &format!("  {name}: no column, a gap in every row\n");
            continue;
        };
        let times = if *factor == 1.0 { String::new() } else { format!(", times {factor:e}") };
        text += &format!("  {name}: column `{column}`{times}\n");
    }
    if !imported.left_out.is_empty() {
        text += &format!("left out: {}\n", imported.left_out.join(", "));
    }
    if imported.unmeasured > 0 {
        text += &format!("{} designs that were not measured are left out\n", imported.unmeasured);
    }
    for refused in refused.iter().take(MOST_SHOWN) {
        text += &format!("refused: {refused}\n");
    }
    if refused.len() > MOST_SHOWN {
        text += &format!("and {} more rows are refused\n", refused.len() - MOST_SHOWN);
    }
    text += &format!("{} rows{} written to {}\n", dataset.rows.len(), with_gaps(&dataset), a.out.display());
    print(&text)
}

fn merge(a: &Merge) -> Result<(), CliError> {
    let name = match &a.circuit {
        Some(name) => name.clone(),
        None => named_circuit(&a.files[0])?,
    };
    let circuit = trust::open(&name)?;
    let mut merged = Dataset::default();
    let mut seen = HashSet::new();
    let mut repeated = 0;
    let mut benches: Vec<String> = Vec::new();
    for file in &a.files {
        let loaded = dataset::read(&circuit, file).map_err(CliError::usage)?;
        if let Some(first) = loaded.refused.first() {
            return Err(CliError::usage(format!(
                "{}: {} rows are refused, the first at {first}; see `sizewright dataset check`",
                file.display(),
                loaded.refused.len()
            )));
        }
        let rows = loaded.dataset.rows.len();
        let from = &loaded.dataset.provenance;
        if let Some(bench) = from.testbench() {
            benches.push(bench.to_owned());
        }
        if merged.provenance.0.is_empty() {
            merged.provenance = from.clone();
            merged.provenance.0.retain(|(key, _)| key != "shard");
        }
        let shard = from.get("shard").map(|s| format!(", shard {s}")).unwrap_or_default();
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        merged.provenance.push("merged from", format!("{name}: {rows} rows{shard}"));
        merged.gaps.extend(loaded.dataset.gaps);
        if from.takes_outside() {
            merged.provenance.take_outside();
        }
        merged.outside.extend(loaded.dataset.outside);
        for row in loaded.dataset.rows {
            if seen.insert(row.sizing.key()) {
                merged.rows.push(row);
            } else {
                repeated += 1;
            }
        }
    }
    benches.dedup();
    if benches.len() > 1 {
        return Err(CliError::usage("the files were measured with different testbenches or model cards"));
    }
    dataset::write(&circuit, &merged, &a.out).map_err(CliError::usage)?;
    print(&format!(
        "{} rows written to {}, {repeated} repeated sizings dropped\n",
        merged.rows.len(),
        a.out.display()
    ))
}

/// The circuit that a file's own provenance names.
fn named_circuit(file: &std::path::Path) -> Result<String, CliError> {
    use std::io::{BufRead, BufReader, Read};
    let opened = std::fs::File::open(file)
        .map_err(|e| CliError::usage(format!("cannot read {}: {e}", file.display())))?;
    let lines = BufReader::new(opened.take(1 << 16)).lines().map_while(Result::ok);
    let found = lines
        .take_while(|line| line.trim_start_matches('\u{feff}').starts_with('#'))
        .find_map(|line| line.split_once("circuit: ").map(|(_, name)| name.trim().to_owned()));
    found.ok_or_else(|| {
        CliError::usage(format!("{} does not say whose rows it holds: add --circuit NAME", file.display()))
    })
}

fn check(a: &Check) -> Result<(), CliError> {
    let circuit = trust::open(&a.circuit)?;
    let file = a.file.as_ref().unwrap_or(&circuit.dataset);
    let loaded = dataset::read(&circuit, file).map_err(CliError::usage)?;
    let (dataset, refused) = (&loaded.dataset, &loaded.refused);
    let testbench = testbench_hash(&circuit);
    let other = testbench.as_ref().ok().and_then(|hash| dataset.provenance.other_testbench(&circuit, hash));
    let stdout_is_json = a.json.as_ref().is_some_and(|f| f.as_os_str() == "-");
    if !stdout_is_json {
        let mut text =
            format!("{}: {} rows kept, {} refused\n", file.display(), dataset.rows.len(), refused.len());
        if !dataset.gaps.is_empty() {
            text +=
                &format!("{} rows more have gaps: metrics that could not be measured\n", dataset.gaps.len());
        }
        if !dataset.outside.is_empty() {
            text += &format!(
                "{} rows more are a little outside the legal ranges: predictions alone learn from them\n",
                dataset.outside.len()
            );
        }
        for error in refused.iter().take(MOST_SHOWN) {
            text += &format!("  {error}\n");
        }
        if refused.len() > MOST_SHOWN {
            text += &format!("  and {} more\n", refused.len() - MOST_SHOWN);
        }
        let repeated = dataset.repeated();
        if repeated > 0 {
            text += &format!("{repeated} rows repeat the sizing of an earlier one\n");
        }
        if let Some(other) = &other {
            text += &format!("{other}\n");
        }
        text += &format!("sha256 {}\n{}", dataset.hash(), met(&circuit, dataset));
        print(&text)?;
    }
    if let Some(target) = &a.json {
        let errors: Vec<_> = refused
            .iter()
            .map(|e| json!({ "line": e.line, "column": e.column, "value": e.value, "problem": e.problem }))
            .collect();
        let specifications: Vec<_> = circuit
            .specifications
            .iter()
            .map(|s| {
                let (each, all) = dataset.met(&s.specification);
                let bounds: serde_json::Map<String, serde_json::Value> = s
                    .specification
                    .bounds
                    .iter()
                    .zip(each)
                    .map(|(b, n)| (circuit.metrics[b.metric].name.clone(), json!(n)))
                    .collect();
                json!({ "name": s.name, "met": bounds, "all": all })
            })
            .collect();
        let value = json!({
            "circuit": circuit.name, "kept": dataset.rows.len(), "gaps": dataset.gaps.len(), "outside": dataset.outside.len(), "refused": errors,
            "repeated": dataset.repeated(), "sha256": dataset.hash(), "specifications": specifications,
            "testbench": {
                "rows": dataset.provenance.testbench(), "circuit": testbench.ok(), "differs": other.is_some(),
            },
        });
        write_json(&value, target)?;
    }
    if refused.is_empty() {
        Ok(())
    } else {
        Err(CliError::usage(format!("{}: {} rows are refused", file.display(), refused.len())))
    }
}

/// How many rows meet each bound of each named specification, in lines.
fn met(circuit: &Circuit, dataset: &Dataset) -> String {
    let mut text = String::new();
    for named in &circuit.specifications {
        let (each, all) = dataset.met(&named.specification);
        let metrics = named.specification.bounds.iter().map(|b| &circuit.metrics[b.metric].name);
        let parts: Vec<String> = metrics.zip(each).map(|(m, n)| format!("{m} {n}")).collect();
        let bounds = named.specification.describe(circuit);
        text += &format!("{} ({bounds}): met by rows: {}; all bounds: {all}\n", named.name, parts.join(", "));
    }
    text
}
