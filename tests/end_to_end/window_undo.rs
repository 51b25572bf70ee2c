//! Undo and redo in the real application.

use crate::window::{click, errors, trained, window};
use crate::window_shell::drag;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use sizewright::app::Command;

#[test]
fn settings_are_undone_as_targets_are_a_drag_in_one_step() {
    let mut window = window();
    let first = window.state().bench().expect("open").targets.clone();
    let slider = window.get_by_label("Power target").rect();
    drag(&mut window, slider.center(), slider.center() + egui::vec2(60.0, 0.0));
    let dragged = window.state().bench().expect("open").targets.clone();
    assert_ne!(dragged, first);
    window.state_mut().forms_mut().sample.count = 12;
    window.run_steps(2);
    window.state_mut().forms_mut().search.seed = 99;
    window.run_steps(2);
    click(&mut window, "Undo");
    assert_eq!((window.state().forms().search.seed, window.state().forms().sample.count), (1, 12));
    click(&mut window, "Undo");
    assert_eq!(
        (window.state().forms().sample.count, &window.state().bench().expect("open").targets),
        (100, &dragged)
    );
    click(&mut window, "Undo");
    assert_eq!(window.state().bench().expect("open").targets, first, "the whole drag is one step");
    for _ in 0..3 {
        window.key_press_modifiers(Modifiers::COMMAND, Key::Y);
        window.run_steps(2);
    }
    let user = window.state().forms();
    assert_eq!((user.search.seed, user.sample.count), (99, 12));
    assert_eq!(window.state().bench().expect("open").targets, dragged);
}

#[test]
fn three_drags_are_three_steps() {
    // designs are drawn anew while a target is dragged: what arrives meanwhile is no step
    let mut window = trained();
    let targets = |window: &crate::window::Window| window.state().bench().expect("open").targets.clone();
    let mut before = vec![targets(&window)];
    for (name, by) in [("Power target", 50.0), ("DC gain target", -30.0), ("Power target", -40.0)] {
        let slider = window.get_by_label(name).rect();
        drag(&mut window, slider.center(), slider.center() + egui::vec2(by, 0.0));
        before.push(targets(&window));
    }
    for state in before.iter().rev().skip(1) {
        assert!(window.state().can(Command::Undo));
        click(&mut window, "Undo");
        assert_eq!(targets(&window), *state);
    }
    // the step before these is none of a drag
    let recipe = window.state().forms().train.recipe.clone();
    click(&mut window, "Undo");
    assert_eq!(targets(&window), before[0], "no step lies between");
    assert_ne!(window.state().forms().train.recipe, recipe);
    click(&mut window, "Redo");
    assert_eq!(window.state().forms().train.recipe, recipe);
    for state in &before[1..] {
        click(&mut window, "Redo");
        assert_eq!(targets(&window), *state);
    }
    assert_eq!(errors(&window), Vec::<String>::new());
}
