//! Long work in the window: what waits in turn, the list of jobs, the log, and a name for every control.

use crate::window::{Window, click, errors, tiny, trained, wait, window};
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{By, NodeT, Queryable};
use sizewright::app::{Command, PaneId};

#[test]
fn a_second_training_is_queued_on_demand_and_begins_after_the_first() {
    let mut window = window();
    tiny(&mut window);
    window.state_mut().forms_mut().train.recipe.epochs = 5000;
    window.key_press_modifiers(Modifiers::COMMAND, Key::T);
    window.run_steps(2);
    wait(&mut window, "steps are taken", |app| {
        app.bench().expect("open").training.as_ref().is_some_and(|t| t.step > 2)
    });
    // the next one is set while the first goes on
    window.state_mut().forms_mut().train.recipe.epochs = 1;
    window.state_mut().forms_mut().train.seed = 42;
    window.key_press_modifiers(Modifiers::COMMAND, Key::T);
    window.run_steps(3);
    window.get_by_label("A training is under way");
    click(&mut window, "Not now");
    assert!(window.state().queued().is_empty());
    click(&mut window, "Queue…");
    window.run_steps(2);
    click(&mut window, "Queue");
    assert_eq!(window.state().queued().len(), 1);
    assert!(window.state().queued()[0].contains("1 epochs, seed 42"), "{:?}", window.state().queued());
    // the list of jobs ends the one and can drop the other
    click(&mut window, "Jobs: 2");
    window.run_steps(3);
    assert!(window.query_all_by_label_contains("samples/s").count() >= 2, "on the left and in the list");
    window.get_by_label("Remove");
    click(&mut window, "Stop training");
    wait(&mut window, "the second ends", |app| {
        app.bench().expect("open").training.is_none()
            && app.bench().expect("open").model.as_ref().is_some_and(|m| m.model.seed == 42)
    });
    assert!(window.state().queued().is_empty());
    assert_eq!(errors(&window), Vec::<String>::new());
}

#[test]
fn simulations_wait_for_one_another_and_none_is_asked_for_twice() {
    let mut window = trained();
    window.state_mut().forms_mut().best = 3;
    window.state_mut().bench_mut().expect("open").selected = Some(5);
    window.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::M);
    window.key_press_modifiers(Modifiers::COMMAND, Key::M);
    window.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::M);
    window.run_steps(4);
    wait(&mut window, "both are done", |app| {
        let measured = app
            .bench()
            .expect("open")
            .designs
            .as_ref()
            .map_or(0, |designs| designs.candidates.iter().filter(|c| c.simulated.is_some()).count());
        !app.bench().expect("open").simulating() && app.queued().is_empty() && measured > 3
    });
    let designs = window.state().bench().expect("open").designs.as_ref().expect("drawn");
    let measured: Vec<usize> = (0..6).filter(|i| designs.candidates[*i].simulated.is_some()).collect();
    assert_eq!(measured, [0, 1, 2, 5]);
}

#[test]
fn the_log_keeps_what_was_dismissed() {
    let mut window = window();
    window.state_mut().open("no/such/circuit");
    wait(&mut window, "it is refused", |app| !app.messages().is_empty());
    click(&mut window, "Dismiss");
    click(&mut window, "Help");
    click(&mut window, "Log");
    window.run_steps(3);
    window.get_by_label_contains("no/such/circuit");
    window.get_by_label("Copy log").click();
    let mut copied = String::new();
    for _ in 0..4 {
        window.run_steps(1);
        for command in &window.output().platform_output.commands {
            if let egui::OutputCommand::CopyText(text) = command {
                copied.clone_from(text);
            }
        }
    }
    assert!(copied.contains("UTC  error  ") && copied.contains("no/such/circuit"), "{copied}");
    window.get_by_label("Filter").focus();
    window.run_steps(2);
    window.get_by_role_and_label(Role::TextInput, "Filter").type_text("something else");
    window.run_steps(3);
    window.get_by_label("No line fits the filter.");
}

/// Every control in sight has a name that can be read out.
fn all_named(window: &Window, state: &str) {
    let roles = [
        Role::Button,
        Role::CheckBox,
        Role::ComboBox,
        Role::Link,
        Role::RadioButton,
        Role::Slider,
        Role::SpinButton,
        Role::TextInput,
        Role::MultilineTextInput,
    ];
    let mut count = 0;
    for role in roles {
        for node in window.query_all(By::new().role(role)) {
            count += 1;
            let label = node.accesskit_node().label().unwrap_or_default();
            let (rect, value) = (node.rect(), node.value());
            assert!(
                !label.trim().is_empty(),
                "{state}: a {role:?} at {rect} without a name, value {value:?}"
            );
        }
    }
    assert!(count > 20, "{state}: {count} controls are too few to be all of them");
}

#[test]
fn every_control_has_a_name() {
    let mut window = trained();
    all_named(&window, "designs");
    for section in ["Recipe and device", "Model file", "Solver and guidance"] {
        click(&mut window, section);
        window.run_steps(6);
        all_named(&window, section);
    }
    for (key, pane) in [
        (Key::Num2, PaneId::TRAINING),
        (Key::Num3, PaneId::CIRCUIT),
        (Key::Num4, PaneId::SEARCH),
        (Key::Num5, PaneId::COMPARE),
    ] {
        window.key_press_modifiers(Modifiers::COMMAND, key);
        window.run_steps(3);
        assert!(window.state().layout().shows(&pane), "{pane:?}");
        all_named(&window, &format!("{pane:?}"));
    }
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num1);
    window.run_steps(3);
    for view in ["3-D", "Parallel"] {
        click(&mut window, view);
        window.run_steps(3);
        all_named(&window, view);
    }
    window.key_press_modifiers(Modifiers::COMMAND, Key::E);
    window.run_steps(4);
    all_named(&window, "export");
    window.key_press_modifiers(Modifiers::COMMAND, Key::P);
    window.run_steps(3);
    all_named(&window, "command palette");
    window.key_press(Key::Escape);
    window.run_steps(2);
    window.key_press(Key::F1);
    window.run_steps(3);
    all_named(&window, "shortcuts");
    window.state_mut().open("no/such/circuit");
    wait(&mut window, "it is refused", |app| !app.messages().is_empty());
    all_named(&window, "an error");
}

#[test]
fn a_long_sampling_tells_how_far_it_is_and_is_cancelled() {
    let mut window = trained();
    let before = window.state().bench().expect("open").designs.as_ref().expect("drawn").candidates.clone();
    let form = &mut window.state_mut().forms_mut().sample;
    (form.live, form.ranked, form.count, form.steps) = (false, false, 10_000, 1000);
    click(&mut window, "Sample");
    let cancel = "Cancel sampling from the status bar";
    let began = std::time::Instant::now();
    let told = |window: &Window| {
        window.query_all_by_label(cancel).count() > 0
            && window.query_all_by_label_contains(" left").count() > 0
    };
    while !told(&window) {
        assert!(began.elapsed().as_secs() < 60, "{:?}", window.state().messages());
        std::thread::sleep(std::time::Duration::from_millis(20));
        window.step();
    }
    assert!(window.state().bench().expect("open").sampling.is_some());
    click(&mut window, cancel);
    wait(&mut window, "it stops", |app| app.bench().expect("open").sampling.is_none());
    let after = &window.state().bench().expect("open").designs.as_ref().expect("kept").candidates;
    assert_eq!(&before, after, "what was drawn before is kept");
    assert_eq!(errors(&window), Vec::<String>::new());
}

/// The draft is there before the frame that would show it; what is cancelled meanwhile is not shown.
#[test]
fn a_draft_that_is_drawn_when_it_is_cancelled_is_not_shown() {
    let mut window = trained();
    let ctx = window.ctx.clone();
    let designs = |window: &Window| {
        let designs = window.state().bench().expect("open").designs.as_ref().expect("drawn");
        (designs.draft, designs.candidates.clone())
    };
    let before = designs(&window);
    assert!(!before.0);
    window.state_mut().forms_mut().sample.count = 1000;
    window.state_mut().run(Command::Sample, &ctx);
    assert!(window.state().bench().expect("open").sampling.as_ref().is_some_and(|s| s.draft));
    std::thread::sleep(std::time::Duration::from_secs(2));
    window.state_mut().run(Command::CancelSampling, &ctx);
    wait(&mut window, "it ends", |app| app.bench().expect("open").sampling.is_none());
    window.run_steps(4);
    assert!(window.state().bench().expect("open").sampling.is_none(), "no delivery follows");
    assert_eq!(before, designs(&window));
}
