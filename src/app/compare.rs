//! The paper's tables in the window: made in the background by the same code as `sizewright report`, and shown
//! as tables and picture.

use super::App;
use super::empty::empty;
use super::state::{Ngspice, Tab};
use super::status::{Progress, duration};
use super::theme::palette;
use crate::engine::Preset;
use crate::report::{Block, Cell, Emphasis, Report, ReportPlan, Source, Table, Told};
use egui::{Align, Layout, ProgressBar, RichText, ScrollArea, TextEdit, Ui};
use egui_extras::{Column, TableBuilder};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// What to compare.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CompareForm {
    /// Which table.
    pub table: Table,
    /// The four bundled circuits, or the open one.
    pub all: bool,
    /// The recipes of the trained systems.
    pub preset: Preset,
    /// Epochs of every training instead of the preset's.
    pub epochs: Option<usize>,
    /// The shortened form.
    pub quick: bool,
    /// Sizings drawn at a target.
    pub count: usize,
    /// Unseen targets a circuit, at most.
    pub targets: usize,
    /// The folder where it is kept.
    pub folder: String,
}

impl Default for CompareForm {
    fn default() -> CompareForm {
        let home = std::env::home_dir().unwrap_or_default();
        let plan = ReportPlan::new(Table::Two, home.join("sizewright-report"));
        CompareForm {
            table: plan.table,
            all: false,
            preset: plan.preset,
            epochs: plan.epochs,
            quick: true,
            count: plan.count,
            targets: plan.targets,
            folder: plan.out.display().to_string(),
        }
    }
}

/// A comparison under way.
pub struct Comparing {
    /// Ends it.
    pub stop: Arc<AtomicBool>,
    /// When it began.
    pub since: Instant,
    /// The piece of work in hand.
    pub doing: String,
    /// The part of it that is done, if that is known.
    pub part: Option<f32>,
    /// What came of the pieces that are done.
    pub done: Vec<String>,
}

/// A comparison that was made.
pub struct Compared {
    /// What it says.
    pub report: Report,
    /// Its picture, once it was shown.
    pub picture: Option<egui::TextureHandle>,
}

const ROW: f32 = 19.0;
/// Lines of what was done that stay in sight.
const DONE_SHOWN: usize = 6;

fn table_name(table: Table) -> &'static str {
    match table {
        Table::One => "Rows and training times",
        Table::Two => "Designs at the paper's targets",
        Table::Generalisation => "Unseen targets",
    }
}

fn table_about(table: Table) -> &'static str {
    match table {
        Table::One => "Table I of the paper: parameters, rows, weights and training time of each system",
        Table::Two => "Table II of the paper: each system draws 100 sizings, ngspice judges them all",
        Table::Generalisation => {
            "What each system makes of targets that held-out designs reach and no training row meets"
        }
    }
}

fn preset_name(preset: Preset) -> &'static str {
    match preset {
        Preset::Quick => "Quick",
        Preset::Paper => "Paper",
    }
}

impl App {
    /// Starts a comparison.
    pub(super) fn compare(&mut self) {
        if let Ngspice::Missing(message) = &self.system.ngspice {
            self.system.messages.error(message.clone());
            return;
        }
        let Some(open) = &self.system.open else { return };
        let form = &self.user.compare;
        let folder = form.folder.trim();
        if folder.is_empty() {
            self.system
                .messages
                .error("Where shall the comparison be kept? Type a folder's path into its field");
            return;
        }
        let mut plan = ReportPlan::new(form.table, PathBuf::from(folder));
        if !form.all {
            plan.circuits = vec![open.circuit.folder.display().to_string()];
        }
        (plan.preset, plan.quick) = (form.preset, form.quick);
        (plan.count, plan.targets) = (form.count, form.targets);
        plan.epochs = form.epochs;
        plan.device = self.user.train.device;
        plan.simulator = self.config.simulator.clone();
        let stop = Arc::new(AtomicBool::new(false));
        self.background.compare(plan, Arc::clone(&stop));
        let since = Instant::now();
        self.system.comparing =
            Some(Comparing { stop, since, doing: "Comparing".to_owned(), part: None, done: Vec::new() });
        self.user.tab = Tab::Compare;
    }

    pub(super) fn stop_comparison(&mut self) {
        if let Some(comparing) = &self.system.comparing {
            comparing.stop.store(true, Ordering::Relaxed);
        }
    }

    /// Takes what is told of the comparison under way.
    pub(super) fn told(&mut self, told: Told) {
        let Some(comparing) = &mut self.system.comparing else { return };
        match told {
            Told::Begins(what) => (comparing.doing, comparing.part) = (what, None),
            Told::Part(part) => comparing.part = Some(part as f32),
            Told::Done(what) => {
                comparing.part = None;
                comparing.done.push(what);
            }
        }
    }

    /// Takes a comparison that has ended.
    pub(super) fn compared(&mut self, outcome: Result<Box<Report>, String>) {
        let stopped = self.system.comparing.take().is_some_and(|c| c.stop.load(Ordering::Relaxed));
        match outcome {
            Ok(report) => {
                self.system.messages.note(format!("The comparison is in {}", report.file.display()));
                self.system.compared = Some(Compared { report: *report, picture: None });
            }
            Err(_) if stopped => self.system.messages.note(
                "The comparison was stopped: what is done is kept in its folder, and starting it again goes on",
            ),
            Err(message) => self.system.messages.error(message),
        }
    }

    /// The comparison's progress: that of the piece of work in hand.
    pub(super) fn comparison_progress(&self) -> Option<Progress> {
        let comparing = self.system.comparing.as_ref()?;
        let name = match comparing.stop.load(Ordering::Relaxed) {
            true => "Stopping the comparison".to_owned(),
            false => comparing.doing.clone(),
        };
        Some(Progress { name, part: comparing.part, left: None, rate: None })
    }

    pub(super) fn compare_tab(&mut self, ui: &mut Ui) {
        let idle = self.system.comparing.is_none();
        let open = self.system.open.as_ref().map(|o| o.circuit.name.clone());
        ui.add_enabled_ui(idle, |ui| compare_form(ui, &mut self.user.compare, open.as_deref()));
        ui.horizontal(|ui| self.compare_button(ui));
        if let Some(comparing) = &self.system.comparing {
            let left_out = comparing.done.len().saturating_sub(DONE_SHOWN);
            for line in &comparing.done[left_out..] {
                ui.weak(line);
            }
        }
        ui.separator();
        if let Some(compared) = &mut self.system.compared {
            sheet(ui, compared);
        } else if idle {
            let what = "It draws from every system, trained with the same rows, at the same targets, and ngspice \
                        judges each sizing, beside what the paper measured. What is done is kept in the folder.";
            empty(ui, "No comparison yet.", what, None);
        }
    }

    fn compare_button(&mut self, ui: &mut Ui) {
        let ctx = ui.ctx().clone();
        if let Some(progress) = self.comparison_progress() {
            let can = self.can(super::Command::StopComparison);
            let stop = egui::Button::new("Stop comparison");
            if ui
                .add_enabled(can, stop)
                .on_hover_text("What is done is kept; starting again goes on")
                .clicked()
            {
                self.run(super::Command::StopComparison, &ctx);
            }
            let since = self.system.comparing.as_ref().map_or(0.0, |c| c.since.elapsed().as_secs_f64());
            match progress.part {
                Some(part) => ui.add(ProgressBar::new(part).desired_width(160.0).show_percentage()),
                None => ui.spinner(),
            };
            ui.label(progress.name);
            ui.weak(format!("for {}", duration(since)));
            return;
        }
        let can = self.can(super::Command::Compare);
        let start = ui.add_enabled(can, egui::Button::new("Start comparison"));
        if start.on_disabled_hover_text("Open a circuit first").clicked() {
            self.run(super::Command::Compare, &ctx);
        }
        if let Some(compared) = &self.system.compared {
            if ui.button("Copy Markdown").on_hover_text("All tables, for a document").clicked() {
                ctx.copy_text(compared.report.markdown.clone());
            }
            if ui.button("Copy CSV").on_hover_text("All figures, for a spreadsheet").clicked() {
                ctx.copy_text(compared.report.csv.clone());
            }
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
            .selected_text(if form.all { "all four" } else { &this })
            .width(80.0)
            .show_ui(ui, |ui| {
                ui.selectable_value(&mut form.all, false, this.as_str());
                ui.selectable_value(&mut form.all, true, "all four");
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

/// All of a report.
fn sheet(ui: &mut Ui, compared: &mut Compared) {
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        let report = &compared.report;
        ui.heading(&report.sheet.title);
        for paragraph in &report.sheet.about {
            ui.add(egui::Label::new(RichText::new(paragraph.words()).weak()).wrap());
        }
        for (i, block) in report.sheet.blocks.iter().enumerate() {
            ui.add_space(6.0);
            ui.push_id(i, |ui| table(ui, block));
        }
        ui.add_space(8.0);
        picture(ui, compared);
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

fn picture(ui: &mut Ui, compared: &mut Compared) {
    if compared.picture.is_none()
        && let Ok(image) = image::load_from_memory(&compared.report.picture)
    {
        let image = image.into_rgba8();
        let size = [image.width() as usize, image.height() as usize];
        let image = egui::ColorImage::from_rgba_unmultiplied(size, &image);
        let texture = ui.ctx().load_texture("comparison", image, egui::TextureOptions::LINEAR);
        compared.picture = Some(texture);
    }
    if let Some(texture) = &compared.picture {
        // drawn at twice its size on paper
        let size = texture.size_vec2() / 2.0;
        let scale = (ui.available_width() / size.x).min(1.0);
        ui.add(egui::Image::new(texture).fit_to_exact_size(size * scale).corner_radius(4.0))
            .on_hover_text(&compared.report.sheet.caption);
    }
}
