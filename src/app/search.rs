//! The way without a model: a search in the loop with ngspice, in a tab of its own, its convergence live.

use super::App;
use super::empty::empty;
use super::plots::{self, Plot as Kind};
use super::queue::Wish;
use super::state::{Designs, Ngspice, Search, SearchForm, Tab};
use super::status::{Progress, duration, grouped, per_second};
use super::theme::palette;
use crate::circuit::{Region, Specification};
use crate::engine::{
    Candidate, Design, HistoryPoint, JobId, Origin, SearchJob, SearchResult, SearchSettings, Searching,
    Strategy,
};
use egui::{DragValue, ProgressBar, Ui};
use egui_plot::{Corner, HLine, Legend, Line, LineStyle, MarkerShape, Plot, Points};
use std::sync::Arc;
use std::time::Instant;

fn strategy_name(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Assisted => "Gaussian processes",
        Strategy::CmaEs => "CMA-ES",
        Strategy::Evolution => "Evolution",
    }
}

impl Default for SearchForm {
    fn default() -> SearchForm {
        let own = SearchSettings::new(Strategy::ALL[0], 1);
        SearchForm {
            strategy: own.strategy,
            max_simulations: own.max_simulations,
            stop_at_first: own.stop_at_first,
            seed: own.seed,
        }
    }
}

impl App {
    /// Starts a search for the targets.
    pub(super) fn search(&mut self) {
        if let Ngspice::Missing(message) = &self.system.ngspice {
            self.system.messages.error(message.clone());
            return;
        }
        if !self.may_run_deck() {
            return;
        }
        let form = &self.user.search;
        let settings = SearchSettings {
            max_simulations: form.max_simulations,
            stop_at_first: form.stop_at_first,
            ..SearchSettings::new(form.strategy, form.seed)
        };
        self.begin_or_ask(Wish::Search(settings, self.user.targets.clone(), self.user.region.clone()));
    }

    /// Searches at once.
    pub(super) fn start_search(
        &mut self,
        settings: SearchSettings,
        specification: Specification,
        region: Region,
    ) {
        let Some(open) = &self.system.open else { return };
        let most = settings.max_simulations;
        let job = self.engine.search(SearchJob {
            circuit: Arc::clone(&open.circuit),
            specification,
            region,
            settings,
            pool: self.config.simulator.clone(),
        });
        self.system.search = Some(Search { job, since: Instant::now(), most, stopping: false });
        self.system.searching = Arc::default();
        self.system.found = None;
        self.user.tab = Tab::Search;
    }

    pub(super) fn stop_search(&mut self) {
        if let Some(search) = &mut self.system.search {
            search.stopping = true;
            self.engine.cancel(search.job);
        }
    }

    /// Takes the state of the search under way.
    pub(super) fn searching(&mut self, job: JobId) {
        if self.system.search.as_ref().is_some_and(|s| s.job == job) {
            self.system.searching = self.engine.searching();
        }
    }

    /// Takes what a search found; where there are no designs to lose they are shown.
    pub(super) fn searched(&mut self, job: JobId, result: &Arc<SearchResult>) {
        self.searching(job);
        if self.system.search.take_if(|s| s.job == job).is_none() {
            return; // another circuit was opened meanwhile
        }
        self.system.found = Some(Arc::clone(result));
        if self.system.designs.is_none() {
            let tab = self.user.tab;
            self.show_found(result);
            self.user.tab = tab;
        }
    }

    /// Lays what was found among the designs, measured as it is.
    fn show_found(&mut self, found: &SearchResult) {
        let designs: Vec<&Design> =
            if found.feasible.is_empty() { vec![&found.best] } else { found.feasible.iter().collect() };
        let candidate = |design: &&Design| {
            let simulated = Some(Ok(design.simulated.clone()));
            Candidate { simulated, origin: Origin::Proposed, ..Candidate::new(design.sizing.clone()) }
        };
        let candidates: Vec<Candidate> = designs.iter().map(candidate).collect();
        for candidate in &candidates {
            if let Some(outcome) = &candidate.simulated {
                self.system.measured.insert(candidate.sizing.key(), outcome.clone());
            }
        }
        self.user.selected = Some(0);
        self.system.designs = Some(Designs {
            specification: found.specification.clone(),
            candidates,
            seconds: found.seconds,
            device: "ngspice".to_owned(),
            seed: found.settings.seed,
            model: format!("search by {}, no model", found.settings.strategy.name()),
            of: 1,
        });
        self.user.tab = Tab::Designs;
    }

    /// The search's progress.
    pub(super) fn search_progress(&self) -> Option<Progress> {
        let search = self.system.search.as_ref()?;
        let done = self.system.searching.simulations;
        let name = match search.stopping {
            true => "Stopping the search".to_owned(),
            false => format!("Search, {} simulations", grouped(done)),
        };
        // how long it takes to a feasible design nobody knows: no time left is told
        let part = Some(done as f32 / search.most.max(1) as f32);
        let rate = per_second(done, search.since.elapsed().as_secs_f64());
        Some(Progress { name, part, left: None, rate })
    }

    pub(super) fn search_tab(&mut self, ui: &mut Ui) {
        let idle = self.system.search.is_none();
        ui.horizontal_wrapped(|ui| {
            search_form(ui, &mut self.user.search);
        });
        ui.horizontal(|ui| self.search_button(ui));
        self.region_line(ui);
        let state = Arc::clone(&self.system.searching);
        if state.history.is_empty() {
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
        }
        plots::row(ui, Kind::Convergence, "convergence of the search", |ui| {
            ui.strong(format!("{} simulations", grouped(state.simulations)));
            ui.label(match &self.system.search {
                Some(search) => duration(search.since.elapsed().as_secs_f64()),
                None => duration(state.seconds),
            });
            match &self.system.found {
                Some(found) => ui.label(result_text(found)),
                None => ui.label(format!("{} feasible in ngspice", grouped(state.feasible))),
            };
        });
        let rect = ui.available_rect_before_wrap();
        convergence(ui, &state);
        plots::shows(ui, Kind::Convergence, rect);
    }

    fn search_button(&mut self, ui: &mut Ui) {
        let ctx = ui.ctx().clone();
        if let Some(progress) = self.search_progress() {
            let can = self.can(super::Command::StopSearch);
            let stop = egui::Button::new("Stop search");
            if ui.add_enabled(can, stop).on_hover_text("Keeps what it found").clicked() {
                self.run(super::Command::StopSearch, &ctx);
            }
            let queue =
                ui.button("Queue…").on_hover_text("Search once more after this one, as it is set above");
            if queue.clicked() {
                self.run(super::Command::Search, &ctx);
            }
            ui.add(ProgressBar::new(progress.part.unwrap_or(0.0)).desired_width(200.0).text(progress.name))
                .on_hover_text("Of the simulations that it may use; it may well need fewer");
            return;
        }
        let can = self.can(super::Command::Search);
        let start = ui.add_enabled(can, egui::Button::new("Start search"));
        if start.on_disabled_hover_text("Open a circuit and set a target first").clicked() {
            self.run(super::Command::Search, &ctx);
        }
        if let Some(found) = self.system.found.clone() {
            let show = egui::Button::new("Show as designs");
            if ui.add(show).on_hover_text("To look at them, compare and export them").clicked() {
                self.show_found(&found);
            }
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
            "None of {simulations} simulated is feasible: the nearest misses by {:.3} decades in sum",
            found.best.score.violation
        ),
    }
}

/// The smallest violation and the best design's worst margin over the simulations.
fn convergence(ui: &mut Ui, state: &Searching) {
    let colours = palette(ui.visuals());
    let each = (ui.available_height() - 8.0) / 2.0;
    let grid = ui.visuals().weak_text_color().gamma_multiply(0.45);
    let plot = |name: &str| {
        Plot::new(name.to_owned())
            .height(each)
            .grid_color(grid)
            .include_x(0.0)
            // both over the whole search, though the violation ends where a design is feasible
            .include_x(state.simulations as f64)
            .x_axis_label("simulations")
            .y_axis_min_width(54.0)
    };
    let violation = points(state, |h| (h.violation > 0.0).then(|| h.violation.log10()));
    let first = state.history.iter().find(|h| h.violation == 0.0).map(|h| [h.simulations as f64, h.margin]);
    // it holds until there is none
    let end = violation.last().zip(first).map(|(last, first)| [first[0], last[1]]);
    let falling: Vec<[f64; 2]> = violation.iter().copied().chain(end).collect();
    plot("violation")
        .legend(Legend::default().position(Corner::RightTop))
        .y_axis_label("violation (decades, logarithmic)")
        .y_grid_spacer(super::look::axis::many_log_marks)
        .y_axis_formatter(|mark, _| tick(mark.value))
        .label_formatter(|position| hover(position, |y| format!("{:.3} decades", 10f64.powf(y))))
        .show(ui, |plot| {
            plot.points(Points::new("smallest violation", violation).color(colours.infeasible).radius(2.4));
            plot.line(steps("smallest violation", &falling).color(colours.infeasible));
        });
    let margin = points(state, |h| Some(h.margin));
    plot("margin")
        .legend(Legend::default().position(Corner::RightBottom))
        .y_axis_label("worst margin (decades)")
        .label_formatter(|position| hover(position, |y| format!("{y:+.3} decades")))
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
    if value < 0.01 { format!("{value:.0e}") } else { super::loss::tick(log) }
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
