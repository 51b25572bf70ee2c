//! What a review page says, and in which order.

use super::design::Review;
use super::folder::{SCHEMATIC, SIZING};
use super::page::{Page, Picture, Piece, Text, Tone};
use crate::circuit::{Circuit, Unit, format_quantity, signed_margin};
use crate::engine::{DevicePoint, OperatingRegion, Simulated};

/// Digits of what is measured, as `simulate` shows them.
const DIGITS: usize = 4;
/// Lines of a note.
const MOST_LINES: usize = 200;

/// The page of a review: with its drawing beside it or not, with pictures of curves, with notes on what is missing.
pub(super) fn page(review: &Review, drawing: bool, curves: &[Picture], notes: &[String]) -> Page {
    let circuit = &review.circuit;
    let title = match &review.about.name {
        Some(name) => format!("{name}: {}", circuit.title),
        None => format!("A design of {}", circuit.title),
    };
    let tone = match (review.feasible(), review.feasible_everywhere()) {
        (Some(false), _) | (_, Some(false)) => Tone::Bad,
        (Some(true), _) => Tone::Good,
        (None, _) => Tone::Strong,
    };
    let mut pieces = vec![Piece::Words(Text::toned(review.verdict(), tone))];
    if let Some(why) = review.performance().illegal(circuit) {
        pieces.push(Piece::Words(Text::toned(why, Tone::Bad)));
    }
    let note = review.about.note.iter().flat_map(|note| note.lines()).filter(|line| !line.trim().is_empty());
    pieces.extend(note.take(MOST_LINES).map(|line| Piece::Words(Text::plain(line))));
    pieces.push(Piece::Section("Specification"));
    pieces.push(specification(review));
    pieces.push(Piece::Section("Parameters"));
    if drawing {
        let about = format!("Schematic of {}", circuit.title);
        pieces.push(Piece::Pictures(vec![Picture { file: SCHEMATIC.to_owned(), about }]));
    }
    pieces.push(parameters(review));
    pieces.extend(operating_point(review));
    let looked = review.inspection.is_some() && !circuit.worst_over.is_empty();
    if looked {
        let own =
            "Operating point and curves are of the decks' own conditions, the metrics of the worst case.";
        pieces.push(Piece::Words(Text::plain(own)));
    }
    if !curves.is_empty() {
        pieces.push(Piece::Section("Curves"));
        pieces.push(Piece::Pictures(curves.to_vec()));
    }
    if !review.conditions.is_empty() {
        pieces.push(Piece::Section("Corners"));
        pieces.push(corners(review));
    }
    pieces.push(Piece::Section("Provenance"));
    pieces.push(provenance(review));
    pieces.push(Piece::File(SIZING, "the design, to be included by an ngspice deck"));
    let seen = review.inspection.iter().flat_map(|seen| &seen.notes);
    let notes = notes.iter().chain(seen);
    pieces.extend(notes.map(|note| Piece::Words(Text::plain(format!("Note: {note}")))));
    Page { title, pieces }
}

fn heads(heads: &[&str]) -> Vec<String> {
    heads.iter().map(|head| (*head).to_owned()).collect()
}

/// A row a target; of a metric without one a row too.
fn specification(review: &Review) -> Piece {
    let mut rows = Vec::new();
    for (m, metric) in review.circuit.metrics.iter().enumerate() {
        let value = review.performance().0[m];
        let measured = format_quantity(value, metric.unit, DIGITS);
        let (title, name) = (Text::plain(metric.title.clone()), Text::plain(metric.name.clone()));
        let mut bounds = review.targets.bounds.iter().filter(|bound| bound.metric == m).peekable();
        if bounds.peek().is_none() {
            rows.push(vec![title, name, Text::plain("–"), Text::plain(measured), Text::plain("–")]);
            continue;
        }
        for bound in bounds {
            let asked = format_quantity(bound.value, metric.unit, DIGITS);
            let met = bound.sense.met(value, bound.value);
            rows.push(vec![
                title.clone(),
                name.clone(),
                Text::plain(format!("{} {asked}", bound.sense.glyph())),
                Text::missed(measured.clone(), !met),
                Text::toned(signed_margin(metric, bound, value), if met { Tone::Good } else { Tone::Bad }),
            ]);
        }
    }
    Piece::Table(heads(&["metric", "name", "target", "measured", "margin"]), rows)
}

/// A row a parameter, those of a device group beside each other; one that several groups share stands with the first.
fn parameters(review: &Review) -> Piece {
    let circuit = &review.circuit;
    let mut rows = Vec::new();
    let mut told = vec![false; circuit.parameters.len()];
    let mut row = |group: &str, devices: &str, place: usize| {
        let (Some(parameter), Some(value)) = (circuit.parameters.get(place), review.sizing.0.get(place))
        else {
            return;
        };
        if std::mem::replace(&mut told[place], true) {
            return;
        }
        let show = |value: f64| format_quantity(value, parameter.unit, 6);
        let range = format!("{} … {}", show(parameter.low), show(parameter.high));
        let words =
            [group, devices, parameter.name.as_str(), &show(*value), &range, parameter.about.as_str()];
        rows.push(words.into_iter().map(Text::plain).collect());
    };
    for group in &circuit.groups {
        let devices = group.devices.join(", ");
        // a group that is called by its devices need not name them twice
        let name = if devices == group.name { "" } else { group.name.as_str() };
        group.members().for_each(|place| row(name, &devices, place));
    }
    circuit.ungrouped().for_each(|place| row("", "", place));
    Piece::Table(heads(&["group", "devices", "parameter", "value", "range", "about"]), rows)
}

/// Where the transistors rest, in the decks' own conditions.
fn operating_point(review: &Review) -> Vec<Piece> {
    let devices = review.inspection.iter().flat_map(|seen| &seen.devices);
    let rows: Vec<Vec<Text>> = devices.map(|point| device(&review.circuit, review, point)).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let head = heads(&["device", "W / L", "ID", "gm/ID", "region", "headroom"]);
    vec![Piece::Section("Operating point"), Piece::Table(head, rows)]
}

fn device(circuit: &Circuit, review: &Review, point: &DevicePoint) -> Vec<Text> {
    let group = circuit.groups.iter().find(|group| group.devices.contains(&point.device));
    let size = group.map(|group| group.size_in_words(&circuit.parameters, &review.sizing.0));
    let show = |value: Option<f64>, unit: Unit| {
        value.map_or_else(|| "–".to_owned(), |value| format_quantity(value, unit, DIGITS))
    };
    let region = point.region();
    vec![
        Text::plain(point.device.clone()),
        Text::plain(size.filter(|size| !size.is_empty()).unwrap_or_else(|| "–".to_owned())),
        Text::plain(show(point.id.map(f64::abs), Unit::Ampere)),
        Text::plain(point.gm_over_id().map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2} /V"))),
        Text::missed(region.map_or("–", OperatingRegion::name), region == Some(OperatingRegion::Off)),
        Text::plain(show(point.headroom(), Unit::Volt)),
    ]
}

/// A row a condition, and the worst value of each metric with its condition.
fn corners(review: &Review) -> Piece {
    let circuit = &review.circuit;
    let missed = |metric: usize, value: f64| {
        let bounds = review.targets.bounds.iter().filter(|bound| bound.metric == metric);
        bounds.into_iter().any(|bound| !bound.sense.met(value, bound.value))
    };
    let value = |(m, value): (usize, f64), at: &str| {
        let shown = format_quantity(value, circuit.metrics[m].unit, DIGITS);
        Text::missed(format!("{shown}{at}"), missed(m, value))
    };
    let mut rows = Vec::new();
    for (name, outcome) in &review.conditions {
        let mut row = vec![Text::plain(name.clone())];
        match outcome.as_ref().map(Simulated::performance) {
            Ok(performance) => {
                row.extend(performance.0.iter().copied().enumerate().map(|of| value(of, "")));
            }
            Err(failure) => {
                row.push(Text::toned(format!("failed: {failure}"), Tone::Bad));
                row.resize(circuit.metrics.len() + 1, Text::default());
            }
        }
        rows.push(row);
    }
    let mut worst = vec![Text::toned("worst", Tone::Strong)];
    match review.worst() {
        Some(all) => worst.extend(all.into_iter().enumerate().map(|(m, (v, place))| {
            let at = review.conditions.get(place).map_or("", |(name, _)| name.as_str());
            value((m, v), &format!(" ({at})"))
        })),
        None => {
            worst.push(Text::plain("no worst case: not every condition was measured"));
            worst.resize(circuit.metrics.len() + 1, Text::default());
        }
    }
    rows.push(worst);
    let names = circuit.metrics.iter().map(|metric| metric.name.clone());
    Piece::Table(std::iter::once("condition".to_owned()).chain(names).collect(), rows)
}

/// Who says all this, of what, and when.
fn provenance(review: &Review) -> Piece {
    let (circuit, by, about) = (&review.circuit, review.simulated.provenance(), &review.about);
    let known = |value: &Option<String>| value.clone().unwrap_or_else(|| "not known".to_owned());
    let rows = [
        ("circuit", format!("{} ({})", circuit.title, circuit.name)),
        ("simulator", by.simulator.clone()),
        ("testbench, SHA-256", by.testbench.clone()),
        ("metrics judged over", circuit.judged_over().join(", ")),
        ("model", known(&about.model)),
        ("seed", known(&about.seed.map(|seed| seed.to_string()))),
        ("date", review.date.clone()),
        ("program", format!("sizewright {}", env!("CARGO_PKG_VERSION"))),
    ];
    let rows = rows.into_iter().map(|(what, value)| vec![Text::plain(what), Text::plain(value)]);
    Piece::Table(heads(&["of", "is"]), rows.collect())
}
