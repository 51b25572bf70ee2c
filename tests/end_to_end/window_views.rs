//! The window's pictures: the schematic and the views of the designs, linked by one selection.

use crate::window::{Window, click, errors, window};
use egui_kittest::kittest::Queryable;

fn point_at(window: &mut Window, at: egui::Pos2) {
    window.hover_at(at);
    window.run_steps(3);
}

#[test]
fn a_parameter_lights_its_devices_and_a_device_its_parameters() {
    let mut window = window();
    click(&mut window, "Circuit");
    let schematic = window.get_by_label("Schematic of OTA1 · five-transistor OTA").rect();
    assert!(schematic.width() > 400.0, "{schematic}");
    let row = window.get_by_label("finger width, mirror, top").rect();
    point_at(&mut window, row.center());
    assert_eq!(window.state().lit_group(), Some("mirror, top"));
    window.get_by_label("Schematic of OTA1 · five-transistor OTA, mirror, top lit");
    // a supply belongs to no group
    let row = window.get_by_label("supply voltage").rect();
    point_at(&mut window, row.center());
    assert_eq!(window.state().lit_group(), None);
    // M7 stands at 304, 90 in a drawing that begins at 72, 11 and is 569 wide
    let scale = schematic.width() / 569.0;
    point_at(&mut window, schematic.left_top() + egui::vec2(304.0 - 72.0, 90.0 - 11.0) * scale);
    assert_eq!(window.state().lit_group(), Some("tail source"));
    assert_eq!(errors(&window), Vec::<String>::new());
}

#[test]
fn a_circuit_without_a_drawing_has_its_page_all_the_same() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = crate::support::altered_ota1(folder.path(), "* OTA1", "* OTA1");
    assert!(circuit.schematic.is_none());
    let mut window = window();
    window.state_mut().open(circuit.folder.display().to_string());
    crate::window::wait(&mut window, "the folder is read", |app| {
        app.system().open.as_ref().is_some_and(|o| o.circuit.schematic.is_none())
    });
    click(&mut window, "Circuit");
    window.get_by_label("finger width, mirror, top");
    assert_eq!(window.query_all_by_label_contains("Schematic of").count(), 0);
}
