//! The user's own circuits in the window: at hand in the chooser, with the model that lies beside them, looked through.

use crate::support::altered_ota1;
use crate::window::{Window, click, drawn_as, quiet_of, undrawn, usual, wait};
use egui_kittest::kittest::Queryable;
use sizewright::app::{AppConfig, Command};
use sizewright::circuit::Circuit;
use std::path::Path;
use std::time::{Duration, SystemTime};

fn config(circuit: &Circuit) -> AppConfig {
    quiet_of(&circuit.folder, &circuit.folder.with_file_name("allowed.ron"))
}

fn window(circuit: &Circuit) -> Window {
    undrawn(config(circuit))
}

/// Puts a model into a circuit's folder, so many seconds after the others.
fn place_model(from: &str, to: &Path, later: u64) {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(from);
    std::fs::copy(model, to).expect("bundled");
    let file = std::fs::File::options().write(true).open(to).expect("there");
    file.set_modified(SystemTime::now() + Duration::from_secs(later)).expect("settable");
}

#[test]
fn the_newest_model_beside_a_circuit_that_fits_comes_with_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = altered_ota1(folder.path(), "* OTA1", "* OTA1");
    place_model("ota1.model", &circuit.folder.join("older.model"), 0);
    place_model("ota1.model", &circuit.folder.join("newer.model"), 20);
    place_model("ota2.model", &circuit.folder.join("of-another.model"), 40);
    std::fs::write(circuit.folder.join("broken.model"), "no model").expect("writable");
    let mut window = window(&circuit);
    wait(&mut window, "the model is read", |app| app.bench().expect("open").model.is_some());
    assert_eq!(window.state().bench().expect("open").model.as_ref().expect("read").name, "newer.model");
}

#[test]
fn own_circuits_opened_of_late_are_in_the_chooser() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let own = folder.path().join("own");
    std::fs::create_dir(&own).expect("writable");
    let circuit = altered_ota1(&own, "* OTA1", "* OTA1");
    let mine = own.join("my-amp");
    std::fs::rename(&circuit.folder, &mine).expect("writable");
    let circuit = Circuit::load(&mine).expect("still a circuit");
    let mut window = window(&circuit);
    window.get_by_label("Circuits, bundled and opened of late").click();
    window.run_steps(4);
    click(&mut window, "ota2");
    wait(&mut window, "OTA2 is read", |app| app.bench().expect("open").open.circuit.name == "ota2");
    window.get_by_label("Circuits, bundled and opened of late").click();
    window.run_steps(4);
    click(&mut window, "my-amp");
    wait(&mut window, "it is read again", move |app| app.bench().expect("open").open.circuit.folder == mine);
}

#[test]
fn a_circuit_is_looked_through_and_a_deck_that_does_more_is_not_run() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = altered_ota1(folder.path(), "* OTA1", "* OTA1");
    let mut window = window(&circuit);
    click(&mut window, "File");
    window.run_steps(2);
    click(&mut window, "Check circuit");
    wait(&mut window, "it is looked through", |app| app.bench().expect("open").checked.is_some());
    window.run_steps(4);
    window.get_by_label("Nothing needs a look.");
    window.get_by_label_contains("one design, twice the same");
    // the files as they are now, not as they were opened
    let (deck, mark) = (circuit.testbenches[0].deck.clone(), folder.path().join("mark"));
    let text = std::fs::read_to_string(&deck).expect("a deck");
    let shell = format!(".control\nshell touch {}\n", mark.display());
    std::fs::write(&deck, text.replace(".control\n", &shell)).expect("writable");
    click(&mut window, "Check again");
    wait(&mut window, "it is looked through", |app| app.bench().expect("open").checked.is_some());
    window.run_steps(4);
    window.get_by_label("2 of 3 findings need a look.");
    window.get_by_label_contains("not run: the decks would do more than simulate");
    assert!(!mark.exists());
}

#[test]
#[ignore = "writes pictures for people to look at"]
fn own_circuits_in_pictures() {
    let out = crate::window::gallery();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = altered_ota1(folder.path(), "* OTA1", "* OTA1");
    let Some(mut window) = drawn_as(AppConfig { ngspice: usual().ngspice, ..config(&circuit) }) else {
        return;
    };
    let ctx = window.ctx.clone();
    window.state_mut().run(Command::CheckCircuit, &ctx);
    wait(&mut window, "it is looked through", |app| app.bench().expect("open").checked.is_some());
    window.run_steps(6);
    window.render().expect("a graphics adapter").save(out.join("check.png")).expect("writable");
}
