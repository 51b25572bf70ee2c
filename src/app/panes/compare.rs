//! The paper's tables in the window: made in the background by the same code as `sizewright report`, and shown
//! as tables and picture.

use crate::app::commands::Command;
use crate::app::pane::Pane;
use crate::app::scene::Scene;
use crate::app::state::CompareForm;
use crate::app::theme::palette;
use crate::app::widgets::empty;
use crate::app::words::duration;
use crate::engine::Preset;
use crate::report::{Block, Cell, Emphasis, Report, Source, Table};
use egui::{Align, Layout, ProgressBar, RichText, ScrollArea, TextEdit, TextureHandle, Ui};
use egui_extras::{Column, TableBuilder};
use std::sync::Arc;

/// The comparison of systems.
#[derive(Default)]
pub struct ComparePane {
    /// The report whose picture was made a texture, and the texture.
    picture: Option<(Arc<Report>, TextureHandle)>,
}

impl Pane for ComparePane {
    fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let environment = scene.environment;
        let idle = environment.comparing.is_none();
        let open = scene.bench.map(|bench| bench.open.circuit.name.as_str());
        ui.add_enabled_ui(idle, |ui| compare_form(ui, &mut scene.forms.compare, open));
        ui.horizontal(|ui| compare_button(ui, scene));
        if let Some(comparing) = &environment.comparing {
            let left_out = comparing.done.len().saturating_sub(DONE_SHOWN);
            for line in &comparing.done[left_out..] {
                ui.weak(line);
            }
        }
        ui.separator();
        if let Some(report) = &environment.compared {
            self.sheet(ui, report);
        } else if idle {
            let what = "It draws from every system, trained with the same rows, at the same targets, and ngspice \
                        judges each sizing, beside what the paper measured. What is done is kept in the folder.";
            empty(ui, "No comparison yet.", what, None);
        }
    }
}

impl ComparePane {
    /// Whether the picture of a report was shown.
    pub fn shows_picture(&self) -> bool {
        self.picture.is_some()
    }

    /// All of a report.
    fn sheet(&mut self, ui: &mut Ui, report: &Arc<Report>) {
        ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            ui.heading(&report.sheet.title);
            for paragraph in &report.sheet.about {
                ui.add(egui::Label::new(RichText::new(paragraph.words()).weak()).wrap());
            }
            for (i, block) in report.sheet.blocks.iter().enumerate() {
                ui.add_space(6.0);
                ui.push_id(i, |ui| table(ui, block));
            }
            ui.add_space(8.0);
            self.picture(ui, report);
        });
    }

    fn picture(&mut self, ui: &mut Ui, report: &Arc<Report>) {
        if self.picture.as_ref().is_none_or(|(of, _)| !Arc::ptr_eq(of, report)) {
            self.picture = texture(ui, report).map(|texture| (Arc::clone(report), texture));
        }
        if let Some((_, texture)) = &self.picture {
            // drawn at twice its size on paper
            let size = texture.size_vec2() / 2.0;
            let scale = (ui.available_width() / size.x).min(1.0);
            ui.add(egui::Image::new(texture).fit_to_exact_size(size * scale).corner_radius(4.0))
                .on_hover_text(&report.sheet.caption);
        }
    }
}

/// A report's picture, as far as it is one.
fn texture(ui: &Ui, report: &Report) -> Option<TextureHandle> {
    let image = image::load_from_memory(&report.picture).ok()?.into_rgba8();
    let size = [image.width() as usize, image.height() as usize];
    let image = egui::ColorImage::from_rgba_unmultiplied(size, &image);
    Some(ui.ctx().load_texture("comparison", image, egui::TextureOptions::LINEAR))
}

const ROW: f32 = 19.0;
/// Lines of what was done that stay in sight.
const DONE_SHOWN: usize = 6;

fn table_name(table: Table) -> &'static str {
    match table {
        Table::One => "Rows and training times",
        Table::Two => "Designs at the paper's targets",
        Table::Generalisation => "Unseen targets",
        Table::Frontier => "Targets near the limit",
    }
}

fn table_about(table: Table) -> &'static str {
    match table {
        Table::One => "Table I of the paper: parameters, rows, weights and training time of each system",
        Table::Two => "Table II of the paper: each system draws 100 sizings, ngspice judges them all",
        Table::Generalisation => {
            "What each system makes of targets that held-out designs reach and no training row meets"
        }
        Table::Frontier => {
            "Targets near what a circuit can do, and beyond: what each system makes of them with the same help, beside search"
        }
    }
}

fn preset_name(preset: Preset) -> &'static str {
    match preset {
        Preset::Quick => "Quick",
        Preset::Paper => "Paper",
    }
}

fn compare_button(ui: &mut Ui, scene: &mut Scene<'_>) {
    if let Some(comparing) = &scene.environment.comparing {
        let progress = comparing.progress();
        scene.button(ui, Command::StopComparison, "Stop comparison");
        let since = comparing.since.elapsed().as_secs_f64();
        match progress.part {
            Some(part) => ui.add(ProgressBar::new(part).desired_width(160.0).show_percentage()),
            None => ui.spinner(),
        };
        ui.label(progress.name);
        ui.weak(format!("for {}", duration(since)));
        return;
    }
    let start = scene.button(ui, Command::Compare, "Start comparison");
    start.on_disabled_hover_text("Open a circuit first");
    if let Some(report) = &scene.environment.compared {
        if ui.button("Copy Markdown").on_hover_text("All tables, for a document").clicked() {
            ui.ctx().copy_text(report.markdown.clone());
        }
        if ui.button("Copy CSV").on_hover_text("All figures, for a spreadsheet").clicked() {
            ui.ctx().copy_text(report.csv.clone());
        }
    }
}

fn compare_form(ui: &mut Ui, form: &mut CompareForm, open: Option<&str>) {
    ui.horizontal_wrapped(|ui| {
        let label = ui.label("Compare");
        egui::ComboBox::from_id_salt("compared table")
            .selected_text(table_name(form.table))
            .width(200.0)
            .show_ui(ui, |ui| {
                for table in Table::ALL {
                    ui.selectable_value(&mut form.table, table, table_name(table))
                        .on_hover_text(table_about(table));
                }
            })
            .response
            .labelled_by(label.id);
        let label = ui.label("Circuits");
        let this = open.unwrap_or("open one").to_owned();
        egui::ComboBox::from_id_salt("compared circuits")
            .selected_text(if form.all { "all bundled" } else { &this })
            .width(80.0)
            .show_ui(ui, |ui| {
                ui.selectable_value(&mut form.all, false, this.as_str());
                ui.selectable_value(&mut form.all, true, "all bundled");
            })
            .response
            .labelled_by(label.id);
        let label = ui.label("Preset");
        egui::ComboBox::from_id_salt("compared preset")
            .selected_text(preset_name(form.preset))
            .width(70.0)
            .show_ui(ui, |ui| {
                for preset in Preset::ALL {
                    ui.selectable_value(&mut form.preset, preset, preset_name(preset));
                }
            })
            .response
            .labelled_by(label.id)
            .on_hover_text(
                "Quick: what works best in minutes. Paper: each system as published, hours on a CPU",
            );
        ui.checkbox(&mut form.quick, "Shortened")
            .on_hover_text("A tenth of the training that no bundled model saves; the tables say so");
    });
    ui.horizontal(|ui| {
        let label = ui.label("Kept in");
        let field = TextEdit::singleline(&mut form.folder).desired_width(ui.available_width() - 8.0);
        ui.add(field)
            .labelled_by(label.id)
            .on_hover_text("A folder: what is done is kept there, and a comparison that was stopped goes on");
    });
}

/// A table: what the paper measured in italics.
fn table(ui: &mut Ui, block: &Block) {
    if !block.title.is_empty() {
        ui.horizontal(|ui| {
            ui.strong(&block.title);
            ui.weak(&block.about);
        });
    }
    let wide = block.lines.iter().filter_map(|line| line.first());
    let first = wide.map(|cell| cell.words().chars().count()).max().unwrap_or(0);
    let others = block.columns.len().saturating_sub(1);
    let left = ui.available_width() - (first as f32 * 6.4 + 16.0);
    let each = (left / others.max(1) as f32 - 8.0).clamp(64.0, 190.0);
    ScrollArea::horizontal().show(ui, |ui| {
        TableBuilder::new(ui)
            .striped(true)
            .vscroll(false)
            .cell_layout(Layout::left_to_right(Align::Center))
            .column(Column::exact(first as f32 * 6.4 + 16.0))
            .columns(Column::exact(each), others)
            .header(ROW, |mut header| {
                for name in &block.columns {
                    header.col(|ui| {
                        ui.strong(name);
                    });
                }
            })
            .body(|body| {
                body.rows(ROW, block.lines.len(), |mut row| {
                    let line = &block.lines[row.index()];
                    for cell in line {
                        row.col(|ui| cell_text(ui, cell));
                    }
                });
            });
    });
}

fn cell_text(ui: &mut Ui, cell: &Cell) {
    for figure in &cell.0 {
        let text = RichText::new(figure.text());
        let text = match (figure.source, figure.emphasis) {
            (Source::Paper, _) => text.italics().weak(),
            (Source::Ours, Emphasis::Strong) => text.strong(),
            (Source::Ours, Emphasis::Misses) => text.color(palette(ui.visuals()).infeasible),
            (Source::Ours, Emphasis::Plain) => text,
        };
        ui.add(egui::Label::new(text).truncate());
    }
}
