//! The designs as a table: sortable by any column, linked to the selection. Above it those that stand for the rest.

use crate::app::look::order::order;
use crate::app::look::{Mark, Representative, Worst, representatives, shown};
use crate::app::pane::Pane;
use crate::app::scene::{Scene, Touch};
use crate::app::state::{Bench, Filter, LookForm, SortKey};
use crate::app::theme::{legible, palette};
use crate::app::wish::Wish;
use crate::circuit::{Aligned, Metric, Parameter, SizingKey, Specification, counted};
use crate::engine::Candidate;
use egui::{Align, Layout, RichText, ScrollArea, Sense, Ui, vec2};
use egui_extras::{Column, TableBuilder, TableRow};
use std::collections::HashSet;

const ROW: f32 = 19.0;
/// Columns before those of numbers.
const WORDS: usize = 3;
/// Significant digits of the numbers.
const DIGITS: usize = 4;

/// The table of designs.
#[derive(Default)]
pub struct TablePane {
    /// The row of the selection that the table was last scrolled to.
    followed: Option<usize>,
    /// What the rest was found of.
    of: Option<FoundOf>,
    /// The designs that stand for the rest.
    found: Vec<Representative>,
    /// How the metrics are written, and the parameters.
    columns: (Vec<Aligned>, Vec<Aligned>),
}

/// What representatives and columns depend on: targets, designs, how many of these are measured.
type FoundOf = (Specification, Vec<SizingKey>, usize);

impl Pane for TablePane {
    fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let Some(bench) = scene.bench.filter(|bench| bench.designs.is_some()) else {
            ui.weak("Every design is a row here, with its metrics and its parameters.");
            return;
        };
        self.find(bench);
        self.representatives(ui, bench, scene);
        let look = &scene.forms.look;
        let mut order = order(bench, look);
        order.retain(|i| bench.filter.lets(&bench.open.circuit, &bench.candidates()[*i]));
        let (circuit, targets) = (&bench.open.circuit, &bench.targets);
        let (colours, chosen) = (palette(ui.visuals()), ui.visuals().selection.bg_fill);
        let (metrics, parameters) = (&self.columns.0, &self.columns.1);
        let mut columns = vec![(SortKey::Number, "#".to_owned(), "Number, as delivered".to_owned())];
        columns.push((SortKey::Verdict, "Verdict".to_owned(), "Feasible ones first".to_owned()));
        let tip = "How far inside the targets, by the one that it comes nearest to missing; ~ marks what is predicted";
        columns.push((SortKey::Margin, "Worst margin".to_owned(), tip.to_owned()));
        for (m, metric) in circuit.metrics.iter().enumerate() {
            let tip = format!("{}; ~ marks what is predicted, not simulated", metric.title);
            columns.push((SortKey::Metric(m), metrics[m].title(&metric.name), tip));
        }
        for (p, parameter) in circuit.parameters.iter().enumerate() {
            columns.push((
                SortKey::Parameter(p),
                parameters[p].title(&parameter.name),
                parameter.about.clone(),
            ));
        }
        let (mut sort, mut touch) = (None, None);
        // a selection that was made elsewhere comes into sight, and stays there as the order changes
        let row = order.iter().position(|i| Some(*i) == bench.selected);
        let follow = row.filter(|_| row != self.followed);
        self.followed = row;
        ScrollArea::horizontal().auto_shrink([false, false]).show(ui, |ui| {
            let height = ui.available_height();
            let mut table = TableBuilder::new(ui);
            let values = columns.iter().skip(WORDS).map(|(_, title, _)| Column::exact(wide(title)));
            if let Some(row) = follow {
                table = table.scroll_to_row(row, None);
            }
            table = table
                .striped(true)
                .sense(Sense::click())
                .cell_layout(Layout::left_to_right(Align::Center))
                .column(Column::exact(38.0))
                .column(Column::exact(138.0))
                .column(Column::exact(112.0));
            values
                .fold(table, TableBuilder::column)
                .min_scrolled_height(0.0)
                .max_scroll_height(height - ROW)
                .auto_shrink([false, false])
                .header(ROW + 2.0, |mut header| {
                    for (place, (key, name, tip)) in columns.iter().enumerate() {
                        // over numbers that stand to the right a title does, too
                        let layout = match place {
                            0..WORDS => Layout::left_to_right(Align::Center),
                            _ => Layout::right_to_left(Align::Center),
                        };
                        header.col(|ui| {
                            _ = ui.with_layout(layout, |ui| {
                                let arrow = match (look.sort == *key, look.falling) {
                                    (false, _) => "",
                                    (true, false) => " ▲",
                                    (true, true) => " ▼",
                                };
                                let text = RichText::new(format!("{name}{arrow}")).strong();
                                let button = egui::Button::new(text).frame(false);
                                if ui.add(button).on_hover_text(tip).clicked() {
                                    sort = Some(*key);
                                }
                            })
                        });
                    }
                })
                .body(|body| {
                    body.rows(ROW, order.len(), |mut row| {
                        let i = order[row.index()];
                        let candidate = &bench.candidates()[i];
                        let mark = Mark::of(candidate, targets);
                        let selected = bench.selected == Some(i);
                        row.set_selected(selected);
                        let missing =
                            if selected { legible(colours.infeasible, chosen) } else { colours.infeasible };
                        if scene.pointed.marked == Some(i) {
                            row.set_hovered(true);
                        }
                        row.col(|ui| {
                            ui.add(egui::Label::new(format!("{}", i + 1)).selectable(false));
                        });
                        row.col(|ui| {
                            let (rect, _) = ui.allocate_exact_size(vec2(10.0, 12.0), Sense::hover());
                            mark.paint(ui.painter(), rect.center(), 4.0, &colours);
                            let why = match &candidate.simulated {
                                Some(Err(failure)) => failure.to_string(),
                                _ => mark.words().to_owned(),
                            };
                            let label = egui::Label::new(RichText::new(&why).small()).truncate();
                            ui.add(label.selectable(false));
                        });
                        row.col(|ui| {
                            let worst = Worst::of(circuit, targets, candidate);
                            let text = worst.as_ref().map_or_else(|| "–".to_owned(), |w| w.words(circuit));
                            let text = match candidate.measured() {
                                Some(_) => RichText::new(text),
                                None => RichText::new(format!("~{text}")).italics(),
                            };
                            let missed = worst.is_some_and(|worst| worst.decades < 0.0);
                            let text = if missed { text.color(missing) } else { text };
                            ui.add(egui::Label::new(text).selectable(false));
                        });
                        for (m, form) in metrics.iter().enumerate() {
                            number(&mut row, |ui| {
                                let text = cell(candidate, m, form);
                                let missed = shown(candidate).is_some_and(|p| {
                                    let bound = targets.bound_on(m);
                                    bound.is_some_and(|b| !b.sense.met(p.0[m], b.value))
                                });
                                let text = if missed { text.color(missing) } else { text };
                                ui.add(egui::Label::new(text).selectable(false));
                            });
                        }
                        for (form, value) in parameters.iter().zip(&candidate.sizing.0) {
                            number(&mut row, |ui| {
                                ui.add(egui::Label::new(form.show(*value)).selectable(false));
                            });
                        }
                        let response = row.response();
                        if response.hovered() {
                            touch = Some(Touch { design: i, clicked: response.clicked() });
                        }
                    });
                });
        });
        if let Some(key) = sort {
            sort_by(&mut scene.forms.look, key);
        }
        scene.touched(touch);
    }
}

impl TablePane {
    /// The designs that stand for the rest.
    pub fn representing(&self) -> &[Representative] {
        &self.found
    }

    /// Finds the representatives, and how the columns are written, where designs or targets have changed.
    fn find(&mut self, bench: &Bench) {
        let (circuit, all) = (&bench.open.circuit, bench.candidates());
        let keys = all.iter().map(|c| c.sizing.key()).collect();
        let measured = all.iter().filter(|c| c.simulated.is_some()).count();
        let of = (bench.targets.clone(), keys, measured);
        if self.of.as_ref() == Some(&of) {
            return;
        }
        self.found = representatives(circuit, &bench.targets, all);
        let metric = |(m, metric): (usize, &Metric)| {
            Aligned::of(all.iter().filter_map(shown).map(|p| p.0[m]), metric.unit, DIGITS)
        };
        let parameter = |(p, parameter): (usize, &Parameter)| {
            Aligned::of(all.iter().map(|c| c.sizing.0[p]), parameter.unit, DIGITS)
        };
        let metrics = circuit.metrics.iter().enumerate().map(metric).collect();
        self.columns = (metrics, circuit.parameters.iter().enumerate().map(parameter).collect());
        self.of = Some(of);
    }

    /// A button for each design that stands for others.
    fn representatives(&self, ui: &mut Ui, bench: &Bench, scene: &mut Scene<'_>) {
        let (circuit, all) = (&bench.open.circuit, bench.candidates());
        let found = self.representing();
        if found.len() < 2 {
            return;
        }
        let (mut touch, mut filter) = (None, None);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            ui.weak("Representatives").on_hover_text(
                "Designs that meet the targets, grouped by their parameters: of each group the one with the most margin",
            );
            let chosen: HashSet<SizingKey> = found.iter().map(|r| all[r.design].sizing.key()).collect();
            let only = bench.filter.chosen.as_ref() == Some(&chosen);
            if ui.selectable_label(only, "only").on_hover_text("Let these alone stand out in all views").clicked() {
                let chosen = Some(chosen).filter(|_| !only);
                filter = Some(Filter { chosen, ..bench.filter.clone() });
            }
            ScrollArea::horizontal().id_salt("representatives").show(ui, |ui| {
                for one in found {
                    let selected = bench.selected == Some(one.design);
                    let worst = Worst::of(circuit, &bench.targets, &all[one.design]);
                    let text = format!("{} · {}", one.design + 1, one.name);
                    let response = ui.selectable_label(selected, text);
                    if response.hovered() || response.clicked() {
                        touch = Some(Touch { design: one.design, clicked: response.clicked() });
                    }
                    let margin = worst.map_or_else(String::new, |w| format!("; worst margin {}", w.words(circuit)));
                    let of = counted(one.of, "design");
                    response.on_hover_text(format!("Design {}, stands for {of}{margin}", one.design + 1));
                }
            });
        });
        scene.touched(touch);
        if let Some(filter) = filter {
            scene.wish(Wish::SetFilter(filter));
        }
    }
}

/// Sorts by a column, the other way round where it is sorted by it already.
fn sort_by(look: &mut LookForm, key: SortKey) {
    look.falling = look.sort == key && !look.falling;
    look.sort = key;
}

/// The width of a column of numbers under its title, an arrow included.
fn wide(title: &str) -> f32 {
    (7.5 * title.chars().count() as f32 + 22.0).max(58.0)
}

/// A cell of a column of numbers, whose points stand one below the other.
fn number(row: &mut TableRow<'_, '_>, add: impl FnOnce(&mut Ui)) {
    row.col(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            // what slants to the right is not cut off
            ui.add_space(3.0);
            add(ui);
        });
    });
}

/// A prediction is set apart by a `~` and by its slant.
fn cell(candidate: &Candidate, m: usize, form: &Aligned) -> RichText {
    if let Some(measured) = candidate.measured() {
        return RichText::new(form.show(measured.0[m]));
    }
    match &candidate.predicted {
        Some(p) => RichText::new(format!("~{}", form.show(p.performance.0[m]))).italics(),
        None => RichText::new("–"),
    }
}
