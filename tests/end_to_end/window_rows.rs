//! Rows made in the window: what they cost, the making, the file, and the rows on the bench.

use crate::support::altered_ota1;
use crate::window::{Window, click, drawn_as, errors, quiet_of, undrawn, usual, wait};
use egui_kittest::kittest::Queryable;
use sizewright::app::{App, AppConfig, Command};
use sizewright::circuit::{Circuit, datasets_folder};
use sizewright::dataset;
use std::path::Path;

fn config(folder: &Path) -> AppConfig {
    quiet_of(folder, &folder.with_file_name("allowed.ron"))
}

fn window(folder: &Path) -> Window {
    undrawn(config(folder))
}

fn open(window: &mut Window, rows: usize) {
    window.state_mut().forms_mut().rows.count = rows;
    let ctx = window.ctx.clone();
    window.state_mut().run(Command::MakeRows, &ctx);
    window.run_steps(4);
}

fn making(app: &App) -> bool {
    app.bench().expect("open").making.is_some()
}

#[test]
fn rows_are_timed_made_written_and_on_the_bench() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = altered_ota1(folder.path(), "* OTA1", "* OTA1");
    let mut window = window(&circuit.folder);
    open(&mut window, 8);
    window.get_by_label("Up to some 108 simulations");
    click(&mut window, "Time a few simulations");
    wait(&mut window, "they are timed", |app| app.bench().expect("open").pace.seconds.is_some());
    window.get_by_label_contains("Up to some 108 simulations, about ");
    click(&mut window, "Make rows");
    assert!(making(window.state()), "{:?}", window.state().messages());
    window.get_by_label("8 rows of seed 1 are being made");
    wait(&mut window, "they are on the bench", |app| app.bench().expect("open").rows() > 0);
    assert!(!making(window.state()));
    assert_eq!(window.state().bench().expect("open").rows(), 8);
    let read = dataset::read(&circuit, &circuit.folder.join("samples.csv")).expect("written");
    assert_eq!((read.dataset.rows.len(), read.refused.len()), (8, 0));
    assert_eq!(read.dataset.provenance.get("seed"), Some("1"));
    assert!(window.state().can(Command::Train));
    assert!(errors(&window).is_empty(), "{:?}", errors(&window));
}

#[test]
fn rows_that_are_there_are_kept_and_a_stopped_making_goes_on() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = altered_ota1(folder.path(), "* OTA1", "* OTA1");
    let (bundled, file) = (datasets_folder().join("ota1/samples.csv"), circuit.folder.join("samples.csv"));
    std::fs::copy(&bundled, &file).expect("bundled");
    let mut window = window(&circuit.folder);
    open(&mut window, 400);
    click(&mut window, "Make rows");
    assert!(!making(window.state()), "the rows that are there have not been given up");
    click(&mut window, "Replace the 2 024 rows that are there; a copy of them is kept");
    click(&mut window, "Make rows");
    let simulated = |app: &App| app.bench().expect("open").making.as_ref().map_or(0, |m| m.counts.simulated);
    wait(&mut window, "some are simulated", move |app| simulated(app) > 0 || !making(app));
    window.state_mut().forms_mut().rows.replace = true;
    click(&mut window, "Stop");
    wait(&mut window, "it stops", |app| !making(app));
    wait(&mut window, "what there is is on the bench", |app| app.bench().expect("open").rows() < 2024);
    let kept = std::fs::read(circuit.folder.join("samples-before.csv")).expect("kept");
    assert!(kept == std::fs::read(&bundled).expect("bundled"), "as it was");
    assert!(dataset::journal_path(&file).is_file(), "it can go on");
    assert_eq!(errors(&window), Vec::<String>::new());
    // the same number and seed go on, and the bundled rows stay the ones that are kept
    window.state_mut().forms_mut().rows.replace = true;
    window.run_steps(2);
    click(&mut window, "Make rows");
    wait(&mut window, "it goes on", move |app| simulated(app) > 256);
    click(&mut window, "Stop");
    wait(&mut window, "it stops", |app| !making(app));
    assert!(!circuit.folder.join("samples-before-2.csv").exists());
    assert!(Circuit::load(&circuit.folder).is_ok());
}

#[test]
#[ignore = "writes pictures for people to look at"]
fn making_rows_in_pictures() {
    let out = crate::window::gallery();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = altered_ota1(folder.path(), "* OTA1", "* OTA1");
    std::fs::copy(datasets_folder().join("ota1/samples.csv"), circuit.folder.join("samples.csv"))
        .expect("bundled");
    let Some(mut window) = drawn_as(AppConfig { ngspice: usual().ngspice, ..config(&circuit.folder) }) else {
        return;
    };
    open(&mut window, 400);
    window.run_steps(6);
    window.render().expect("a graphics adapter").save(out.join("rows-form.png")).expect("writable");
    window.state_mut().forms_mut().rows.replace = true;
    window.run_steps(2);
    click(&mut window, "Make rows");
    wait(&mut window, "some are simulated", |app| {
        app.bench().expect("open").making.as_ref().is_none_or(|m| m.counts.simulated > 0)
    });
    window.run_steps(4);
    window.render().expect("a graphics adapter").save(out.join("rows-making.png")).expect("writable");
}
