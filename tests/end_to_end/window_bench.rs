//! The designer's bench: kept designs, sensitivities, how far targets reach, rows that are grown.

use crate::support::{ota1, simulator};
use crate::window::{Window, click, errors, load_model, quiet, undrawn, wait};
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use sizewright::app::{AppConfig, Bench, PaneId, SchematicPane, TablePane};
use sizewright::circuit::{Aligned, Sizing, Specification, Unit, datasets_folder, format_quantity};
use sizewright::spice::Simulate;
use std::sync::atomic::AtomicBool;

fn bench(window: &Window) -> &Bench {
    window.state().bench().expect("open")
}

/// OTA1 with its bundled model; eight designs are drawn, and measured as they come.
fn measured() -> Window {
    let mut window = undrawn(AppConfig { measure: true, ..quiet() });
    let forms = window.state_mut().forms_mut();
    (forms.sample.count, forms.sample.times) = (8, 2);
    load_model(&mut window);
    settled(&mut window);
    window
}

fn settled(window: &mut Window) {
    wait(window, "all is measured", |app| {
        let bench = app.bench().expect("open");
        let idle = bench.sampling.is_none() && !bench.simulating() && bench.queue.waiting.is_empty();
        idle && bench.designs.is_some() && bench.candidates().iter().all(|c| c.simulated.is_some())
    });
}

#[test]
fn kept_designs_stand_side_by_side_and_stay_with_the_circuit() {
    let mut window = measured();
    for design in [2, 5] {
        window.state_mut().bench_mut().expect("open").selected = Some(design);
        window.run_steps(2);
        window.key_press_modifiers(Modifiers::COMMAND, Key::K);
        window.run_steps(2);
    }
    assert!(window.state().layout().shows(&PaneId::KEPT));
    let names: Vec<&str> = bench(&window).kept.designs.iter().map(|kept| kept.name.as_str()).collect();
    assert_eq!(names, ["Design 1", "Design 2"]);
    // the same one once only
    window.key_press_modifiers(Modifiers::COMMAND, Key::K);
    window.run_steps(2);
    assert_eq!(bench(&window).kept.designs.len(), 2);
    click(&mut window, "Star of Design 2");
    assert!(bench(&window).kept.designs[1].starred);
    window.get_by_label("Note on kept design 1").focus();
    window.run_steps(1);
    window.get_by_label("Note on kept design 1").type_text("low noise");
    window.run_steps(2);
    assert_eq!(bench(&window).kept.designs[0].note, "low noise");
    // what is removed comes back by undo
    let second = bench(&window).kept.designs[1].clone();
    let buttons: Vec<_> = window.query_all_by_label("Remove").collect();
    buttons.last().expect("one a design").click();
    window.run_steps(3);
    assert_eq!(bench(&window).kept.designs.len(), 1);
    window.get_by_label("Undo").click();
    window.run_steps(3);
    assert_eq!(bench(&window).kept.designs.get(1), Some(&second));
    // the designs of another draw: a kept one is still there, and is shown among them
    let targets = bench(&window).targets.moved(&ota1(), |_| -0.1);
    window.state_mut().bench_mut().expect("open").set_targets(targets.clone());
    wait(&mut window, "others are drawn", |app| {
        app.bench().expect("open").designs.as_ref().is_some_and(|d| d.specification == targets)
    });
    settled(&mut window);
    let sizing = bench(&window).kept.designs[0].sizing(&ota1()).expect("of the circuit");
    let buttons: Vec<_> = window.query_all_by_label("Show").collect();
    buttons.first().expect("one a design").click();
    window.run_steps(3);
    assert_eq!(bench(&window).selected_design().map(|c| &c.sizing), Some(&sizing));
    // and it goes with the circuit
    let kept = bench(&window).to_keep();
    assert_eq!(kept.designs.len(), 2);
    assert_eq!(errors(&window), Vec::<String>::new());
}

#[test]
fn sensitivities_are_differences_of_simulated_neighbours() {
    use sizewright::app::sensitivity::{neighbours, slopes};
    let mut window = measured();
    window.state_mut().bench_mut().expect("open").selected = Some(1);
    window.state_mut().show(&PaneId::SENSITIVITY);
    window.run_steps(3);
    // as they come, its neighbours are
    settled(&mut window);
    window.run_steps(3);
    assert!(window.query_by_label("Simulate its neighbours").is_none(), "all are measured");
    let circuit = ota1();
    let sizing = bench(&window).candidates()[1].sizing.clone();
    let lines = slopes(bench(&window), &sizing);
    assert!(lines.iter().flatten().all(Option::is_some), "a value a parameter and metric");
    // by ngspice itself, of the tail's bias and the power
    let vb = circuit.parameters.iter().position(|p| p.name == "VB").expect("there");
    let around = neighbours(&circuit.parameters[vb], &sizing, vb);
    let measured: Vec<f64> = simulator(&circuit, 1)
        .run(&around, &AtomicBool::new(false), &mut |_, _| ())
        .into_iter()
        .map(|outcome| outcome.expect("it works").performance().0[0].log10())
        .collect();
    let apart = around[1].0[vb] - around[0].0[vb];
    let expected = (measured[1] - measured[0]) / apart * 0.1 * sizing.0[vb];
    let slope = lines[vb][0].expect("measured");
    assert!((slope.change - expected).abs() < 1e-12, "{} and {expected}", slope.change);
    assert!(slope.change.abs() > 0.01, "the bias of the tail moves the power");
}

#[test]
fn how_far_targets_reach_is_said_and_what_is_out_of_reach_has_a_way_out() {
    let mut window = measured();
    wait(&mut window, "the outlook is known", |app| {
        let bench = app.bench().expect("open");
        bench.reaching.on(&bench.targets).is_some()
    });
    let circuit = ota1();
    let outlook = bench(&window).reaching.on(&bench(&window).targets).expect("known").clone();
    assert!(!outlook.is_doubtful(), "{:?}", outlook.probability);
    for (bound, limit) in bench(&window).targets.bounds.iter().zip(&outlook.limits) {
        let limit = limit.expect("the paper's target is met");
        assert!(bound.sense.met(limit.sure, bound.value), "{}", circuit.metrics[bound.metric].name);
    }
    assert!(window.query_all_by_label_contains(" reaches ").count() > 0);
    // far outside
    let far = bench(&window).targets.moved(&circuit, |_| 0.5);
    window.state_mut().bench_mut().expect("open").set_targets(far.clone());
    wait(&mut window, "that is known as well", |app| {
        let bench = app.bench().expect("open");
        bench.reaching.on(&far).is_some_and(|outlook| outlook.is_doubtful())
    });
    window.run_steps(3);
    window.get_by_label_contains("Seems out of reach");
    let take: Vec<_> = window.query_all_by_label_contains("Take ").collect();
    let first = take.first().expect("a way out");
    first.click();
    window.run_steps(3);
    let taken: Specification = bench(&window).targets.clone();
    assert_ne!(taken, far);
    for (easier, asked) in taken.bounds.iter().zip(&far.bounds) {
        assert!(
            easier.value == asked.value || easier.sense.met(asked.value, easier.value),
            "eased, never harder"
        );
    }
}

#[test]
fn rows_are_grown_and_a_training_on_them_begins() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let from = datasets_folder();
    for place in ["models", "ota1"] {
        std::fs::create_dir_all(folder.path().join(place)).expect("writable");
    }
    for file in ["models/generic65.lib", "ota1/circuit.ron", "ota1/testbench.cir", "ota1/sizing.param"] {
        std::fs::copy(from.join(file), folder.path().join(file)).expect("bundled");
    }
    // few rows: the model between two rounds is trained in seconds
    let text = std::fs::read_to_string(from.join("ota1/samples.csv")).expect("bundled");
    let head = text.lines().take_while(|line| line.starts_with('#')).count();
    let few: Vec<&str> = text.lines().take(head + 1 + 120).collect();
    let rows = folder.path().join("ota1/samples.csv");
    std::fs::write(&rows, few.join("\n") + "\n").expect("writable");
    let config = AppConfig { circuit: folder.path().join("ota1").display().to_string(), ..quiet() };
    let mut window = undrawn(config);
    crate::window::tiny(&mut window);
    click(&mut window, "Start");
    wait(&mut window, "a model is trained", |app| {
        let bench = app.bench().expect("open");
        bench.training.is_none() && bench.model.is_some()
    });
    let before = bench(&window).rows();
    window.state_mut().forms_mut().rows.grow = 48;
    click(&mut window, "Run");
    click(&mut window, "Grow rows…");
    window.run_steps(3);
    click(&mut window, "Grow rows and train");
    assert!(bench(&window).growing.is_some(), "{:?}", errors(&window));
    wait(&mut window, "rows are grown and a training on them is over", |app| {
        let bench = app.bench().expect("open");
        let trained = bench.model.as_ref().is_some_and(|m| m.model.dataset_hash == bench.open.rows.hash());
        bench.growing.is_none() && bench.rows() > before && bench.training.is_none() && trained
    });
    let gained = bench(&window).gained.clone().expect("said");
    assert_eq!(gained.file, folder.path().join("ota1/grown.csv"));
    assert_eq!(bench(&window).rows(), before + gained.counts.useful);
    assert_eq!(std::fs::read_to_string(&rows).expect("there").lines().count(), head + 1 + 120, "as it was");
    window.get_by_label_contains("rows more than");
    let sizings: Vec<Sizing> = bench(&window).open.rows.rows.iter().map(|row| row.sizing.clone()).collect();
    assert!(sizings.iter().all(|sizing| sizing.check(&ota1()).is_ok()));
    assert_eq!(errors(&window), Vec::<String>::new());
}

#[test]
fn a_project_is_saved_opened_and_says_what_is_wrong_with_another_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut window = measured();
    window.state_mut().bench_mut().expect("open").selected = Some(4);
    window.run_steps(2);
    window.key_press_modifiers(Modifiers::COMMAND, Key::K);
    window.run_steps(2);
    let targets = bench(&window).targets.moved(&ota1(), |_| -0.07);
    window.state_mut().bench_mut().expect("open").set_targets(targets.clone());
    let kept = bench(&window).kept.designs.clone();
    window.state_mut().forms_mut().project_path = folder.path().join("mine").display().to_string();
    window.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::S);
    window.run_steps(3);
    click(&mut window, "Save the project");
    let file = folder.path().join("mine.sizewright");
    let text = std::fs::read_to_string(&file).expect("written");
    assert!(text.contains("ota1") && !text.contains("ota1/"), "a bundled circuit goes by its name");
    // another window, another circuit, another machine as it were
    let mut other = undrawn(AppConfig { circuit: "ota2".to_owned(), ..quiet() });
    other.state_mut().forms_mut().project_path = file.display().to_string();
    other.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::S);
    other.run_steps(3);
    click(&mut other, "Open the project");
    wait(&mut other, "the project's circuit is open", |app| {
        app.bench().expect("open").open.circuit.name == "ota1"
    });
    assert_eq!(bench(&other).targets, targets);
    assert_eq!(bench(&other).kept.designs, kept);
    assert_eq!(errors(&other), Vec::<String>::new());
    // one of the open circuit brings its own targets back
    let moved = targets.moved(&ota1(), |_| 0.02);
    other.state_mut().bench_mut().expect("open").set_targets(moved.clone());
    other.run_steps(2);
    click(&mut other, "Open the project");
    wait(&mut other, "it is read again", |app| app.bench().expect("open").targets == targets);
    // what is no project is said so, and changes nothing
    for (text, why) in
        [("(version: 1, parts: {})", "no circuit"), ("rubbish", "is no project"), ("", "is no project")]
    {
        std::fs::write(&file, text).expect("writable");
        click(&mut other, "Open the project");
        other.run_steps(3);
        assert!(errors(&other).last().is_some_and(|e| e.contains(why)), "{text}: {:?}", errors(&other));
    }
    assert_eq!(bench(&other).targets, targets);
}

#[test]
fn a_review_page_is_written_of_the_kept_design_with_its_note() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let page = folder.path().join("page");
    let mut window = measured();
    let bench_of = |app: &sizewright::app::App| app.bench().expect("open").candidates().to_vec();
    let place = bench_of(window.state()).iter().position(|c| c.measured().is_some()).expect("one works");
    window.state_mut().bench_mut().expect("open").selected = Some(place);
    window.run_steps(2);
    window.key_press_modifiers(Modifiers::COMMAND, Key::K);
    window.run_steps(2);
    let kept = &mut window.state_mut().bench_mut().expect("open").kept.designs[0];
    kept.name = "The <b>quiet</b> one".to_owned();
    kept.note = "<script>alert(1)</script>\nfor Monday".to_owned();
    click(&mut window, "File");
    click(&mut window, "Review page…");
    window.run_steps(3);
    assert!(window.query_by_label("Over the circuit's corners").is_none(), "OTA1 has none");
    window.state_mut().forms_mut().review_path = page.display().to_string();
    window.run_steps(2);
    click(&mut window, "Write page");
    assert!(bench(&window).reviewing.is_some(), "{:?}", errors(&window));
    wait(&mut window, "the page is written", |app| app.bench().expect("open").reviewing.is_none());
    assert_eq!(errors(&window), Vec::<String>::new());
    let said = window.state().messages().iter().any(|m| m.text.contains("The review page is in"));
    assert!(said && window.query_by_label("Write page").is_none(), "it is said, and the window closes");
    let html = std::fs::read_to_string(page.join("review.html")).expect("written");
    assert!(!html.contains("<script") && !html.contains("<b>quiet"), "{html}");
    assert!(
        html.contains("The &lt;b&gt;quiet&lt;/b&gt; one") && html.contains("<p>for Monday</p>"),
        "{html}"
    );
    let circuit = ota1();
    let performance = bench(&window).candidates()[place].measured().expect("measured").clone();
    let markdown = std::fs::read_to_string(page.join("review.md")).expect("written");
    for (metric, value) in circuit.metrics.iter().zip(&performance.0) {
        let value = sizewright::circuit::format_quantity(*value, metric.unit, 4);
        let line = markdown.lines().find(|l| l.starts_with(&format!("| {} |", metric.title)));
        assert!(line.is_some_and(|l| l.contains(&value)), "{value} in {line:?}");
    }
    // a folder with somebody's file in it is refused before anything is measured
    std::fs::write(page.join("review.html"), "mine").expect("writable");
    window.state_mut().run(sizewright::app::Command::Review, &egui::Context::default());
    window.run_steps(3);
    click(&mut window, "Write page");
    assert!(errors(&window).last().is_some_and(|e| e.contains("review.html")), "{:?}", errors(&window));
    assert_eq!(std::fs::read_to_string(page.join("review.html")).expect("there"), "mine");
}

#[test]
fn an_earlier_run_is_brought_back_with_its_targets() {
    let mut window = measured();
    let (first, targets) = (bench(&window).candidates().to_vec(), bench(&window).targets.clone());
    // designs that stood for a while are a run once others come
    std::thread::sleep(std::time::Duration::from_millis(1600));
    let moved = targets.moved(&ota1(), |_| -0.1);
    window.state_mut().bench_mut().expect("open").set_targets(moved.clone());
    wait(&mut window, "others are drawn", |app| {
        app.bench().expect("open").designs.as_ref().is_some_and(|d| d.specification == moved)
    });
    settled(&mut window);
    assert_eq!(bench(&window).runs.all().len(), 1);
    window.state_mut().show(&PaneId::RUNS);
    window.run_steps(3);
    // laid under those on the bench, and taken away
    let overlaid = |window: &Window| bench(window).runs.overlaid().cloned().collect::<Vec<_>>();
    assert_eq!(overlaid(&window), []);
    click(&mut window, "Overlay run 1");
    window.run_steps(2);
    assert_eq!(overlaid(&window), first);
    window.get_by_label("8 designs of earlier runs");
    click(&mut window, "Overlay run 1");
    window.run_steps(2);
    assert_eq!(overlaid(&window), []);
    assert_eq!(window.query_all_by_label_contains("of earlier runs").count(), 0);
    click(&mut window, "Bring back run 1");
    window.run_steps(5);
    assert_eq!(bench(&window).targets, targets);
    assert_eq!(bench(&window).candidates(), first, "as they were, measured");
    settled(&mut window);
    assert_eq!(bench(&window).candidates(), first, "and nothing is drawn in their place");
}

#[test]
fn curves_and_devices_of_the_selected_design_are_ngspices_own() {
    use sizewright::engine::OperatingRegion;
    let mut window = measured();
    window.state_mut().bench_mut().expect("open").selected = Some(2);
    window.state_mut().show(&PaneId::CURVES);
    window.run_steps(2);
    let sizing = bench(&window).candidates()[2].sizing.clone();
    wait(&mut window, "the curves are there", |app| app.bench().expect("open").looks.of(&sizing).is_some());
    let look = bench(&window).looks.of(&sizing).expect("asked").clone().expect("it works");
    assert_eq!(
        look.outcome.as_ref().ok().map(|s| s.performance()),
        bench(&window).candidates()[2].measured()
    );
    window.get_by_label("Signal of ac1");
    window.run_steps(3);
    // as it is turned, both are looked into
    window.state_mut().show(&PaneId::DETAIL);
    window.run_steps(2);
    window.get_by_label("W1 on its range").focus();
    window.run_steps(2);
    window.key_press_modifiers(Modifiers::SHIFT, Key::ArrowRight);
    window.run_steps(2);
    wait(&mut window, "the turned one is looked into", |app| {
        let bench = app.bench().expect("open");
        bench.tuning().is_some_and(|t| t.is_turned() && bench.looks.of(&t.sizing).is_some())
    });
    window.state_mut().show(&PaneId::DEVICES);
    window.run_steps(3);
    for device in ["M1", "M7"] {
        assert!(window.query_all_by_label(device).count() > 0, "{device}");
    }
    let tail = look.devices.iter().find(|point| point.device == "M7").expect("the tail");
    assert!(tail.region().is_some_and(|region| region != OperatingRegion::Off));
    assert_eq!(errors(&window), Vec::<String>::new());
}

#[test]
fn the_schematic_has_the_selected_design_in_it() {
    let mut window = measured();
    window.state_mut().bench_mut().expect("open").selected = Some(1);
    window.state_mut().show(&PaneId::SCHEMATIC);
    window.run_steps(2);
    let sizing = bench(&window).candidates()[1].sizing.clone();
    wait(&mut window, "the design is looked into", |app| {
        app.bench().expect("open").looks.of(&sizing).is_some()
    });
    wait(&mut window, "the drawing is there", |app| {
        app.pane::<SchematicPane>().is_some_and(SchematicPane::settled)
    });
    window.run_steps(3);
    window.get_by_label("Schematic of OTA1 · five-transistor OTA");
    let look = bench(&window).looks.of(&sizing).expect("asked").clone().expect("it works");
    let noted = window.state().pane::<SchematicPane>().expect("there").noted();
    for point in &look.devices {
        let lines = &noted.iter().find(|(device, _)| *device == point.device).expect("each device").1;
        let id = format_quantity(point.id.expect("known").abs(), Unit::Ampere, 3);
        assert!(lines.iter().any(|line| line.contains(&id)), "{lines:?} has no {id}");
        let region = point.region().expect("known").name();
        assert!(lines.iter().any(|line| line.contains(region)), "{lines:?} has no {region}");
    }
    let number = bench(&window).selected.map_or(0, |i| i + 1);
    assert!(window.query_all_by_label(&format!("Design {number}")).count() > 0);
    assert_eq!(errors(&window), Vec::<String>::new());
}

#[test]
fn representatives_are_chosen_by_a_click_and_stand_out_alone() {
    let mut window = measured();
    window.state_mut().forms_mut().sample.count = 60;
    let targets = bench(&window).targets.moved(&ota1(), |_| -0.02);
    window.state_mut().bench_mut().expect("open").set_targets(targets);
    wait(&mut window, "more are drawn", |app| app.bench().expect("open").candidates().len() == 60);
    settled(&mut window);
    window.state_mut().show(&PaneId::TABLE);
    window.run_steps(3);
    let found = window.state().pane::<TablePane>().expect("there").representing().to_vec();
    assert!(found.len() >= 2, "{found:?}");
    let targets = bench(&window).targets.clone();
    for one in &found {
        assert_eq!(bench(&window).candidates()[one.design].feasible(&targets), Some(true), "{one:?}");
    }
    let second = &found[1];
    click(&mut window, &format!("{} · {}", second.design + 1, second.name));
    assert_eq!(bench(&window).selected, Some(second.design));
    click(&mut window, "only");
    let mut standing = bench(&window).standing_out();
    standing.sort_unstable();
    let mut expected: Vec<usize> = found.iter().map(|one| one.design).collect();
    expected.sort_unstable();
    assert_eq!(standing, expected);
    click(&mut window, "only");
    assert_eq!(bench(&window).standing_out().len(), 60);
}

#[test]
fn the_best_design_is_one_key_away_and_says_why() {
    let mut window = measured();
    window.key_press_modifiers(Modifiers::COMMAND, Key::B);
    window.run_steps(3);
    let (circuit, targets) = (ota1(), bench(&window).targets.clone());
    let margin = |i: &usize| {
        let performance = bench(&window).candidates()[*i].measured().cloned().expect("measured");
        let all = sizewright::circuit::margins_in_decades(&circuit, &targets, &performance);
        all.into_iter().fold(f64::INFINITY, f64::min)
    };
    let best = (0..8).max_by(|a, b| margin(a).total_cmp(&margin(b))).expect("eight");
    assert_eq!(bench(&window).selected, Some(best));
    window.get_by_label_contains("Best of 8: margin ");
    let worst = (0..8).min_by(|a, b| margin(a).total_cmp(&margin(b))).expect("eight");
    window.state_mut().bench_mut().expect("open").selected = Some(worst);
    window.run_steps(3);
    window.get_by_label_contains("8th of 8: margin ");
}

#[test]
fn a_design_is_measured_over_corners_with_the_worst_case_a_metric() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = crate::support::altered_ota1(folder.path(), "* OTA1", "* OTA1");
    let file = circuit.folder.join("circuit.ron");
    let text = std::fs::read_to_string(&file).expect("a circuit");
    let corners =
        "corners: [(name: \"cold\", temperature: -40), (name: \"hot\", temperature: 125)],\n    schematic:";
    std::fs::write(&file, text.replacen("schematic:", corners, 1)).expect("writable");
    let mut window = crate::window::opened(&circuit.folder);
    let search = &mut window.state_mut().forms_mut().search;
    (search.max_simulations, search.stop_at_first) = (12, false);
    window.state_mut().show(&PaneId::SEARCH);
    window.run_steps(2);
    click(&mut window, "Start search");
    wait(&mut window, "the search ends", |app| app.bench().expect("open").found.is_some());
    click(&mut window, "Show as designs");
    window.state_mut().bench_mut().expect("open").selected = Some(0);
    window.state_mut().show(&PaneId::CORNERS);
    window.run_steps(3);
    click(&mut window, "Simulate in 3 conditions");
    let sizing = bench(&window).candidates()[0].sizing.clone();
    wait(&mut window, "the corners are measured", |app| {
        let cornered = &app.bench().expect("open").cornered;
        cornered.under_way.is_none() && cornered.of(&sizing).is_some_and(|known| known.corners.len() == 3)
    });
    let circuit = &bench(&window).open.circuit;
    let known = bench(&window).cornered.of(&sizing).expect("measured");
    let stop = AtomicBool::new(false);
    for corner in &circuit.corners {
        let own = circuit.in_corner(corner);
        let of = std::slice::from_ref(&sizing);
        let outcome = simulator(&own, 1).run(of, &stop, &mut |_, _| ()).pop().expect("one");
        let performance =
            |o: &sizewright::engine::Outcome| o.as_ref().expect("it works").performance().clone();
        assert_eq!(performance(&known.corners[&corner.name]), performance(&outcome), "{}", corner.name);
    }
    // of each metric the worse of all, with the condition that it is of
    let worst = known.worst(circuit, &bench(&window).targets).expect("all are measured");
    for (m, (value, at)) in worst.iter().enumerate() {
        let all = known.corners.values().map(|o| o.as_ref().expect("it works").performance().0[m]);
        let most = match circuit.metrics[m].sense {
            sizewright::circuit::Sense::AtLeast => all.fold(f64::INFINITY, f64::min),
            _ => all.fold(0.0, f64::max),
        };
        assert_eq!(*value, most);
        assert_eq!(known.corners[at].as_ref().expect("it works").performance().0[m], *value);
        let column = known.corners.values().map(|o| o.as_ref().expect("it works").performance().0[m]);
        let form = Aligned::of(column, circuit.metrics[m].unit, 4);
        assert!(window.query_by_label(&form.title(&circuit.metrics[m].name)).is_some());
        assert!(window.query_all_by_label(&form.show(*value)).count() >= 2, "{}", form.show(*value));
    }
    assert_eq!(errors(&window), Vec::<String>::new());
}
