//! The window's plots: saved and copied as pictures and data, the rows' histograms and trade-off front, margins.

use crate::window::{Window, click, errors, trained, wait, window};
use crate::window_views::drawn_window;
use crate::window_views::place_in_space;
use egui_kittest::kittest::Queryable;
use sizewright::app::{CircuitPane, PaneId};
use sizewright::circuit::Performance;
use std::collections::HashMap;
use std::path::Path;

/// Chooses from a plot's menu.
pub fn choose(window: &mut Window, plot: &str, entry: &str) {
    // the page is scrolled to it as far as need be
    window.get_by_label(&format!("Save or copy {plot}")).scroll_to_me();
    window.run_steps(3);
    click(window, &format!("Save or copy {plot}"));
    click(window, entry);
    window.run_steps(2);
}

/// Writes what waits for a path.
pub fn write_to(window: &mut Window, path: &Path) {
    window.state_mut().forms_mut().plot_path = path.display().to_string();
    window.run_steps(2);
    click(window, "Write file");
}

fn notes(window: &Window) -> Vec<String> {
    window.state().messages().iter().map(|m| m.text.clone()).collect()
}

/// Saves a plot's data and reads them back: the lines before the header, and each line by column.
fn saved_data(window: &mut Window, plot: &str, path: &Path) -> (String, Vec<HashMap<String, String>>) {
    choose(window, plot, "Save data…");
    write_to(window, path);
    wait(window, "the data are written", |_| path.exists());
    let text = std::fs::read_to_string(path).expect("written");
    let (notes, body): (Vec<&str>, Vec<&str>) = text.lines().partition(|l| l.starts_with('#'));
    let mut lines = body.into_iter();
    let names: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let rows = lines.map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(cells.len(), names.len(), "{line}");
        names.iter().zip(cells).map(|(n, c)| ((*n).to_owned(), c.to_owned())).collect()
    });
    (notes.join("\n"), rows.collect())
}

fn value(row: &HashMap<String, String>, column: &str) -> f64 {
    let text = row.get(column).unwrap_or_else(|| panic!("there is a column {column} in {row:?}"));
    text.parse().unwrap_or_else(|_| panic!("`{text}` is a number"))
}

#[test]
fn the_data_behind_the_plots_are_saved_with_units_and_verdicts() {
    let mut window = trained();
    click(&mut window, "Simulate the first");
    wait(&mut window, "ngspice answers", |app| {
        app.bench().expect("open").simulation.is_some() && !app.bench().expect("open").simulating()
    });
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (notes, rows) = saved_data(&mut window, "scatter plots", &folder.path().join("designs.csv"));
    assert!(notes.contains("target: power <= 27 nW"), "{notes}");
    let designs = &window.state().bench().expect("open").designs.as_ref().expect("drawn").candidates;
    assert_eq!(rows.len(), designs.len());
    let targets = &window.state().bench().expect("open").targets;
    for (row, design) in rows.iter().zip(designs) {
        let predicted = design.predicted.as_ref().expect("by the performance model");
        assert_eq!(value(row, "power predicted [W]"), predicted.performance.0[0]);
        assert_eq!(value(row, "NF1"), design.sizing.0[4]);
        assert_eq!(value(row, "W1 [m]"), design.sizing.0[2]);
        match design.measured() {
            Some(measured) => {
                assert_eq!(value(row, "bw simulated [Hz]"), measured.0[3]);
                let said = if targets.met_by(measured) { "yes" } else { "no" };
                assert_eq!(row["meets simulated"], said);
            }
            None => assert_eq!(row["bw simulated [Hz]"], ""),
        }
        assert!(row["verdict"].contains("in ngspice") || row["verdict"].contains("failed"), "{row:?}");
    }

    // the losses, step by step
    click(&mut window, "Training");
    let (_, rows) = saved_data(&mut window, "losses", &folder.path().join("losses.csv"));
    let learning = &window.state().bench().expect("open").learning;
    assert_eq!(rows.len(), learning.training.len());
    let last = rows.last().expect("a line a step");
    assert_eq!(value(last, "training loss"), f64::from(*learning.training.last().expect("steps")));
    assert_eq!(value(last, "validation loss"), f64::from(learning.validation.last().expect("epochs").1));
    assert_eq!(value(last, "epoch"), 1.0);

    // the margins of the selected design
    window.state_mut().show(&PaneId::SCATTER);
    window.run_steps(2);
    let (_, rows) = saved_data(&mut window, "margins of the design", &folder.path().join("margins.csv"));
    assert_eq!(rows.len(), 4);
    assert_eq!((rows[0]["metric"].as_str(), value(&rows[0], "target")), ("power", 27e-9));
    let predicted = value(&rows[0], "predicted");
    let margin = value(&rows[0], "margin predicted");
    assert!((margin - (27e-9_f64 / predicted).log10()).abs() < 1e-9, "{margin}");
    assert_eq!(errors(&window), Vec::<String>::new());
}

#[test]
fn a_path_that_cannot_be_written_is_named_and_the_data_wait_for_another() {
    let mut window = trained();
    let folder = tempfile::tempdir().expect("a temporary folder");
    choose(&mut window, "scatter plots", "Save data…");
    click(&mut window, "Write file");
    assert!(errors(&window)[0].contains("such as ota1-scatter-plots.csv"), "{:?}", errors(&window));
    let nowhere = folder.path().join("no/such/designs.csv");
    write_to(&mut window, &nowhere);
    wait(&mut window, "it is said", |app| app.messages().len() > 1);
    let said = errors(&window);
    assert!(said[1].contains("no/such/designs.csv"), "{said:?}");
    let path = folder.path().join("designs.csv");
    write_to(&mut window, &path);
    wait(&mut window, "the data are written", |_| path.exists());
    wait(&mut window, "the window closes", |app| {
        app.messages().iter().any(|m| m.text.contains("designs.csv"))
    });
    assert_eq!(window.query_all_by_label("Write file").count(), 0);
}

/// What was handed to the clipboard by a choice from a plot's menu, within some frames.
fn copied(window: &mut Window, plot: &str, entry: &str) -> Option<egui::OutputCommand> {
    // a message that came moves what is below it
    window.run_steps(4);
    click(window, &format!("Save or copy {plot}"));
    window.get_by_label(entry).click();
    for _ in 0..40 {
        window.step();
        let commands = &window.output().platform_output.commands;
        let copy = |c: &&egui::OutputCommand| !matches!(c, egui::OutputCommand::OpenUrl(_));
        if let Some(command) = commands.iter().find(copy) {
            return Some(command.clone());
        }
    }
    None
}

#[test]
fn data_and_pictures_are_copied() {
    let mut window = trained();
    let Some(egui::OutputCommand::CopyText(text)) = copied(&mut window, "scatter plots", "Copy data") else {
        panic!("no text was handed to the clipboard");
    };
    assert_eq!(text.lines().filter(|l| !l.starts_with('#')).count(), 7, "{text}");
    assert!(notes(&window).contains(&"The data of the scatter plots are on the clipboard".to_owned()));
    if sizewright::tensor::gpu::adapters().is_empty() {
        println!("no picture: this machine has no graphics adapter, not even a software one");
        return;
    }
    let copy = copied(&mut window, "margins of the design", "Copy picture");
    let Some(egui::OutputCommand::CopyImage(picture)) = copy else {
        panic!("no picture was handed to the clipboard");
    };
    assert!(picture.width() > 200 && (80..300).contains(&picture.height()), "{:?}", picture.size);
    let ground = picture.pixels[0];
    assert!(picture.pixels.iter().any(|p| *p != ground));
}

#[test]
fn a_picture_is_what_the_plot_shows() {
    let Some(mut window) = drawn_window() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (pane, plot) in [(PaneId::SPACE, "3-D view"), (PaneId::PARALLEL, "parallel coordinates")] {
        window.state_mut().show(&pane);
        window.run_steps(3);
        let label =
            if pane == PaneId::SPACE { "3-D view of Power" } else { "Parallel coordinates of the designs" };
        let pane = window.get_by_label_contains(label).rect();
        let whole = window.render().expect("it is drawn");
        choose(&mut window, plot, "Save picture…");
        wait(&mut window, "the picture is taken", |_| true);
        for _ in 0..30 {
            if window.query_all_by_label("Write file").count() > 0 {
                break;
            }
            window.step();
        }
        let path = folder.path().join(format!("{pane:?}.png"));
        write_to(&mut window, &path);
        wait(&mut window, "the picture is written", |_| path.exists());
        wait(&mut window, "the window closes", |app| !app.messages().is_empty());
        let picture = image::open(&path).expect("a PNG").to_rgb8();
        let size = (pane.width().round() as i64, pane.height().round() as i64);
        let off = (i64::from(picture.width()) - size.0, i64::from(picture.height()) - size.1);
        assert!(off.0.abs() <= 1 && off.1.abs() <= 1, "{off:?}");
        // neither the menu nor its button stands in it: it is the plot as it was drawn before
        let at = (pane.left().round() as u32, pane.top().round() as u32);
        let pixels = picture.enumerate_pixels();
        let other = pixels.filter(|(x, y, p)| whole.get_pixel(at.0 + x, at.1 + y).0[..3] != p.0).count();
        let all = (picture.width() * picture.height()) as usize;
        assert!(other * 50 < all, "{pane:?}: {other} of {all} pixels differ");
        assert_eq!(errors(&window), Vec::<String>::new());
    }
}

#[test]
fn the_circuit_page_shows_the_rows_and_their_front() {
    let mut window = window();
    click(&mut window, "Circuit");
    window.run_steps(3);
    let front = window.state().pane::<CircuitPane>().expect("listed").front().to_vec();
    let open = &window.state().bench().expect("open").open;
    let rows = &open.rows.rows;
    // both of power and noise shall be small
    let beats = |a: &Performance, b: &Performance| {
        a.0[0] <= b.0[0] && a.0[1] <= b.0[1] && (a.0[0] < b.0[0] || a.0[1] < b.0[1])
    };
    let best = |i: &usize| !rows.iter().any(|r| beats(&r.performance, &rows[*i].performance));
    let mut expected: Vec<usize> = (0..rows.len()).filter(best).collect();
    expected.sort_by(|a, b| rows[*a].performance.0[0].total_cmp(&rows[*b].performance.0[0]));
    assert_eq!(front, expected);
    assert!(front.len() > 5, "{}", front.len());
    let (all, gain) = (rows.len(), open.circuit.metric_index("gain").expect("OTA1 has one"));
    let bound = window.state().bench().expect("open").targets.bound_on(gain).expect("bounded").value;
    assert!(
        window
            .query_all_by_label_contains(&format!("{} of 2 024 rows are on the front", front.len()))
            .count()
            > 0
    );

    let only = "Only rows that meet the other targets";
    window.get_by_label(only).scroll_to_me();
    window.run_steps(3);
    click(&mut window, only);
    let app = window.state();
    let rows = &app.bench().expect("open").open.rows.rows;
    let narrower = app.pane::<CircuitPane>().expect("listed").front();
    assert!(!narrower.is_empty() && narrower != front);
    assert!(narrower.iter().all(|i| rows[*i].performance.0[gain] >= bound), "those that miss are left out");

    let folder = tempfile::tempdir().expect("a temporary folder");
    let on_front = narrower.to_vec();
    let (_, lines) = saved_data(&mut window, "trade-off front", &folder.path().join("front.csv"));
    let marked = lines.iter().filter(|l| l["on the front"] == "yes");
    let mut marked: Vec<usize> = marked.map(|l| value(l, "row") as usize - 1).collect();
    marked.sort_unstable();
    let mut on_front = on_front;
    on_front.sort_unstable();
    assert_eq!(marked, on_front);

    for (name, head) in [("power", "power from [W]"), ("W1", "W1 from [m]"), ("NF1", "NF1 from")] {
        let path = folder.path().join(format!("{name}.csv"));
        let (_, bins) = saved_data(&mut window, &format!("histogram of {name}"), &path);
        assert_eq!(bins.iter().map(|b| value(b, "rows") as usize).sum::<usize>(), all, "{name}");
        assert!(bins.windows(2).all(|b| value(&b[0], head) < value(&b[1], head)), "{name}");
    }
    assert_eq!(errors(&window), Vec::<String>::new());
}

#[test]
fn margins_tell_what_was_predicted_from_what_was_simulated() {
    let mut window = trained();
    let bars = |window: &Window| window.query_all_by_label_contains("Margin of Power ≤ 27 nW").count();
    assert_eq!(bars(&window), 1);
    assert_eq!(window.query_all_by_label_contains("\nsimulated: ").count(), 0);
    click(&mut window, "Simulate");
    wait(&mut window, "ngspice answers", |app| {
        app.bench().expect("open").simulation.is_some() && !app.bench().expect("open").simulating()
    });
    let designs = &window.state().bench().expect("open").designs.as_ref().expect("drawn").candidates;
    if designs[0].measured().is_some() {
        assert_eq!(window.query_all_by_label_contains("\nsimulated: ").count(), 4);
    }
    assert_eq!(bars(&window), 1);
}

#[test]
fn designs_are_drawn_where_parameters_are_held() {
    let mut window = trained();
    click(&mut window, "Circuit");
    window.run_steps(2);
    let inside = |app: &sizewright::app::App| {
        let circuit = &app.bench().expect("open").open.circuit;
        let designs = &app.bench().expect("open").designs.as_ref().expect("drawn").candidates;
        app.bench().expect("open").sampling.is_none()
            && designs.iter().all(|d| app.bench().expect("open").region.contains(circuit, &d.sizing))
    };
    let w1 = window.state().bench().expect("open").designs.as_ref().expect("drawn").candidates[0].sizing.0[2];
    // a parameter is fixed at the selected design's value, and designs are drawn anew
    click(&mut window, "Fix W1");
    assert_eq!(window.state().bench().expect("open").region.held(2), Some((w1, w1)));
    wait(&mut window, "designs are drawn inside", inside);
    let designs = &window.state().bench().expect("open").designs.as_ref().expect("drawn").candidates;
    assert!(designs.iter().all(|d| d.sizing.0[2] == w1) && designs.len() == 6);
    // then another is narrowed
    let circuit = std::sync::Arc::clone(&window.state().bench().expect("open").open.circuit);
    let l1 = circuit.parameter_index("L1").expect("OTA1 has one");
    window
        .state_mut()
        .bench_mut()
        .expect("open")
        .region
        .hold(&circuit, l1, 1e-6, 2e-6)
        .expect("within its own range");
    window.run_steps(2);
    wait(&mut window, "designs are drawn inside", inside);
    let designs = &window.state().bench().expect("open").designs.as_ref().expect("drawn").candidates;
    assert!(designs.iter().all(|d| (1e-6..=2.000001e-6).contains(&d.sizing.0[l1])));
    assert_eq!(window.query_all_by_label_contains("L1 = 1 µm … 2 µm").count(), 1);
    // a search looks there too
    window.get_by_role_and_label(egui::accesskit::Role::Button, "Search").click();
    window.run_steps(2);
    let user = window.state_mut().forms_mut();
    user.search.strategy = sizewright::engine::Strategy::CmaEs;
    user.search.max_simulations = 64;
    click(&mut window, "Start search");
    wait(&mut window, "the search ends", |app| app.bench().expect("open").search.is_none());
    let found = std::sync::Arc::clone(window.state().bench().expect("open").found.as_ref().expect("found"));
    assert!(window.state().bench().expect("open").region.contains(&circuit, &found.best.sizing));
    // and all are let go
    window.state_mut().show(&PaneId::CIRCUIT);
    window.run_steps(2);
    let free: Vec<_> = window.query_all_by_label("Free all").collect();
    free[0].click();
    window.run_steps(2);
    assert!(window.state().bench().expect("open").region.is_whole());
    assert_eq!(errors(&window), Vec::<String>::new());
}

#[test]
fn a_design_that_is_pointed_at_is_so_everywhere_and_a_selection_comes_into_sight() {
    let mut window = trained();
    assert_eq!(window.state().hovered_design(), None);
    // in the order of their numbers
    click(&mut window, "#");
    let column = window.get_by_label_contains("# ▲").rect().left();
    let row = |window: &Window, number: usize| {
        let number = number.to_string();
        let cells: Vec<_> = window.query_all_by_label(&number).collect();
        cells.iter().map(|n| n.rect()).find(|r| (r.left() - column).abs() < 20.0)
    };
    let third = row(&window, 3).expect("a row a design").center();
    window.hover_at(third);
    window.run_steps(3);
    assert_eq!(window.state().hovered_design(), Some(2));
    assert_eq!(window.state().bench().expect("open").selected, Some(0), "pointing does not select");
    window.hover_at(egui::pos2(700.0, 4.0));
    window.run_steps(3);
    assert_eq!(window.state().hovered_design(), None);
    // sixty designs do not fit into the table; the last is selected elsewhere
    window.state_mut().forms_mut().sample.count = 60;
    click(&mut window, "Sample");
    wait(&mut window, "sixty are drawn", |app| {
        app.bench().expect("open").designs.as_ref().is_some_and(|d| d.candidates.len() == 60)
    });
    assert!(row(&window, 60).is_none(), "out of sight");
    window.state_mut().bench_mut().expect("open").selected = Some(59);
    window.run_steps(8);
    let table = window.get_by_label_contains("# ▲").rect().bottom();
    let last = row(&window, 60).expect("in sight");
    assert!(last.top() >= table && last.bottom() < 900.0, "{last}");
}

#[test]
fn a_design_is_pointed_at_in_space() {
    let Some(mut window) = drawn_window() else {
        return;
    };
    window.state_mut().show(&PaneId::SPACE);
    window.run_steps(3);
    let at = place_in_space(window.state(), 3).expect("every design has a place");
    window.hover_at(at);
    window.run_steps(3);
    let hovered = window.state().hovered_design().expect("something is there");
    let there = place_in_space(window.state(), hovered).expect("every design has a place");
    assert!(there.distance(at) <= 1.0, "{there} for {at}");
    // a tooltip comes to a pointer that rests
    window.run_steps(12);
    let tip = format!("Design {}: ", hovered + 1);
    assert!(window.query_all_by_label_contains(&tip).count() > 0, "the tooltip names it");
    for unit in ["Power: ", "Bandwidth: "] {
        assert!(window.query_all_by_label_contains(unit).count() > 0, "{unit}");
    }
}
