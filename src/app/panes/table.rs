//! The designs as a table: sortable by any column, linked to the selection. Above it those that stand for the rest.

use crate::app::look::order::order;
use crate::app::look::{Mark, Representative, Worst, representatives, shown};
use crate::app::pane::Pane;
use crate::app::scene::{Scene, Touch};
use crate::app::state::{Bench, Filter, LookForm, SortKey};
use crate::app::theme::{legible, palette};
use crate::app::wish::Wish;
use crate::circuit::{SizingKey, Specification, counted, format_quantity};
use crate::engine::Candidate;
use egui::{Align, Layout, RichText, ScrollArea, Sense, Ui, vec2};
use egui_extras::{Column, TableBuilder};
use std::collections::HashSet;

const ROW: f32 = 19.0;

/// The table of designs.
#[derive(Default)]
pub struct TablePane {
    /// The selection that the table was last scrolled to.
    followed: Option<usize>,
    /// What the representatives were found of, and they.
    found: Option<(FoundOf, Vec<Representative>)>,
}

/// What representatives depend on: targets, designs, how many of these are measured.
type FoundOf = (Specification, Vec<SizingKey>, usize);

impl Pane for TablePane {
    fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let Some(bench) = scene.bench.filter(|bench| bench.designs.is_some()) else {
            ui.weak("Every design is a row here, with its metrics and its parameters.");
            return;
        };
        self.representatives(ui, bench, scene);
        let look = &scene.forms.look;
        let mut order = order(bench, look);
        order.retain(|i| bench.filter.lets(&bench.open.circuit, &bench.candidates()[*i]));
        let (circuit, targets) = (&bench.open.circuit, &bench.targets);
        let (colours, chosen) = (palette(ui.visuals()), ui.visuals().selection.bg_fill);
        let mut columns = vec![(SortKey::Number, "#".to_owned(), "Number, as delivered".to_owned())];
        columns.push((SortKey::Verdict, "Verdict".to_owned(), "Feasible ones first".to_owned()));
        let tip = "How far inside the targets, by the one that it comes nearest to missing; ~ marks what is predicted";
        columns.push((SortKey::Margin, "Worst margin".to_owned(), tip.to_owned()));
        for (m, metric) in circuit.metrics.iter().enumerate() {
            let tip = format!("{}; ~ marks what is predicted, not simulated", metric.title);
            columns.push((SortKey::Metric(m), metric.name.clone(), tip));
        }
        for (p, parameter) in circuit.parameters.iter().enumerate() {
            columns.push((SortKey::Parameter(p), parameter.name.clone(), parameter.about.clone()));
        }
        let (mut sort, mut touch) = (None, None);
        // a selection that was made elsewhere comes into sight
        let moved = bench.selected != self.followed;
        let follow = moved.then(|| order.iter().position(|i| Some(*i) == bench.selected)).flatten();
        self.followed = bench.selected;
        ScrollArea::horizontal().auto_shrink([false, false]).show(ui, |ui| {
            let height = ui.available_height();
            let mut table = TableBuilder::new(ui);
            if let Some(row) = follow {
                table = table.scroll_to_row(row, None);
            }
            table
                .striped(true)
                .sense(Sense::click())
                .cell_layout(Layout::left_to_right(Align::Center))
                .column(Column::exact(38.0))
                .column(Column::exact(138.0))
                .column(Column::exact(112.0))
                .columns(Column::exact(84.0), circuit.metrics.len())
                .columns(Column::exact(68.0), circuit.parameters.len())
                .min_scrolled_height(0.0)
                .max_scroll_height(height - ROW)
                .auto_shrink([false, false])
                .header(ROW + 2.0, |mut header| {
                    for (key, name, tip) in &columns {
                        header.col(|ui| {
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
                        for (m, metric) in circuit.metrics.iter().enumerate() {
                            row.col(|ui| {
                                let text = cell(candidate, m, metric.unit);
                                let missed = shown(candidate).is_some_and(|p| {
                                    let bound = targets.bound_on(m);
                                    bound.is_some_and(|b| !b.sense.met(p.0[m], b.value))
                                });
                                let text = if missed { text.color(missing) } else { text };
                                ui.add(egui::Label::new(text).selectable(false));
                            });
                        }
                        for (parameter, value) in circuit.parameters.iter().zip(&candidate.sizing.0) {
                            row.col(|ui| {
                                let text = format_quantity(*value, parameter.unit, 4);
                                ui.add(egui::Label::new(text).selectable(false));
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
        self.found.as_ref().map_or(&[], |(_, found)| found)
    }

    /// A button for each design that stands for others.
    fn representatives(&mut self, ui: &mut Ui, bench: &Bench, scene: &mut Scene<'_>) {
        let (circuit, all) = (&bench.open.circuit, bench.candidates());
        let keys = all.iter().map(|c| c.sizing.key()).collect();
        let measured = all.iter().filter(|c| c.simulated.is_some()).count();
        let of = (bench.targets.clone(), keys, measured);
        if self.found.as_ref().is_none_or(|(known, _)| *known != of) {
            let found = representatives(circuit, &bench.targets, all);
            self.found = Some((of, found));
        }
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

/// A prediction is set apart by a `~` and by its slant.
fn cell(candidate: &Candidate, m: usize, unit: crate::circuit::Unit) -> RichText {
    if let Some(measured) = candidate.measured() {
        return RichText::new(format_quantity(measured.0[m], unit, 4));
    }
    match &candidate.predicted {
        Some(p) => RichText::new(format!("~{}", format_quantity(p.performance.0[m], unit, 3))).italics(),
        None => RichText::new("–"),
    }
}
