//! Designs that are measured as they come, and designs that are turned by hand while ngspice answers.

use crate::support::{ota1, simulator};
use crate::window::{Window, click, errors, load_model, quiet, undrawn, wait};
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use sizewright::app::{App, AppConfig, Bench};
use sizewright::circuit::{Sizing, Specification};
use sizewright::engine::Origin;
use sizewright::spice::Simulate;
use std::sync::atomic::AtomicBool;

fn bench(window: &Window) -> &Bench {
    window.state().bench().expect("open")
}

/// OTA1 with its bundled model; a dozen designs are drawn, and measured as they come.
fn measured() -> Window {
    let mut window = undrawn(AppConfig { measure: true, ..quiet() });
    let forms = window.state_mut().forms_mut();
    (forms.sample.count, forms.sample.times) = (12, 2);
    load_model(&mut window);
    all_measured(&mut window);
    window
}

fn all_measured(window: &mut Window) {
    wait(window, "all designs are measured", |app| {
        let bench = app.bench().expect("open");
        let idle = bench.sampling.is_none() && !bench.simulating();
        idle && bench.designs.is_some() && bench.candidates().iter().all(|c| c.simulated.is_some())
    });
}

#[test]
fn designs_are_measured_as_they_come() {
    let mut window = measured();
    assert_eq!(bench(&window).tally().simulated, 12);
    assert_eq!(errors(&window), Vec::<String>::new());
    // a target that is moved draws others, which are measured as well
    let before: Vec<Sizing> = bench(&window).candidates().iter().map(|c| c.sizing.clone()).collect();
    let targets = bench(&window).targets.moved(&ota1(), |_| -0.05);
    window.state_mut().bench_mut().expect("open").set_targets(targets);
    wait(&mut window, "others are drawn", |app| {
        app.bench().expect("open").candidates().iter().any(|c| !before.contains(&c.sizing))
    });
    all_measured(&mut window);
    // and where that is switched off they are not
    click(&mut window, "Simulate designs as they come");
    let targets = bench(&window).targets.moved(&ota1(), |_| 0.02);
    window.state_mut().bench_mut().expect("open").set_targets(targets);
    wait(&mut window, "designs are drawn that nobody measures", |app| {
        let bench = app.bench().expect("open");
        bench.sampling.is_none() && bench.candidates().iter().any(|c| c.simulated.is_none())
    });
    window.run_steps(20);
    assert!(!bench(&window).simulating());
}

#[test]
fn a_draft_follows_what_is_dragged_and_the_delivery_comes_once_it_is_let_go() {
    let mut window = measured();
    let forms = window.state_mut().forms_mut();
    (forms.sample.count, forms.sample.times) = (60, 4);
    let drafted = |app: &App, of: &Specification| {
        let designs = app.bench().expect("open").designs.as_ref();
        designs.is_some_and(|d| d.draft && d.candidates.len() == 32 && d.specification == *of)
    };
    let at = egui::pos2(700.0, 8.0);
    window.event(egui::Event::PointerMoved(at));
    let button = |pressed| egui::Event::PointerButton {
        pos: at,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    window.event(button(true));
    window.run_steps(2);
    for by in [-0.02, -0.04] {
        let targets = bench(&window).targets.moved(&ota1(), |_| by);
        window.state_mut().bench_mut().expect("open").set_targets(targets.clone());
        wait(&mut window, "a draft for where it is", |app| drafted(app, &targets));
    }
    // unranked, and measured all the same
    all_measured(&mut window);
    window.run_steps(20);
    let targets = bench(&window).targets.clone();
    assert!(drafted(window.state(), &targets), "what is delivered waits");
    window.event(button(false));
    wait(&mut window, "the delivery", |app| {
        let designs = app.bench().expect("open").designs.as_ref();
        designs.is_some_and(|d| !d.draft && d.candidates.len() == 60 && d.of == 4)
    });
    all_measured(&mut window);
    // a draft is no run
    assert!(bench(&window).runs.all().iter().all(|run| !run.designs.draft));
    // a draw that costs no more than a draft has none before it
    window.state_mut().forms_mut().sample.count = 12;
    let targets = bench(&window).targets.moved(&ota1(), |_| 0.03);
    window.state_mut().bench_mut().expect("open").set_targets(targets.clone());
    wait(&mut window, "designs for these", |app| {
        app.bench().expect("open").designs.as_ref().is_some_and(|d| d.specification == targets)
    });
    assert!(bench(&window).designs.as_ref().is_some_and(|d| !d.draft && d.candidates.len() == 12));
    assert_eq!(errors(&window), Vec::<String>::new());
}

/// Steps a parameter of the selected design by the arrow keys, and waits for the answer.
fn turn(window: &mut Window, parameter: &str, key: Key, modifiers: Modifiers) {
    window.get_by_label(&format!("{parameter} on its range")).focus();
    window.run_steps(2);
    window.key_press_modifiers(modifiers, key);
    window.run_steps(2);
    wait(window, "ngspice answers", |app| {
        app.bench().expect("open").tuning().is_some_and(|t| t.next().is_none() && !t.waits())
    });
}

#[test]
fn a_design_is_turned_and_ngspice_answers() {
    let mut window = measured();
    window.state_mut().bench_mut().expect("open").selected = Some(3);
    window.run_steps(3);
    let original = bench(&window).candidates()[3].clone();
    turn(&mut window, "W1", Key::ArrowRight, Modifiers::SHIFT);
    turn(&mut window, "W1", Key::ArrowRight, Modifiers::SHIFT);
    turn(&mut window, "VB", Key::ArrowLeft, Modifiers::NONE);
    let tuning = bench(&window).tuning().expect("turned").clone();
    let circuit = ota1();
    let mut expected = original.sizing.clone();
    let [w1, vb] = ["W1", "VB"].map(|n| circuit.parameters.iter().position(|p| p.name == n).expect("there"));
    expected.0[w1] = (0..20).fold(expected.0[w1], |at, _| circuit.parameters[w1].neighbour(at, true));
    expected.0[vb] = circuit.parameters[vb].neighbour(expected.0[vb], false);
    assert_eq!(tuning.sizing, expected, "20 places of the grid up, one down");
    assert_eq!(tuning.turned(), [vb.min(w1), vb.max(w1)]);
    window.get_by_label("2 parameters turned");
    // the answer is ngspice's own, and the design is as it was
    let outcome = simulator(&circuit, 1)
        .run(std::slice::from_ref(&expected), &AtomicBool::new(false), &mut |_, _| ())
        .remove(0);
    let direct = outcome.expect("it works").performance().clone();
    assert_eq!(tuning.performance(), Some(&direct));
    assert_ne!(Some(&direct), original.measured());
    assert_eq!(bench(&window).candidates()[3], original);
    // kept, it is a design among the others
    click(&mut window, "Keep as design");
    let kept = bench(&window);
    assert_eq!((kept.candidates().len(), kept.selected), (13, Some(12)));
    let design = kept.selected_design().expect("selected");
    assert_eq!((design.origin, &design.sizing), (Origin::Tuned, &expected));
    assert_eq!(design.measured(), Some(&direct));
    assert!(kept.tuning().is_none());
    assert_eq!(errors(&window), Vec::<String>::new());
}

#[test]
fn what_was_turned_is_not_lost_to_a_new_draw_and_goes_back_on_demand() {
    let mut window = measured();
    window.state_mut().bench_mut().expect("open").selected = Some(0);
    window.run_steps(3);
    turn(&mut window, "L1", Key::ArrowRight, Modifiers::SHIFT);
    click(&mut window, "Back");
    assert!(bench(&window).tuning().is_none());
    turn(&mut window, "L1", Key::ArrowRight, Modifiers::SHIFT);
    let turned = bench(&window).tuning().expect("turned").sizing.clone();
    let targets = bench(&window).targets.moved(&ota1(), |_| -0.05);
    window.state_mut().bench_mut().expect("open").set_targets(targets.clone());
    wait(&mut window, "others are drawn", |app| {
        let designs = app.bench().expect("open").designs.as_ref();
        designs.is_some_and(|designs| designs.specification == targets)
    });
    all_measured(&mut window);
    let own: Vec<_> = bench(&window).candidates().iter().filter(|c| c.origin == Origin::Tuned).collect();
    assert_eq!(own.len(), 1);
    assert_eq!(own[0].sizing, turned);
}

#[test]
fn a_parameter_is_dragged_along_its_range() {
    let mut window = measured();
    window.state_mut().bench_mut().expect("open").selected = Some(1);
    window.run_steps(3);
    let track = window.get_by_label("W2 on its range").rect();
    window.hover_at(track.left_center() + egui::vec2(20.0, 0.0));
    window.run_steps(1);
    window.drag_at(track.left_center() + egui::vec2(20.0, 0.0));
    window.run_steps(1);
    let middle = track.center();
    for part in 0..8u8 {
        window.hover_at(track.left_center() + (middle - track.left_center()) * (f32::from(part) / 7.0));
        window.step();
    }
    window.drop_at(middle);
    wait(&mut window, "ngspice answers for the last place", |app| {
        app.bench().expect("open").tuning().is_some_and(|t| t.next().is_none() && !t.waits())
    });
    let tuning = bench(&window).tuning().expect("turned");
    let w2 = bench(&window).open.circuit.parameters.iter().position(|p| p.name == "W2").expect("there");
    let parameter = &bench(&window).open.circuit.parameters[w2];
    let at = parameter.to_unit_interval(tuning.sizing.0[w2]);
    assert!((at - 0.5).abs() < 0.02, "the middle of the range: {at}");
    assert_eq!(parameter.snap(tuning.sizing.0[w2]), tuning.sizing.0[w2], "on the grid");
    assert!(tuning.performance().is_some());
}
