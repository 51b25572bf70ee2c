//! The window's pictures: the schematic and the views of the designs, linked by one selection.

use crate::window::{Window, click, drawn, errors, tiny, trained, wait, window};
use egui_kittest::kittest::{NodeT, Queryable};
use sizewright::app::{App, CircuitPane, PaneId, SortKey, SpacePane};

fn point_at(window: &mut Window, at: egui::Pos2) {
    window.hover_at(at);
    window.run_steps(3);
}

/// Waits until the schematic is read and drawn.
pub fn settled(window: &mut Window) {
    wait(window, "the schematic", |app| app.pane::<CircuitPane>().expect("listed").schematic_settled());
}

/// The device group that is lit on the circuit's page.
fn lit_group(app: &App) -> Option<&str> {
    app.pane::<CircuitPane>().expect("listed").lit_group(app.bench()?)
}

/// The designs inside every brush of the parallel coordinates.
fn brushed(app: &App) -> Vec<usize> {
    app.bench().expect("open").standing_out()
}

/// Where a design stands in the 3-D view.
pub fn place_in_space(app: &App, design: usize) -> Option<egui::Pos2> {
    app.pane::<SpacePane>().expect("listed").place_of(design)
}

#[test]
fn a_parameter_lights_its_devices_and_a_device_its_parameters() {
    let mut window = window();
    click(&mut window, "Circuit");
    settled(&mut window);
    let schematic = window.get_by_label("Schematic of OTA1 · five-transistor OTA").rect();
    assert!(schematic.width() > 400.0, "{schematic}");
    let row = window.get_by_label("finger width, mirror, top").rect();
    point_at(&mut window, row.center());
    assert_eq!(lit_group(window.state()), Some("mirror, top"));
    window.get_by_label("Schematic of OTA1 · five-transistor OTA, mirror, top lit");
    // a supply belongs to no group
    let row = window.get_by_label("supply voltage").rect();
    point_at(&mut window, row.center());
    assert_eq!(lit_group(window.state()), None);
    // M7 stands at 304, 90 in a drawing that begins at 72, 11 and is 569 wide
    let scale = schematic.width() / 569.0;
    point_at(&mut window, schematic.left_top() + egui::vec2(304.0 - 72.0, 90.0 - 11.0) * scale);
    assert_eq!(lit_group(window.state()), Some("tail source"));
    assert_eq!(errors(&window), Vec::<String>::new());
}

#[test]
fn a_circuit_without_a_drawing_has_a_plain_one_of_its_groups() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = crate::support::altered_ota1(folder.path(), "* OTA1", "* OTA1");
    assert!(circuit.schematic.is_none());
    let mut window = window();
    window.state_mut().open(circuit.folder.display().to_string());
    wait(&mut window, "the folder is read", |app| {
        app.bench().is_some_and(|b| b.open.circuit.schematic.is_none())
    });
    click(&mut window, "Circuit");
    window.get_by_label("finger width, mirror, top");
    settled(&mut window);
    assert_eq!(window.query_all_by_label_contains("Schematic of").count(), 1);
}

/// The page of a copy of OTA1 with this drawing: whether there is a picture of it, and what is said in its place.
fn page_with(drawing: &str) -> (bool, Vec<String>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = crate::support::altered_ota1(folder.path(), "* OTA1", "* OTA1");
    let file = circuit.folder.join("circuit.ron");
    let text = std::fs::read_to_string(&file).expect("a circuit");
    let named: Vec<String> = text
        .lines()
        .map(|line| match line.trim_start().starts_with("schematic:") {
            true => "    schematic: \"drawing.svg\",".to_owned(),
            false => line.to_owned(),
        })
        .collect();
    assert!(named.iter().any(|line| line.contains("drawing.svg")));
    std::fs::write(&file, named.join("\n")).expect("writable");
    std::fs::write(circuit.folder.join("drawing.svg"), drawing).expect("writable");
    std::fs::write(circuit.folder.join("secret.svg"), "<svg xmlns='http://www.w3.org/2000/svg'/>")
        .expect("writable");
    let mut window = window();
    let path = circuit.folder.display().to_string();
    window.state_mut().open(path.clone());
    wait(&mut window, "the folder is read", |app| {
        app.bench().is_some_and(|b| b.open.circuit.folder.display().to_string() == path)
    });
    click(&mut window, "Circuit");
    settled(&mut window);
    // the page stands beside what cannot be drawn
    window.get_by_label("finger width, mirror, top");
    let said = window.query_all_by_label_contains("cannot be drawn");
    let said =
        said.filter_map(|node| node.accesskit_node().label().or(node.accesskit_node().value())).collect();
    (window.query_all_by_label_contains("Schematic of").count() > 0, said)
}

#[test]
fn a_strangers_drawing_is_refused_by_the_work_that_it_would_be_or_drawn() {
    let svg = |inside: &str| {
        format!("<svg xmlns='http://www.w3.org/2000/svg' width='200' height='100'>{inside}</svg>")
    };
    let mut nested = "<g id='a0'><path d='M0 0L9 9' stroke='#1b1f24'/></g>".to_owned();
    for level in 1..=10 {
        nested += &format!("<g id='a{level}'>{}</g>", format!("<use href='#a{}'/>", level - 1).repeat(10));
    }
    let long = format!("<path d='M0 0{}'/>", "L1 1".repeat(1_040_000));
    for (drawing, why) in [
        (svg(&nested), "more than 20000 shapes"),
        (svg("<g id='loop'><use href='#loop'/></g>"), "`loop` stands for itself"),
        (svg(&long), "larger than"),
        (svg("<filter id='f'><feTurbulence numOctaves='999999999'/></filter>"), "filter effects"),
        ("<!DOCTYPE svg [<!ENTITY a 'aaaa'>]>".to_owned() + &svg("<text>&a;</text>"), "DOCTYPE"),
    ] {
        let (drawn, said) = page_with(&drawing);
        assert!(!drawn && said.len() == 1 && said[0].contains(why), "{why}: {drawn} {said:?}");
        assert!(said[0].contains("drawing.svg"), "{said:?}");
    }
    // what lies beside it, or anywhere else, is not looked at
    let outside = "<image href='secret.svg' width='9' height='9'/><image href='/etc/passwd' width='9' height='9'/>\
                   <use href='secret.svg#a'/><rect width='9' height='9'/>";
    assert_eq!(page_with(&svg(outside)), (true, Vec::new()));
}

fn drag(window: &mut Window, from: egui::Pos2, to: egui::Pos2) {
    window.hover_at(from);
    window.run_steps(1);
    window.drag_at(from);
    window.run_steps(1);
    for part in [0.2, 0.6, 1.0] {
        window.hover_at(from.lerp(to, part));
        window.run_steps(1);
    }
    window.drop_at(to);
    window.run_steps(3);
}

#[test]
fn the_views_are_switched_and_share_the_selection() {
    let mut window = trained();
    assert!(window.state().layout().shows(&PaneId::SCATTER));
    click(&mut window, "3-D");
    assert!(window.state().layout().shows(&PaneId::SPACE));
    // this window draws nothing: it has no graphics device, and says so
    window.get_by_label_contains("needs a graphics device");
    click(&mut window, "Parallel");
    let pane = window.get_by_label("Parallel coordinates of the designs").rect();
    assert!(pane.width() > 500.0 && pane.height() > 200.0, "{pane}");
    let axis = window.get_by_label("Narrow power").rect();
    assert!(pane.contains_rect(axis.shrink(8.0)), "{pane} {axis}");
    click(&mut window, "Scatter");
    assert!(window.state().layout().shows(&PaneId::SCATTER));
    assert_eq!(errors(&window), Vec::<String>::new());
}

#[test]
fn a_drag_along_an_axis_narrows_and_clear_resets() {
    let mut window = trained();
    click(&mut window, "Parallel");
    assert_eq!(brushed(window.state()).len(), 6);
    // from above the top of the number of fingers to its middle: only some are that many
    let axis = window.get_by_label("Narrow NF1").rect();
    drag(&mut window, axis.center_top() + egui::vec2(0.0, 1.0), axis.center());
    let open = &window.state().bench().expect("open").open;
    let p = open.circuit.parameter_index("NF1").expect("OTA1 has one");
    let designs = &window.state().bench().expect("open").designs.as_ref().expect("drawn").candidates;
    let middle = open.circuit.parameters[p].from_unit_interval(0.5);
    let expected: Vec<usize> = (0..designs.len()).filter(|i| designs[*i].sizing.0[p] >= middle).collect();
    assert_eq!(brushed(window.state()), expected);
    window.get_by_label(&format!("{} of 6 designs inside", expected.len()));
    click(&mut window, "Clear");
    assert_eq!(brushed(window.state()).len(), 6);
    // a click on the axis frees it too
    let axis = window.get_by_label("Narrow power").rect();
    drag(
        &mut window,
        axis.center_bottom() - egui::vec2(0.0, 8.0),
        axis.center_bottom() - egui::vec2(0.0, 30.0),
    );
    assert!(brushed(window.state()).len() < 6);
    window.hover_at(axis.center());
    window.run_steps(1);
    click(&mut window, "Narrow power");
    assert_eq!(brushed(window.state()).len(), 6);
}

#[test]
fn a_lasso_lets_what_it_goes_around_stand_out_in_all_views() {
    let mut window = trained();
    let frame = window.get_by_label("Scatter plot of Power and Input-referred noise").rect();
    let power = |window: &Window, i: usize| {
        let candidate = &window.state().bench().expect("open").candidates()[i];
        candidate.predicted.as_ref().expect("ranked by a model").performance.0[0]
    };
    let places = |part: f32| {
        let right = frame.left() + part * frame.width();
        let [low, high] = [frame.top() + 2.0, frame.bottom() - 2.0];
        [(frame.left() + 2.0, low), (right, low), (right, high), (frame.left() + 2.0, high)]
            .map(|(x, y)| egui::pos2(x, y))
    };
    let mut subset = None;
    for part in [0.9, 0.7, 0.6, 0.5, 0.4, 0.3] {
        let corners = places(part);
        window.event(egui::Event::ModifiersChanged(egui::Modifiers::SHIFT));
        window.hover_at(corners[0]);
        window.run_steps(1);
        window.drag_at(corners[0]);
        window.run_steps(1);
        for corner in &corners[1..] {
            window.hover_at(*corner);
            window.run_steps(1);
        }
        window.drop_at(corners[3]);
        window.run_steps(3);
        window.event(egui::Event::ModifiersChanged(egui::Modifiers::NONE));
        let inside = brushed(window.state());
        if (1..6).contains(&inside.len()) {
            subset = Some(inside);
            break;
        }
        // around all of them, or around nothing, which lets all of them stand out
        assert_eq!(inside.len(), 6);
    }
    let inside = subset.expect("a lasso goes around some of them");
    let most = inside.iter().map(|i| power(&window, *i)).fold(0.0, f64::max);
    let outside = (0..6).filter(|i| !inside.contains(i));
    assert!(
        outside.map(|i| power(&window, i)).all(|p| p > most),
        "those to the left of its edge: {inside:?}"
    );
    // the plot was not moved meanwhile, and the other views say so too
    assert_eq!(window.get_by_label("Scatter plot of Power and Input-referred noise").rect(), frame);
    click(&mut window, "Parallel");
    window.get_by_label(&format!("{} of 6 designs inside", inside.len()));
    click(&mut window, "Let all designs stand out");
    assert_eq!(brushed(window.state()).len(), 6);
}

#[test]
fn designs_are_coloured_by_any_column_whose_ends_are_told() {
    let mut window = trained();
    let bench = window.state().bench().expect("open");
    let metric = &bench.open.circuit.metrics[2];
    let of = |c: &sizewright::engine::Candidate| c.predicted.as_ref().expect("ranked").performance.0[2];
    let values: Vec<f64> = bench.candidates().iter().map(of).collect();
    let ends =
        [values.iter().copied().fold(f64::INFINITY, f64::min), values.iter().copied().fold(0.0, f64::max)];
    let ends = ends.map(|v| sizewright::circuit::format_quantity(v, metric.unit, 3));
    click(&mut window, "Colour of the designs");
    click(&mut window, "DC gain");
    assert_eq!(window.state().forms().look.colour, SortKey::Metric(2));
    window.run_steps(3);
    for end in &ends {
        assert!(window.query_all_by_label(end).count() > 0, "{end} is told");
    }
    click(&mut window, "Colour of the designs");
    click(&mut window, "worst margin");
    window.run_steps(2);
    assert!(window.query_all_by_label_contains("decades").count() == 0, "margins are in per cent");
    click(&mut window, "Colour of the designs");
    click(&mut window, "verdict");
    assert_eq!(window.state().forms().look.colour, SortKey::Verdict);
}

/// A window that is drawn, in software where there is no GPU; none on a machine without Vulkan.
pub fn drawn_window() -> Option<Window> {
    let mut window = drawn()?;
    tiny(&mut window);
    click(&mut window, "Start");
    wait(&mut window, "designs are drawn", |app| app.bench().expect("open").designs.is_some());
    Some(window)
}

#[test]
fn the_3d_view_is_drawn_turned_and_picked_from() {
    let Some(mut window) = drawn_window() else {
        return;
    };
    click(&mut window, "3-D");
    window.run_steps(2);
    let pane = window.get_by_label_contains("3-D view of Power").rect();
    let picture = window.render().expect("it is drawn");
    let inside = |x: u32, y: u32| pane.contains(egui::pos2(x as f32, y as f32));
    let mut colours: Vec<[u8; 4]> =
        picture.enumerate_pixels().filter(|(x, y, _)| inside(*x, *y)).map(|(_, _, p)| p.0).collect();
    let all = colours.len();
    let background = *picture.get_pixel(pane.left() as u32 + 3, pane.top() as u32 + 3);
    let plain = colours.iter().filter(|c| **c == background.0).count();
    // the ground, the box over a good part of it, lines and marks
    assert!(plain > all / 4 && plain < all * 19 / 20, "{plain} of {all}");
    colours.sort_unstable();
    colours.dedup();
    assert!(colours.len() > 20, "{} colours", colours.len());

    let count = window.state().bench().expect("open").designs.as_ref().expect("drawn").candidates.len();
    let place = |window: &Window, i| place_in_space(window.state(), i).expect("every design has a place");
    let apart = |window: &Window, i| {
        let at = place(window, i);
        (0..count).all(|j| j == i || place(window, j).distance(at) > 4.0)
    };
    let design = (0..count).rev().find(|i| apart(&window, *i)).expect("not all at the same spot");
    let at = place(&window, design);
    window.hover_at(at);
    window.run_steps(2);
    window.drag_at(at);
    window.run_steps(1);
    window.drop_at(at);
    window.run_steps(2);
    assert_eq!(window.state().bench().expect("open").selected, Some(design));
    window.get_by_label(&format!("Design {}", design + 1));

    let from = pane.center();
    drag(&mut window, from, from + egui::vec2(160.0, 20.0));
    assert!(place(&window, design).distance(at) > 2.0, "a drag turns the view");
    click(&mut window, "Reset view");
    window.run_steps(2);
    assert!(place(&window, design).distance(at) < 1.0, "and it can be turned back");
}

#[test]
fn where_no_design_meets_the_targets_the_way_out_is_told() {
    let mut window = trained();
    let targets = &mut window.state_mut().bench_mut().expect("open").targets;
    targets.bounds[0].value = 1e-12;
    let wanted = targets.clone();
    wait(&mut window, "designs for it are drawn", |app| {
        app.bench().expect("open").designs.as_ref().is_some_and(|d| d.specification == wanted)
    });
    window.get_by_label_contains("loosen it, or search (Ctrl+F)");
}
