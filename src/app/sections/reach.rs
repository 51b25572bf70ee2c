//! What the performance model knows of the targets, beside their sliders: how far each goes while the others are met, what
//! the next step costs, and what could be met where a target is out of reach.

use crate::app::theme::palette;
use crate::circuit::{Circuit, Metric, Scale, Specification, decade, format_quantity};
use crate::engine::{Limit, Outlook, Price};
use egui::{Color32, Label, Rect, RichText, Sense, TextStyle, Ui, WidgetInfo, pos2};

/// Of what comes cheaper, in decades, nothing is said.
const FREE: f64 = 0.002;
/// What could be met instead, at most, as buttons.
const MOST_WAYS: usize = 3;

/// Under a slider's rail: green as far as it reaches, the warning's colour as far as it perhaps does. `ends` are the rail's,
/// on the metric's own scale.
pub fn reach_band(ui: &mut Ui, metric: &Metric, slider: Rect, ends: (f64, f64), limit: Limit) {
    let colours = palette(ui.visuals());
    // the handle has half its width at either end
    let inset = slider.height() / 2.5;
    let (left, right) = (slider.left() + inset, slider.right() - inset);
    let x = |value: f64| {
        let part = ((metric.scaled(value) - ends.0) / (ends.1 - ends.0)).clamp(0.0, 1.0) as f32;
        left + part * (right - left)
    };
    let loose = if metric.sense.of_bound().loosening() > 0.0 { right } else { left };
    let (sure, possible) = (x(limit.sure), x(limit.possible));
    let y = slider.bottom() - 1.0;
    let band = |from: f32, to: f32, colour: Color32| {
        let rect = Rect::from_two_pos(pos2(from, y - 1.5), pos2(to, y + 1.0));
        ui.painter().rect_filled(rect, 1.0, colour);
    };
    band(loose, sure, colours.feasible);
    band(sure, possible, colours.warning);
}

/// One line on the bound under the pointer, else on the one whose metric has the least left.
pub fn reach_line(
    ui: &mut Ui,
    circuit: &Circuit,
    targets: &Specification,
    outlook: &Outlook,
    pointed: Option<usize>,
) {
    let left = |place: usize| -> Option<f64> {
        let (bound, limit) = (targets.bounds.get(place)?, (*outlook.limits.get(place)?)?);
        let metric = &circuit.metrics[bound.metric];
        let inward = -bound.sense.loosening() * (metric.scaled(limit.sure) - metric.scaled(bound.value));
        Some(inward / decade(metric))
    };
    let tightest = (0..targets.bounds.len())
        .filter_map(|place| Some((left(place)?, place)))
        .min_by(|a, b| a.0.total_cmp(&b.0));
    let Some(place) = pointed.or(tightest.map(|(_, place)| place)) else {
        return;
    };
    let all = in_words(circuit, targets, outlook, place);
    let font = TextStyle::Small.resolve(ui.style());
    let width = |text: &String| {
        ui.painter().layout_no_wrap(text.clone(), font.clone(), ui.visuals().text_color()).size().x
    };
    let fits = all.iter().find(|text| width(text) <= ui.available_width());
    let Some(text) = fits.or(all.last()) else {
        return;
    };
    let label = Label::new(RichText::new(text).small()).truncate();
    ui.add(label)
        .on_hover_text(format!("{}\nWhile the other targets are met, as far as the model knows", all[0]));
}

/// `Gain reaches 34.1 dB, perhaps 34.9 dB · at 31 dB bw −11 %`, and shorter the less room there is, the last without what
/// the next step costs.
fn in_words(circuit: &Circuit, targets: &Specification, outlook: &Outlook, place: usize) -> Vec<String> {
    let bound = &targets.bounds[place];
    let metric = &circuit.metrics[bound.metric];
    let show = |v: f64| format_quantity(v, metric.unit, 3);
    let Some(limit) = outlook.limits.get(place).copied().flatten() else {
        let named = |name: &str| format!("{name}: nothing known meets the other targets");
        return vec![named(&metric.title), named(&metric.name), format!("{}: nothing known", metric.name)];
    };
    let perhaps = show(limit.sure) != show(limit.possible);
    let perhaps = if perhaps { format!(", perhaps {}", show(limit.possible)) } else { String::new() };
    let price = outlook.prices.get(place).copied().flatten();
    let price = price.map(|price| format!(" · at {} {}", show(price.next), costs(circuit, targets, price)));
    let price = price.unwrap_or_default();
    let sure = |name: &str| format!("{name} reaches {}", show(limit.sure));
    let (long, short) = (sure(&metric.title), sure(&metric.name));
    vec![
        format!("{long}{perhaps}{price}"),
        format!("{short}{perhaps}{price}"),
        format!("{short}{price}"),
        format!("{short}{perhaps}"),
    ]
}

/// `bw −11 %`, `gain −0.8 dB`, `for nothing`.
fn costs(circuit: &Circuit, targets: &Specification, price: Price) -> String {
    let bound = &targets.bounds[price.paid_by];
    let metric = &circuit.metrics[bound.metric];
    let (before, after) = price.best;
    let change = metric.scaled(after) - metric.scaled(before);
    if bound.sense.loosening() * change / decade(metric) < FREE {
        return "for nothing".to_owned();
    }
    let sign = if after > before { "+" } else { "\u{2212}" };
    let amount = match metric.scale {
        Scale::Log => format!("{:.0} %", 100.0 * (after / before - 1.0).abs()),
        Scale::Linear => format_quantity((after - before).abs(), metric.unit, 2),
    };
    format!("{} {sign}{amount}", metric.name)
}

/// What is said of targets that seem out of reach; those that were taken in their place.
pub fn out_of_reach(
    ui: &mut Ui,
    circuit: &Circuit,
    targets: &Specification,
    outlook: &Outlook,
) -> Option<Specification> {
    if !outlook.is_doubtful() {
        return None;
    }
    let colours = palette(ui.visuals());
    let probability = 100.0 * outlook.probability.unwrap_or(0.0);
    ui.horizontal_wrapped(|ui| {
        let (mark, response) = ui.allocate_exact_size(egui::vec2(9.0, 9.0), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(egui::Role::Image, true, "Out of reach"));
        ui.painter().circle_filled(mark.center(), 4.0, colours.warning);
        ui.colored_label(colours.warning, format!("Seems out of reach ({probability:.0} % likely)"));
    });
    let mut taken = None;
    for way in outlook.nearest.iter().take(MOST_WAYS) {
        let bounds = way.specification.bounds.iter().zip(&targets.bounds);
        let moved = bounds.filter(|(now, asked)| now.value != asked.value).map(|(now, _)| {
            let metric = &circuit.metrics[now.metric];
            format!("{} {} {}", metric.name, now.sense.glyph(), format_quantity(now.value, metric.unit, 4))
        });
        let text = format!("Take {}", moved.collect::<Vec<_>>().join(", "));
        let measured = way.design.measured().is_some();
        let who = if measured { "A measured design meets this" } else { "Predicted, not simulated" };
        let button = egui::Button::new(RichText::new(text).small()).truncate();
        if ui.add(button).on_hover_text(who).clicked() {
            taken = Some(way.specification.clone());
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_and_a_price_are_worded() {
        let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        let targets = Specification::parse(&circuit, &["power<=27nW", "gain>=30dB"]).expect("sound");
        let limit = |sure, possible| Some(Limit { sure, possible });
        let price = Price { next: 31.0, paid_by: 0, best: (10e-9, 11.1e-9) };
        let outlook = Outlook {
            probability: Some(0.9),
            limits: vec![None, limit(34.12, 34.9)],
            prices: vec![None, Some(price)],
            nearest: Vec::new(),
        };
        let words = |outlook: &Outlook, place| in_words(&circuit, &targets, outlook, place)[0].clone();
        assert_eq!(words(&outlook, 1), "DC gain reaches 34.1 dB, perhaps 34.9 dB · at 31 dB power +11 %");
        assert_eq!(
            in_words(&circuit, &targets, &outlook, 1)[1..],
            [
                "gain reaches 34.1 dB, perhaps 34.9 dB · at 31 dB power +11 %",
                "gain reaches 34.1 dB · at 31 dB power +11 %",
                "gain reaches 34.1 dB, perhaps 34.9 dB"
            ]
        );
        assert_eq!(words(&outlook, 0), "Power: nothing known meets the other targets");
        let free = Price { best: (10e-9, 10.001e-9), ..price };
        let outlook =
            Outlook { prices: vec![None, Some(free)], limits: vec![None, limit(34.0, 34.0)], ..outlook };
        assert_eq!(words(&outlook, 1), "DC gain reaches 34 dB · at 31 dB for nothing");
    }
}
