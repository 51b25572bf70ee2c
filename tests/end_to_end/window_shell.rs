//! The shell of the window: layout, session, files dropped on it, palette, queue, log, names for every control.

use crate::window::{click, errors, trained, window};
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use sizewright::app::{Pane, Tab};

/// Presses at `from`, moves and lets go at `to`.
fn drag(window: &mut crate::window::Window, from: egui::Pos2, to: egui::Pos2) {
    window.hover_at(from);
    window.run_steps(1);
    window.drag_at(from);
    window.run_steps(1);
    for part in [0.2, 0.6, 1.0, 1.0] {
        window.hover_at(from.lerp(to, part));
        window.run_steps(1);
    }
    window.drop_at(to);
    window.run_steps(3);
}

#[test]
fn a_tab_is_dragged_beside_another_and_the_layout_is_reset() {
    let mut window = trained();
    let shown = |window: &crate::window::Window| {
        let layout = window.state().layout();
        Pane::ALL.into_iter().filter(|pane| layout.shows(*pane)).collect::<Vec<_>>()
    };
    let first = [Pane::Scatter, Pane::Table, Pane::Detail];
    assert_eq!(shown(&window), first);
    // the 3-D view to the lower edge of the scatter view: both are in sight
    let tab = window.get_by_role_and_label(Role::Button, "3-D").rect();
    let table = window.get_by_role_and_label(Role::Button, "Table").rect();
    let low = tab.bottom() + 0.75 * (table.top() - tab.bottom());
    drag(&mut window, tab.center(), egui::pos2(tab.center().x + 300.0, low));
    assert_eq!(shown(&window), [Pane::Scatter, Pane::Space, Pane::Table, Pane::Detail]);
    window.get_by_label_contains("needs a graphics device");

    // Ctrl+2 brings the losses forward, Ctrl+1 the designs as they were laid
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num2);
    window.run_steps(3);
    assert_eq!(shown(&window), [Pane::Training]);
    assert_eq!(window.state().user().tab, Tab::Training);
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num1);
    window.run_steps(3);
    assert_eq!(shown(&window), [Pane::Scatter, Pane::Space, Pane::Table, Pane::Detail]);
    for (key, tab) in [(Key::Num3, Tab::Circuit), (Key::Num4, Tab::Search), (Key::Num1, Tab::Designs)] {
        window.key_press_modifiers(Modifiers::COMMAND, key);
        window.run_steps(3);
        assert_eq!(window.state().user().tab, tab);
    }

    click(&mut window, "View");
    click(&mut window, "Reset layout");
    window.run_steps(2);
    assert_eq!(shown(&window), first);
    assert_eq!(errors(&window), Vec::<String>::new());
}

#[test]
fn a_wish_brings_its_tab_forward_wherever_it_lies() {
    let mut window = window();
    click(&mut window, "Circuit");
    assert_eq!(window.state().user().tab, Tab::Circuit);
    assert!(window.state().layout().shows(Pane::Circuit));
    window.state_mut().user_mut().tab = Tab::Search;
    window.run_steps(2);
    assert!(window.state().layout().shows(Pane::Search) && !window.state().layout().shows(Pane::Circuit));
    // choosing a view does not pull the designs forward
    window.state_mut().user_mut().look.view = sizewright::app::View::Parallel;
    window.run_steps(2);
    assert_eq!(window.state().user().tab, Tab::Search);
    window.get_by_role_and_label(Role::Button, "Designs").click();
    window.run_steps(2);
    assert!(window.state().layout().shows(Pane::Parallel));
}
