//! The way without a model: a search in the loop with ngspice, its convergence live.

use crate::app::commands::Command;
use crate::app::look::axis;
use crate::app::pane::Pane;
use crate::app::plots::{self, Plot, data};
use crate::app::scene::Scene;
use crate::app::state::{Bench, SearchForm};
use crate::app::theme::palette;
use crate::app::widgets::empty;
use crate::app::widgets::region_line;
use crate::app::wish::Wish;
use crate::app::words::{duration, grouped};
use crate::circuit::percent_of;
use crate::engine::{HistoryPoint, SearchResult, SearchSettings, Searching, Strategy};
use egui::{DragValue, ProgressBar, Ui};
use egui_plot::{Corner, HLine, Legend, Line, LineStyle, MarkerShape, Plot as Chart, Points};

/// The search and its convergence.
#[derive(Default)]
pub struct SearchPane;

impl Pane for SearchPane {
    fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        ui.horizontal_wrapped(|ui| {
            search_form(ui, &mut scene.forms.search);
        });
        ui.horizontal(|ui| search_button(ui, scene));
        region_line(ui, scene);
        let Some(bench) = scene.bench.filter(|bench| !bench.searching.history.is_empty()) else {
            let idle = scene.bench.is_none_or(|bench| bench.search.is_none());
            let (title, next) = match idle {
                false => ("The first designs are being simulated.", ""),
                true => (
                    "No search yet.",
                    "It looks for a design that meets the targets (3), in the loop with ngspice: it needs neither \
                     rows nor a model. Press Start search, or Ctrl+F.",
                ),
            };
            empty(ui, title, next, None);
            return;
        };
        let state = &bench.searching;
        plots::row(ui, Plot::Convergence, "convergence of the search", |ui| {
            ui.strong(format!("{} simulations", grouped(state.simulations)));
            ui.label(match &bench.search {
                Some(search) => duration(search.since.elapsed().as_secs_f64()),
                None => duration(state.seconds),
            });
            match &bench.found {
                Some(found) => ui.label(result_text(found)),
                None => ui.label(format!("{} feasible in ngspice", grouped(state.feasible))),
            };
        });
        let rect = ui.available_rect_before_wrap();
        convergence(ui, state);
        plots::shows(ui, Plot::Convergence, rect);
    }

    fn data(&self, plot: Plot, bench: &Bench) -> Option<String> {
        let state = || data::convergence(&bench.open.circuit, &bench.targets, &bench.searching);
        (plot == Plot::Convergence).then(state)
    }
}

fn strategy_name(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Assisted => "Gaussian processes",
        Strategy::CmaEs => "CMA-ES",
        Strategy::Evolution => "Evolution",
    }
}

fn search_button(ui: &mut Ui, scene: &mut Scene<'_>) {
    if let Some((bench, search)) = scene.bench.and_then(|bench| Some((bench, bench.search.as_ref()?))) {
        let progress = search.progress(bench.searching.simulations);
        scene.button(ui, Command::StopSearch, "Stop search");
        let queue = ui.button("Queue…").on_hover_text("Search once more after this one, as it is set above");
        if queue.clicked() {
            scene.run(Command::Search, ui.ctx());
        }
        ui.add(ProgressBar::new(progress.part.unwrap_or(0.0)).desired_width(200.0).text(progress.name))
            .on_hover_text("Of the simulations that it may use; it may well need fewer");
        return;
    }
    let start = scene.button(ui, Command::Search, "Start search");
    start.on_disabled_hover_text("Open a circuit and set a target first");
    if scene.bench.is_some_and(|bench| bench.found.is_some()) {
        let show = ui.button("Show as designs").on_hover_text("To look at them, compare and export them");
        if show.clicked() {
            scene.wish(Wish::ShowFound);
        }
    }
}

fn search_form(ui: &mut Ui, form: &mut SearchForm) {
    let label = ui.label("Strategy");
    let before = form.strategy;
    egui::ComboBox::from_id_salt("strategy")
        .selected_text(strategy_name(form.strategy))
        .show_ui(ui, |ui| {
            for strategy in Strategy::ALL {
                ui.selectable_value(&mut form.strategy, strategy, strategy_name(strategy))
                    .on_hover_text(strategy.about());
            }
        })
        .response
        .labelled_by(label.id);
    if form.strategy != before {
        form.max_simulations = form.strategy.max_simulations();
    }
    let label = ui.label("At most");
    let most = DragValue::new(&mut form.max_simulations).range(1..=SearchSettings::MOST_SIMULATIONS);
    ui.add(most.suffix(" simulations")).labelled_by(label.id);
    let label = ui.label("Seed");
    ui.add(DragValue::new(&mut form.seed).speed(0.1)).labelled_by(label.id);
    ui.checkbox(&mut form.stop_at_first, "Stop at the first feasible design")
        .on_hover_text("Otherwise all simulations are used to improve the worst margin");
}

/// How a search ended, in a line.
fn result_text(found: &SearchResult) -> String {
    let simulations = grouped(found.simulations);
    match found.first_feasible {
        Some((first, seconds)) => format!(
            "{} of {simulations} simulated are feasible in ngspice; the first after {first}, {}",
            grouped(found.feasible_count),
            duration(seconds)
        ),
        None => format!(
            "None of {simulations} simulated is feasible: the nearest misses by {:.2} % in sum",
            percent_of(found.best.score.violation)
        ),
    }
}

/// The smallest violation and the best design's worst margin over the simulations.
fn convergence(ui: &mut Ui, state: &Searching) {
    let colours = palette(ui.visuals());
    let each = (ui.available_height() - 8.0) / 2.0;
    let grid = ui.visuals().weak_text_color().gamma_multiply(0.45);
    let plot = |name: &str| {
        Chart::new(name.to_owned())
            .height(each)
            .grid_color(grid)
            .include_x(0.0)
            // both over the whole search, though the violation ends where a design is feasible
            .include_x(state.simulations as f64)
            .x_axis_label("simulations")
            .y_axis_min_width(54.0)
    };
    let violation = points(state, |h| (h.violation > 0.0).then(|| percent_of(h.violation).log10()));
    let first = state
        .history
        .iter()
        .find(|h| h.violation == 0.0)
        .map(|h| [h.simulations as f64, percent_of(h.margin)]);
    // it holds until there is none
    let end = violation.last().zip(first).map(|(last, first)| [first[0], last[1]]);
    let falling: Vec<[f64; 2]> = violation.iter().copied().chain(end).collect();
    plot("violation")
        .legend(Legend::default().position(Corner::RightTop))
        .y_axis_label("violation (%, logarithmic)")
        .y_grid_spacer(axis::many_log_marks)
        .y_axis_formatter(|mark, _| tick(mark.value))
        .label_formatter(|position| hover(position, |y| format!("{:.3} %", 10f64.powf(y))))
        .show(ui, |plot| {
            plot.points(Points::new("smallest violation", violation).color(colours.infeasible).radius(2.4));
            plot.line(steps("smallest violation", &falling).color(colours.infeasible));
        });
    let margin = points(state, |h| Some(percent_of(h.margin)));
    plot("margin")
        .legend(Legend::default().position(Corner::RightBottom))
        .y_axis_label("worst margin (%)")
        .label_formatter(|position| hover(position, |y| format!("{y:+.1} %")))
        .include_y(0.0)
        .show(ui, |plot| {
            plot.hline(
                HLine::new("feasible above", 0.0).color(colours.feasible).style(LineStyle::dashed_loose()),
            );
            plot.points(
                Points::new("worst margin of the best", margin.clone()).color(colours.accent).radius(2.4),
            );
            plot.line(steps("worst margin of the best", &margin).color(colours.accent));
            if let Some(first) = first {
                plot.points(
                    Points::new("first feasible", vec![first])
                        .color(colours.feasible)
                        .shape(MarkerShape::Circle)
                        .radius(4.5),
                );
            }
        });
}

fn hover(position: &egui_plot::HoverPosition<'_>, value: impl Fn(f64) -> String) -> Option<String> {
    match position {
        egui_plot::HoverPosition::NearDataPoint { plot_name, position, .. } => {
            Some(format!("{plot_name}\nsimulation {:.0}\n{}", position.x, value(position.y)))
        }
        egui_plot::HoverPosition::Elsewhere { .. } => None,
    }
}

/// `0.1`, `5e-3` for a tick at its logarithm.
fn tick(log: f64) -> String {
    let value = 10f64.powf(log);
    if value < 0.01 { format!("{value:.0e}") } else { axis::loss_tick(log) }
}

/// What holds until the next improvement: a staircase.
fn steps<'a>(name: &'static str, points: &[[f64; 2]]) -> Line<'a> {
    let treads = points.windows(2).flat_map(|pair| [pair[0], [pair[1][0], pair[0][1]]]);
    let corners: Vec<[f64; 2]> = treads.chain(points.last().copied()).collect();
    // corners above one another would be filled as a band
    Line::new(name, corners).width(2.0).allow_band(false)
}

/// A value at every improvement, up to the first point without one.
fn points(state: &Searching, value: impl Fn(&HistoryPoint) -> Option<f64>) -> Vec<[f64; 2]> {
    state.history.iter().map_while(|point| Some([point.simulations as f64, value(point)?])).collect()
}
