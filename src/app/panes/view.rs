//! What the views of the designs have in common: the legend and the plot's menu above, one selection in all.

use crate::app::look::{Colouring, DesignView, column_name, legend, say_what_is_missing};
use crate::app::plots::{self, Plot};
use crate::app::scene::{Scene, Touch};
use crate::app::state::{Bench, Filter, LookForm, SortKey};
use crate::app::widgets::{accessible, empty};
use crate::app::wish::Wish;
use egui::{Rect, Ui};

/// Draws a view with what it needs to be understood, and its menu. `draw` says where the plot stands and which design
/// is under the pointer; `name` completes "Save or copy …".
pub fn view_pane(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    plot: Plot,
    name: &str,
    draw: impl FnOnce(&mut Ui, &DesignView<'_>) -> (Rect, Option<Touch>),
) {
    let Some(bench) = scene.bench else {
        empty(ui, "No circuit is open.", "Choose one on the left (1).", None);
        return;
    };
    plots::row(ui, plot, name, |ui| match bench.designs.is_some() {
        true => legend(ui, bench),
        false => say_what_is_missing(ui, bench),
    });
    let view = DesignView::of(bench, &scene.forms.look, scene.pointed.marked, ui);
    let (rect, touch) = draw(ui, &view);
    plots::shows(ui, plot, rect);
    scene.touched(touch);
}

/// What the views share, in the row of their tabs.
pub fn view_bar(ui: &mut Ui, scene: &mut Scene<'_>) {
    if let Some(bench) = scene.bench {
        colour_chooser(ui, bench, &mut scene.forms.look);
        if !bench.filter.is_empty() {
            let text = format!("{} of {} ×", bench.standing_out().len(), bench.candidates().len());
            let clear =
                ui.button(text).on_hover_text("The designs that stand out; lets all of them stand out again");
            accessible::name(&clear, "Let all designs stand out");
            if clear.clicked() {
                scene.wish(Wish::SetFilter(Filter::default()));
            }
        }
    }
    let look = &mut scene.forms.look;
    ui.checkbox(&mut look.cloud, "Training rows")
        .on_hover_text("Lay the training rows under the designs in grey");
    ui.checkbox(&mut look.near, "Close up")
        .on_hover_text("Let the axes span the designs and the targets only, not all rows");
}

/// What designs are coloured by, with the colours' meaning.
fn colour_chooser(ui: &mut Ui, bench: &Bench, look: &mut LookForm) {
    let circuit = &bench.open.circuit;
    let metrics = (0..circuit.metrics.len()).map(SortKey::Metric);
    let parameters = (0..circuit.parameters.len()).map(SortKey::Parameter);
    let all = [SortKey::Verdict, SortKey::Margin].into_iter().chain(metrics).chain(parameters);
    // in a row that is filled from the right what comes first stands last
    let chooser = egui::ComboBox::from_id_salt("colour")
        .selected_text(column_name(circuit, look.colour))
        .width(96.0)
        .height(420.0)
        .show_ui(ui, |ui| {
            for by in all {
                ui.selectable_value(&mut look.colour, by, column_name(circuit, by));
            }
        });
    accessible::name(&chooser.response, "Colour of the designs");
    chooser.response.on_hover_text("What the designs are coloured by; their shapes tell the verdict");
    if let Some(colouring) = Colouring::of(bench, look.colour) {
        colouring.legend(ui, circuit);
    }
}
