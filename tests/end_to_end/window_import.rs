//! Rows from another tool's table in the window: read, mapped, taken, on the bench.

use crate::support::ota1;
use crate::window::{Window, click, errors, opened, wait};
use egui_kittest::kittest::Queryable;
use sizewright::app::{Command, WindowId};
use sizewright::dataset;
use std::path::Path;

/// OTA1 without rows in a folder of its own, and rows of it in a foreign form: one name and one order differ.
fn folder_with_table(folder: &Path) -> std::path::PathBuf {
    let own = ota1();
    let here = folder.join("ota1");
    std::fs::create_dir(&here).expect("writable");
    for entry in std::fs::read_dir(&own.folder).expect("bundled") {
        let entry = entry.expect("readable");
        let name = entry.file_name();
        if name != "samples.csv" && entry.path().is_file() {
            std::fs::copy(entry.path(), here.join(&name)).expect("writable");
        }
    }
    let rows = dataset::read(&own, &own.dataset).expect("bundled").dataset.rows;
    let names: Vec<&str> = own.parameters.iter().map(|p| p.name.as_str()).collect();
    let metrics: Vec<&str> = own.metrics.iter().map(|m| m.name.as_str()).collect();
    let mut text = format!("note;{};{}\n", metrics.join(";").replace("bw", "f3db"), names.join(";"));
    for row in &rows[..40] {
        let cells: Vec<String> =
            row.performance.0.iter().chain(&row.sizing.0).map(|v| format!("{v:e}")).collect();
        text += &format!("mine;{}\n", cells.join(";").replace('.', ","));
    }
    let table = folder.join("table.csv");
    std::fs::write(&table, text).expect("writable");
    table
}

fn open_import(window: &mut Window, table: &Path) {
    let ctx = window.ctx.clone();
    window.state_mut().run(Command::ImportData, &ctx);
    window.state_mut().forms_mut().import.path = table.display().to_string();
    window.run_steps(6);
    click(window, "Read table");
    wait(window, "it is read", |app| app.forms().import.doing.is_none());
    window.run_steps(6);
}

#[test]
fn a_foreign_table_becomes_rows_once_its_columns_are_said() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let table = folder_with_table(folder.path());
    let mut window = opened(&folder.path().join("ota1"));
    open_import(&mut window, &table);
    window.get_by_label_contains("1 of 18 have no column of their name");
    // not before every column is said
    click(&mut window, "Take rows");
    assert!(window.state().forms().import.doing.is_none());
    let import = window.state_mut().forms_mut().import.table.as_mut().expect("read");
    let bandwidth = import.heads.iter().position(|head| head == "f3db").expect("there");
    let place = import.names.iter().position(|name| name == "bw").expect("a metric");
    import.columns[place] = Some(bandwidth);
    window.run_steps(6);
    window.get_by_label_contains("Left out: note");
    click(&mut window, "Take rows");
    wait(&mut window, "they are on the bench", |app| app.bench().expect("open").open.rows.rows.len() == 40);
    assert!(errors(&window).is_empty(), "{:?}", errors(&window));
    assert!(!window.state().environment().is_open(WindowId::IMPORT));
    assert!(folder.path().join("ota1/samples.csv").is_file());
}

#[test]
fn what_is_no_table_is_said_and_changes_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    folder_with_table(folder.path());
    let mut window = opened(&folder.path().join("ota1"));
    let empty = folder.path().join("empty.csv");
    std::fs::write(&empty, "").expect("writable");
    open_import(&mut window, &empty);
    assert!(
        errors(&window).iter().any(|e| e.contains("empty.csv") && e.contains("column names")),
        "{:?}",
        errors(&window)
    );
    assert!(window.query_by_label("Take rows").is_none());
    assert!(!folder.path().join("ota1/samples.csv").exists());
}

#[test]
fn a_metric_that_the_table_lacks_is_a_gap_in_every_row() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let table = folder_with_table(folder.path());
    let mut window = opened(&folder.path().join("ota1"));
    open_import(&mut window, &table);
    // the last of the list
    window.get_by_label("Column of bw").scroll_to_me();
    window.run_steps(8);
    click(&mut window, "Column of bw");
    window.run_steps(4);
    click(&mut window, "none: a gap in every row");
    window.run_steps(4);
    assert!(window.state().forms().import.table.as_ref().expect("read").is_whole());
    click(&mut window, "Take rows");
    wait(&mut window, "they are taken", |app| !app.environment().is_open(WindowId::IMPORT));
    let own = folder.path().join("ota1/samples.csv");
    let rows = dataset::read(&ota1(), &own).expect("written").dataset;
    assert_eq!((rows.rows.len(), rows.gaps.len()), (0, 40));
    assert!(rows.gaps.iter().all(|row| row.performance.0[3].is_nan() && row.performance.0[0] > 0.0));
}
