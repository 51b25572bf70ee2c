//! The user's own circuits in the window: at hand in the chooser, with the model that lies beside them.

use crate::support::altered_ota1;
use crate::window::{Window, click, wait};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use sizewright::app::{App, AppConfig};
use sizewright::circuit::Circuit;
use sizewright::engine::{Allowed, SimulatorConfig};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

fn config(circuit: &Circuit) -> AppConfig {
    AppConfig {
        circuit: circuit.folder.display().to_string(),
        simulator: SimulatorConfig {
            worker: crate::support::program(),
            jobs: 1,
            allowed: Allowed::at(&circuit.folder.with_file_name("allowed.ron")),
            ..SimulatorConfig::default()
        },
        ngspice: Arc::new(|| Ok("ngspice-test".to_owned())),
        demo_model: false,
    }
}

fn window(circuit: &Circuit) -> Window {
    let config = config(circuit);
    let mut window = Harness::builder()
        .with_size(egui::vec2(1440.0, 900.0))
        .with_max_steps(12)
        .build_eframe(|cc| App::new(cc, config).expect("threads are to be had"));
    wait(&mut window, "the circuit is read", |app| app.bench().is_some());
    window
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
