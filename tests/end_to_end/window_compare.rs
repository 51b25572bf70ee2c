//! The paper's tables in the window, on a tiny budget, in the real application.

use crate::window::{Window, click, errors, wait, window};
use egui_kittest::kittest::Queryable;
use sizewright::app::{ComparePane, PaneId};
use sizewright::engine::DeviceChoice;
use sizewright::report::Table;
use std::path::Path;

fn tiny(window: &mut Window, table: Table, folder: &Path) {
    window.state_mut().forms_mut().train.device = DeviceChoice::Cpu;
    let form = &mut window.state_mut().forms_mut().compare;
    form.table = table;
    (form.all, form.quick, form.epochs) = (false, true, Some(1));
    (form.count, form.targets) = (4, 1);
    form.folder = folder.display().to_string();
}

#[test]
fn a_comparison_shows_its_tables_and_picture_and_keeps_them() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut window = window();
    click(&mut window, "Compare");
    window.get_by_label("No comparison yet.");
    tiny(&mut window, Table::Two, folder.path());
    click(&mut window, "Start comparison");
    window.get_by_label("Stop comparison");
    assert!(window.state().layout().shows(&PaneId::COMPARE));
    wait(&mut window, "the comparison", |app| app.environment().comparing.is_none());
    window.run_steps(3);
    assert_eq!(errors(&window), Vec::<String>::new());
    window.get_by_label("Table II: sampled designs");
    for line in ["search, evolution", "paper: DM-Transf."] {
        window.get_by_label(line);
    }
    let compared = window.state().environment().compared.as_ref().expect("made");
    let lines = &compared.sheet.blocks[0].lines;
    // two searches, three systems raw and ranked, four lines of the paper
    assert_eq!(lines.len(), 12);
    assert!(lines.iter().all(|line| line.len() == 8));
    assert!(window.state().pane::<ComparePane>().expect("listed").shows_picture());
    let written = std::fs::read_to_string(&compared.file).expect("the file is written");
    assert_eq!(written, compared.markdown);

    // what was done serves a table of other figures: nothing is trained again
    window.state_mut().forms_mut().compare.table = Table::One;
    click(&mut window, "Start comparison");
    wait(&mut window, "the second comparison", |app| app.environment().comparing.is_none());
    window.run_steps(3);
    window.get_by_label("Table I: datasets and training times");
    assert!(folder.path().join("table1-quick.md").is_file());
}

#[test]
fn a_stopped_comparison_keeps_what_is_done_and_a_folder_that_cannot_be_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut window = window();
    click(&mut window, "Compare");
    let file = folder.path().join("a file");
    std::fs::write(&file, "x").expect("writable");
    tiny(&mut window, Table::Two, &file);
    click(&mut window, "Start comparison");
    wait(&mut window, "the refusal", |app| app.environment().comparing.is_none());
    assert!(errors(&window).iter().any(|e| e.contains("a file")), "{:?}", errors(&window));

    tiny(&mut window, Table::Two, folder.path());
    window.state_mut().forms_mut().compare.epochs = Some(1000);
    click(&mut window, "Start comparison");
    wait(&mut window, "the first cell", |app| {
        app.environment().comparing.as_ref().is_some_and(|c| !c.done.is_empty())
    });
    click(&mut window, "Stop comparison");
    wait(&mut window, "the stop", |app| app.environment().comparing.is_none());
    let cells = std::fs::read_dir(folder.path().join("cells")).expect("cells are kept");
    assert!(cells.count() > 0);
    assert!(window.state().environment().compared.is_none());
}
