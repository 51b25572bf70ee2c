//! The parameters on the circuit's page: each may be fixed or held to a narrower range, inside which designs are
//! then drawn and searched.

use crate::app::schematic::group_of;
use crate::app::state::Bench;
use crate::app::theme::palette;
use crate::app::wish::{Wish, Wishes};
use crate::circuit::{Parameter, Scale, format_quantity, parse_quantity};
use egui::{Checkbox, DragValue, Grid, Response, RichText, Role, Ui, WidgetInfo, vec2};

/// A table less wide than this does without the grid's column; it stands in the name's tip.
const NARROW: f32 = 500.0;

/// Draws the table, with the parameters of the group that is `lit` marked; the device group of the row under the
/// pointer. A parameter that is fixed takes its value from the selected design, else from the middle of its range.
pub fn parameters(ui: &mut Ui, bench: &Bench, lit: Option<usize>, wishes: &mut Wishes) -> Option<usize> {
    let (circuit, region) = (&bench.open.circuit, &bench.region);
    let selected = bench.selected_design().map(|c| &c.sizing);
    let mut under_pointer = None;
    ui.horizontal(|ui| {
        ui.strong("Parameters");
        let held = region.parameters().count();
        if held == 0 {
            let tip = "Fix one or narrow its range: designs are then drawn and searched inside";
            ui.add(egui::Label::new(RichText::new(tip).weak()).truncate());
        } else {
            let colour = palette(ui.visuals()).spec;
            ui.colored_label(colour, format!("{held} of {} held", circuit.parameters.len()));
            if ui.small_button("Free all").clicked() {
                wishes.push(Wish::FreeAll);
            }
        }
    });
    let belongs = |p: usize| group_of(circuit, &circuit.parameters[p].name);
    // one that several groups go by is of each of them
    let members: Vec<usize> =
        lit.and_then(|g| circuit.groups.get(g)).map_or_else(Vec::new, |group| group.members().collect());
    let marked: Vec<bool> = (0..circuit.parameters.len()).map(|p| members.contains(&p)).collect();
    let colours = palette(ui.visuals());
    let colour = colours.accent.gamma_multiply(0.28);
    let right = ui.max_rect().right();
    let narrow = ui.available_width() < NARROW;
    let columns = ["Name", "From", "To", "Fix", "Grid", "What it is"];
    Grid::new("parameters")
        .num_columns(6)
        .spacing([10.0, 2.0])
        .with_row_color(move |row, style| match row.checked_sub(1) {
            Some(p) if marked.get(p) == Some(&true) => Some(colour),
            Some(p) if p % 2 == 0 => Some(style.visuals.faint_bg_color),
            _ => None,
        })
        .show(ui, |ui| {
            for title in columns.into_iter().filter(|title| !narrow || *title != "Grid") {
                ui.weak(title);
            }
            ui.end_row();
            ui.spacing_mut().interact_size.y = 18.0;
            ui.spacing_mut().button_padding.y = 1.0;
            for (i, p) in circuit.parameters.iter().enumerate() {
                let held = region.held(i);
                let text = RichText::new(&p.name).monospace();
                let name = ui.label(if held.is_some() { text.color(colours.spec).strong() } else { text });
                let own = format!(
                    "own range {} … {} in steps of {}",
                    show(p, p.low),
                    show(p, p.high),
                    p.grid_in_words()
                );
                let first = name.on_hover_text(format!("{}: {own}, {} scale", p.about, scale_name(p.scale)));
                let value = selected.and_then(|s| s.0.get(i)).copied();
                if let Some(edit) = row(ui, p, i, held, value) {
                    wishes.push(edit);
                }
                if !narrow {
                    ui.label(p.grid_in_words());
                }
                let room = vec2((right - ui.cursor().left()).max(40.0), 16.0);
                let about = |ui: &mut Ui| ui.add(egui::Label::new(&p.about).truncate());
                let last = ui.allocate_ui(room, about).inner.rect;
                // rows touch, so that the light does not flicker between them
                if ui.rect_contains_pointer(first.rect.union(last).expand2(vec2(4.0, 2.0))) {
                    under_pointer = belongs(i);
                }
                ui.end_row();
            }
        });
    under_pointer
}

/// The two ends, or the one value, and whether it is fixed.
fn row(
    ui: &mut Ui,
    p: &Parameter,
    index: usize,
    held: Option<(f64, f64)>,
    selected: Option<f64>,
) -> Option<Wish> {
    let (mut low, mut high) = held.unwrap_or((p.low, p.high));
    let was = low == high;
    let mut fixed = was;
    let mut edit = None;
    if was {
        if number(ui, p, &mut low, "value").changed() {
            edit = Some(Wish::Hold(index, low, low));
        }
        ui.weak("fixed");
    } else {
        let from = number(ui, p, &mut low, "least value").changed();
        let to = number(ui, p, &mut high, "largest value").changed();
        if from || to {
            // the end that was moved pushes the other one
            let (low, high) = if from { (low, high.max(low)) } else { (low.min(high), high) };
            // a range of one value is written as two: whoever drags does not mean to fix
            edit = Some(match (low == high, from) {
                (false, _) => Wish::Hold(index, low, high),
                (true, true) => Wish::Hold(index, low, p.neighbour(high, true)),
                (true, false) => Wish::Hold(index, p.neighbour(low, false), high),
            });
        }
    }
    let response = ui.add(Checkbox::without_text(&mut fixed));
    let label = format!("Fix {}", p.name);
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, fixed, &label));
    response.on_hover_text(match selected {
        Some(value) => format!("{label} at the selected design's {}", show(p, value)),
        None => format!("{label} in the middle of its range"),
    });
    match (was, fixed) {
        (false, true) => {
            let value = p.snap(selected.unwrap_or(p.from_unit_interval(0.5)).clamp(low, high));
            Some(Wish::Hold(index, value, value))
        }
        (true, false) => Some(Wish::Free(index)),
        _ => edit,
    }
}

/// An editable value with SI prefixes; what cannot be read leaves it as it was.
fn number(ui: &mut Ui, p: &Parameter, value: &mut f64, what: &str) -> Response {
    let parse = |text: &str| parse_quantity(text, p.unit).ok().map(|q| p.snap(q.value));
    let field = DragValue::new(value)
        .speed((p.high - p.low) / 300.0)
        .range(p.low..=p.high)
        .update_while_editing(false)
        .custom_formatter(|v, _| show(p, v))
        .custom_parser(parse);
    let tip =
        format!("{}, {what}: drag, or click and type such as {}", p.name, show(p, p.low).replace('µ', "u"));
    ui.add_sized([66.0, 18.0], field).on_hover_text(tip)
}

fn show(p: &Parameter, value: f64) -> String {
    format_quantity(value, p.unit, 4)
}

/// A scale in words.
pub fn scale_name(scale: Scale) -> &'static str {
    match scale {
        Scale::Linear => "linear",
        Scale::Log => "log",
    }
}
