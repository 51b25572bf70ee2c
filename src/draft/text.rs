//! A draft as the text of a `circuit.ron`.

use super::Draft;
use crate::circuit::{Scale, format_number, format_quantity};

fn quoted(text: &str) -> String {
    format!("{text:?}")
}

fn scale(scale: Scale) -> &'static str {
    match scale {
        Scale::Linear => "Linear",
        Scale::Log => "Log",
    }
}

/// The groups of which width and length are sized; a count that is not is left out.
fn groups(draft: &Draft) -> String {
    let sized = |name: &str| {
        draft.parameters.iter().any(|d| d.parameter.name.eq_ignore_ascii_case(name) && d.parameter.low > 0.0)
    };
    let whole = draft.groups.iter().filter(|group| sized(&group.width) && sized(&group.length));
    let lines: Vec<String> = whole
        .map(|group| {
            let devices: Vec<String> = group.devices.iter().map(|device| quoted(device)).collect();
            let fingers = if sized(&group.fingers) {
                format!(", fingers: {}", quoted(&group.fingers))
            } else {
                String::new()
            };
            format!(
                "        (name: {}, devices: [{}], width: {}, length: {}{fingers}),\n",
                quoted(&group.name),
                devices.join(", "),
                quoted(&group.width),
                quoted(&group.length)
            )
        })
        .collect();
    if lines.is_empty() { String::new() } else { format!("    groups: [\n{}    ],\n", lines.concat()) }
}

/// The whole file; `decks` are the testbenches' paths within the folder.
pub(super) fn circuit_ron(draft: &Draft, decks: &[(String, String)]) -> String {
    let mut text = String::new();
    text +=
        "// Drafted from the decks named below: look through ranges, units and senses, they are guesses.\n";
    text += "Circuit(\n    format: 2,\n";
    text += &format!("    name: {},\n    title: {},\n", quoted(&draft.name), quoted(&draft.name));
    text += "    testbenches: [\n";
    for (name, deck) in decks {
        let apart = draft.apart.iter().find(|(bench, _)| bench == name);
        let process = if apart.is_some() { ", process: true" } else { "" };
        let why =
            apart.map_or_else(String::new, |(_, why)| format!(" // {}", why.replace(['\n', '\r'], " ")));
        text += &format!("        (name: {}, deck: {}{process}),{why}\n", quoted(name), quoted(deck));
    }
    text += "    ],\n    parameters: [\n";
    for drafted in &draft.parameters {
        let p = &drafted.parameter;
        let unit = if drafted.deck_unit.is_empty() {
            String::new()
        } else {
            format!(", deck_unit: {}", quoted(&drafted.deck_unit))
        };
        let own = if drafted.own.is_finite() {
            format!(" // {} in the deck", format_quantity(drafted.own, p.unit, 4))
        } else {
            String::new()
        };
        let listed: Vec<String> = p.values.iter().map(|v| format_number(*v)).collect();
        let range = if listed.is_empty() {
            let [low, high, grid] = [p.low, p.high, p.grid].map(format_number);
            format!("low: {low}, high: {high}, grid: {grid}")
        } else {
            format!("values: [{}]", listed.join(", "))
        };
        text += &format!(
            "        (name: {}, unit: {}, {range}, scale: {}{unit}, about: {}),{own}\n",
            quoted(&p.name),
            quoted(p.unit.symbol()),
            scale(p.scale),
            quoted(&p.about),
        );
    }
    text += "    ],\n";
    if !draft.ties.is_empty() {
        text += "    ties: [\n";
        for (name, expression) in &draft.ties {
            text += &format!("        ({}, {}),\n", quoted(name), quoted(expression));
        }
        text += "    ],\n";
    }
    text += &groups(draft);
    let constants = draft.constants();
    if !constants.is_empty() {
        let list: Vec<String> =
            constants.iter().map(|(name, value)| format!("{name}={}", format_number(*value))).collect();
        text += &format!("    // as they stand in the decks: {}\n", list.join(", "));
    }
    text += "    metrics: [\n";
    for m in &draft.metrics {
        let (low, high) = m.legal();
        let from = if m.from.is_empty() { String::new() } else { format!(", from: {}", quoted(&m.from)) };
        let own = m
            .own
            .map_or(String::new(), |own| format!(" // {} as the decks are", format_quantity(own, m.unit, 4)));
        text += &format!(
            "        (name: {}, title: {}, unit: {}, scale: {}, sense: {}, legal: ({}, {}), testbench: {}{from}),{own}\n",
            quoted(&m.name),
            quoted(&m.title),
            quoted(m.unit.symbol()),
            scale(m.scale),
            quoted(m.sense.symbol()),
            format_number(low),
            format_number(high),
            quoted(&m.testbench),
        );
    }
    text += "    ],\n";
    if let Some(mismatch) = &draft.mismatch {
        text += &format!("    mismatch: {mismatch},\n");
    }
    if !draft.corners.is_empty() {
        text += &format!("    corners: [\n        {},\n    ],\n", draft.corners.join(",\n        "));
    }
    let bounds: Vec<String> = draft
        .metrics
        .iter()
        .filter_map(|m| {
            let own = m.own?;
            Some(quoted(&format!(
                "{}{}{}",
                m.name,
                m.sense.symbol(),
                format_quantity(own, m.unit, 3).replace(' ', "")
            )))
        })
        .collect();
    if !bounds.is_empty() {
        text += &format!("    specifications: [(\"as the decks are\", [{}])],\n", bounds.join(", "));
    }
    text + ")\n"
}
