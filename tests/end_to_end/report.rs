//! `sizewright report` end to end on a tiny budget: its files, and that what is done is not done again.

use crate::support::{run, stderr, stdout};
use std::path::Path;

fn make(table: &str, out: &Path) -> std::process::Output {
    let out = out.to_str().expect("UTF-8");
    run(&[
        "report",
        table,
        "--circuits",
        "ota1",
        "--quick",
        "--epochs",
        "1",
        "--count",
        "8",
        "--targets",
        "2",
        "--backend",
        "cpu",
        "--out",
        out,
    ])
}

#[test]
fn every_system_has_its_cells_in_all_three_forms_and_a_second_run_measures_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = make("table2", folder.path());
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("A quick form") && text.contains("1 epochs"), "it says what it is: {text}");
    for system in ["DM-Transf.", "DM-MLP", "ANN", "search, evolution", "search, gp-assisted", "paper: search"]
    {
        assert!(text.contains(system), "{system} is missing: {text}");
    }
    let csv = std::fs::read_to_string(folder.path().join("table2-quick.csv")).expect("written");
    let mut rows = csv::Reader::from_reader(csv.as_bytes());
    let rows: Vec<csv::StringRecord> = rows.records().map(|r| r.expect("as wide as its header")).collect();
    // two searches, three systems raw and ranked, four rows of the paper
    assert_eq!(rows.len(), 12);
    for row in rows.iter().filter(|row| &row[1] == "ours" && &row[3] != "search") {
        assert_eq!(&row[10], "8", "eight are drawn: {row:?}");
    }
    let picture = image::open(folder.path().join("table2-quick.png")).expect("a picture").into_rgb8();
    let shades: std::collections::HashSet<[u8; 3]> = picture.pixels().map(|p| p.0).collect();
    assert!(picture.width() > 400 && shades.len() > 10, "{} shades", shades.len());

    let cells = folder.path().join("cells");
    let kept = || -> Vec<(std::ffi::OsString, std::time::SystemTime)> {
        let files = std::fs::read_dir(&cells).expect("cells are kept").flatten();
        let mut found: Vec<_> = files
            .map(|f| (f.file_name(), f.metadata().and_then(|m| m.modified()).expect("a time")))
            .collect();
        found.sort();
        found
    };
    let before = kept();
    assert_eq!(before.len(), 5);
    let again = make("table2", folder.path());
    assert_eq!(stdout(&again), text, "the same report");
    assert_eq!(kept(), before, "nothing was measured again");

    // the trained models serve the other reports
    let output = make("table1", folder.path());
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(!stderr(&output).contains("training"), "{}", stderr(&output));
    assert!(stdout(&output).contains("2024 *2024*"));
    let output = make("generalisation", folder.path());
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(folder.path().join("generalisation-quick.png").is_file());
    let csv = std::fs::read_to_string(folder.path().join("generalisation-quick.csv")).expect("written");
    assert_eq!(csv.lines().count(), 1 + 2 * 3 * 2, "targets × systems × sets: {csv}");
}

#[test]
fn what_cannot_be_reported_is_refused_with_the_remedy() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().to_str().expect("UTF-8");
    let unknown = run(&["report", "table3", "--out", out]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(stderr(&unknown).contains("table1, table2, generalisation"), "{}", stderr(&unknown));
    let none = run(&["report", "table1", "--count", "0", "--out", out]);
    assert_eq!(none.status.code(), Some(2));
    let nowhere = run(&["report", "table1", "--circuits", "nowhere", "--out", out]);
    assert_eq!(nowhere.status.code(), Some(2));
}
