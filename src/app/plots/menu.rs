//! The small menu at each plot: its picture or its data, saved or copied.
//!
//! A plot says where it stands with [`shows`] and has its [`menu`] somewhere near; both reach the
//! application through the frame's memory, so that a plot need not know it.

use egui::containers::menu::MenuButton;
use egui::{Align, Context, Id, Layout, Rect, Role, Ui, WidgetInfo};

/// A plot, as its menu and its data are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Plot {
    /// Every pair of metrics.
    Scatter,
    /// Three metrics in space.
    Space,
    /// Metrics and parameters side by side.
    Parallel,
    /// The losses of a training.
    Loss,
    /// The convergence of a search.
    Convergence,
    /// The histogram of a metric.
    Metric(usize),
    /// The histogram of a parameter.
    Parameter(usize),
    /// The trade-off between two metrics.
    Front,
    /// The margins of the selected design.
    Margins,
    /// The curves of the selected design.
    Curves,
}

/// What is to become of a plot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlotChoice {
    /// The picture as a PNG file.
    SavePicture,
    /// The picture on the clipboard.
    CopyPicture,
    /// The data as a CSV file.
    SaveData,
    /// The data as CSV on the clipboard.
    CopyData,
}

/// A choice in a plot's menu.
#[derive(Clone)]
pub struct PlotRequest {
    /// The plot.
    pub plot: Plot,
    /// What completes "the picture of the …", as in `losses`.
    pub name: String,
    /// What is to become of the plot.
    pub what: PlotChoice,
}

/// Where a plot stood in which pass.
#[derive(Clone, Copy)]
struct Place {
    rect: Rect,
    pass: u64,
}

fn mailbox() -> Id {
    Id::unique("wish of a plot's menu")
}

fn place(plot: Plot) -> Id {
    Id::unique(("place of a plot", plot))
}

fn wanted() -> Id {
    Id::unique("plot whose picture is taken")
}

/// The menu of a plot: a button with three dots. `name` completes "Save or copy …", as in `losses`.
pub fn menu(ui: &mut Ui, plot: Plot, name: &str) {
    let (response, _) =
        MenuButton::from_button(egui::Button::new("⋯").frame_when_inactive(false)).ui(ui, |ui| {
            ui.set_min_width(170.0);
            for (what, title) in [
                (PlotChoice::SavePicture, "Save picture…"),
                (PlotChoice::CopyPicture, "Copy picture"),
                (PlotChoice::SaveData, "Save data…"),
                (PlotChoice::CopyData, "Copy data"),
            ] {
                if what == PlotChoice::SaveData {
                    ui.separator();
                }
                if ui.button(title).clicked() {
                    let request = PlotRequest { plot, name: name.to_owned(), what };
                    ui.ctx().data_mut(|d| d.insert_temp(mailbox(), Some(request)));
                    ui.close();
                }
            }
        });
    let label = format!("Save or copy {name}");
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
    response.on_hover_text("Picture as PNG, data as CSV: save or copy");
}

/// A row above a plot: what is said of it, and its menu at the right end.
pub fn row(ui: &mut Ui, plot: Plot, name: &str, rest: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
            menu(ui, plot, name);
            ui.with_layout(Layout::left_to_right(Align::Center).with_main_wrap(true), rest);
        });
    });
}

/// Says where a plot stands in this pass. While its picture is wanted it is scrolled into sight.
pub fn shows(ui: &Ui, plot: Plot, rect: Rect) {
    let pass = ui.ctx().cumulative_pass_nr();
    let seen = rect.intersect(ui.clip_rect());
    ui.ctx().data_mut(|d| d.insert_temp(place(plot), Place { rect: seen, pass }));
    let wanted = ui.ctx().data(|d| d.get_temp::<Option<Plot>>(wanted())).flatten();
    if wanted == Some(plot) && seen.size() != rect.size() {
        ui.scroll_to_rect_animation(rect, None, egui::style::ScrollAnimation::none());
    }
}

/// What was chosen in a plot's menu since it was last asked.
pub fn requested(ctx: &Context) -> Option<PlotRequest> {
    ctx.data_mut(|d| d.remove_temp::<Option<PlotRequest>>(mailbox())).flatten()
}

/// Says of which plot a picture is wanted, so that it comes into sight.
pub fn want(ctx: &Context, plot: Option<Plot>) {
    ctx.data_mut(|d| d.insert_temp(wanted(), plot));
}

/// Where a plot stands in this pass; nothing where it is out of sight.
pub fn place_now(ctx: &Context, plot: Plot) -> Rect {
    let pass = ctx.cumulative_pass_nr();
    let here = ctx.data(|d| d.get_temp::<Place>(place(plot))).filter(|p| p.pass == pass);
    here.map_or(Rect::NOTHING, |p| p.rect)
}
