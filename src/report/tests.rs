//! Unseen targets: reachable, and reached by no training row; and the tables in `docs`: what their kept cells give.

use super::generalisation::generalisation;
use super::measured::{Searched, Trained, Unseen};
use super::models::Opened;
use super::paper::Paper;
use super::plan::{ReportPlan, Table};
use super::sheet::Report;
use super::tables::{TableCircuit, table_one, table_two};
use super::targets::unseen;
use crate::circuit::Circuit;
use crate::dataset::{self, Split};
use crate::engine::{Preset, System};
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[test]
fn targets_are_met_by_a_held_out_design_and_by_no_training_row() {
    let circuit = Arc::new(Circuit::open("ota1").expect("OTA1 is bundled"));
    let rows = Arc::new(dataset::read(&circuit, &circuit.dataset).expect("sound").dataset);
    let opened = Opened { circuit, rows, paper: None };
    let targets = unseen(&opened, 0.1, 1, 12);
    assert!((4..=12).contains(&targets.len()), "{} targets", targets.len());
    let split = Split::new(&opened.rows.rows, 0.1, 1);
    for target in &targets {
        assert_eq!(target.bounds.len(), 4);
        assert!(split.held_out.iter().any(|row| target.met_by(&row.performance)));
        assert!(!split.training.iter().any(|row| target.met_by(&row.performance)));
    }
    assert_eq!(unseen(&opened, 0.1, 1, 12), targets, "the same for a seed");
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tables")
}

fn opened(name: &str) -> Opened {
    let circuit = Circuit::open(name).expect("bundled");
    let rows = dataset::read(&circuit, &circuit.dataset).expect("sound").dataset;
    let paper = Paper::of(&circuit).expect("sound").map(Arc::new);
    Opened { circuit: Arc::new(circuit), rows: Arc::new(rows), paper }
}

/// A cell that is kept in `docs`.
fn kept<T: DeserializeOwned>(stem: &str) -> T {
    let path = docs().join("cells").join(format!("{stem}.json"));
    let text = std::fs::read_to_string(path).expect("it is kept");
    let kept: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    serde_json::from_value(kept["content"].clone()).expect("a cell")
}

/// The figures of a report are those in `docs`, in both forms.
fn same(report: &Report) {
    let name = report.file.file_stem().expect("a name").to_string_lossy().into_owned();
    let in_docs = |extension: &str| {
        std::fs::read_to_string(docs().join(format!("{name}.{extension}"))).expect("it is in docs")
    };
    let lines = |text: &str| -> Vec<String> {
        let rows = text.lines().filter(|line| line.starts_with(['|', '#']));
        rows.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    };
    // a number of a kept cell may be read one unit in the last place off
    let near = |ours: &str, docs: &str| match (ours.parse::<f64>(), docs.parse::<f64>()) {
        (Ok(a), Ok(b)) => (a - b).abs() <= 1e-14 * b.abs(),
        _ => ours == docs,
    };
    let csv = in_docs("csv");
    let (ours, docs) = (report.csv.split([',', '\n']), csv.split([',', '\n']));
    assert_eq!(ours.clone().count(), docs.clone().count(), "{name}");
    assert!(ours.zip(docs).all(|(a, b)| near(a, b)), "{name}: {}", report.csv);
    // what stands there was written when the time of a search was said in more words
    let words = in_docs("md").replace(" to the first feasible", "");
    assert_eq!(lines(&report.markdown), lines(&words), "{name}");
}

#[test]
fn the_tables_in_docs_are_what_their_cells_and_the_circuits_folders_give() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuits = ["ota1", "ota2", "ota3", "ota4"].map(opened);
    for preset in Preset::ALL {
        let plan = ReportPlan { preset, ..ReportPlan::new(Table::Two, folder.path().to_owned()) };
        let trained = |c: &Opened| -> Vec<Trained> {
            System::ALL.map(|s| kept(&plan.stem(&c.circuit.name, s.name()))).to_vec()
        };
        let searched = |c: &Opened| -> Vec<Searched> {
            plan.strategies().iter().map(|s| kept(&format!("{}-{}", c.circuit.name, s.name()))).collect()
        };
        let row =
            |c: &Opened| TableCircuit { circuit: c.clone(), searched: searched(c), trained: trained(c) };
        same(&table_two(&plan, &circuits.iter().map(row).collect::<Vec<_>>()).expect("writable"));
        if preset == Preset::Quick {
            let of: Vec<_> = circuits.iter().map(|c| (c.clone(), trained(c))).collect();
            let plan = ReportPlan { table: Table::One, ..plan };
            same(&table_one(&plan, &of).expect("writable"));
        }
    }
    let plan = ReportPlan::new(Table::Generalisation, folder.path().to_owned());
    let of = |c: &Opened| (c.clone(), kept::<Unseen>(&plan.stem(&c.circuit.name, "unseen")));
    same(&generalisation(&plan, &circuits.iter().map(of).collect::<Vec<_>>()).expect("writable"));
}

#[test]
fn a_circuit_that_the_paper_does_not_have_is_a_column_without_its_figures() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let plan = ReportPlan::new(Table::One, folder.path().to_owned());
    let of = |name: &str, paper: bool| {
        let opened = opened(name);
        let cells = System::ALL.map(|s| kept::<Trained>(&plan.stem(name, s.name()))).to_vec();
        (Opened { paper: opened.paper.filter(|_| paper), ..opened }, cells)
    };
    let report = table_one(&plan, &[of("ota1", true), of("ota2", false)]).expect("writable");
    assert!(report.markdown.contains("| dataset rows | 2024 *2024* | 1744 |"), "{}", report.markdown);
}
