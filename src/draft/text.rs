//! A draft as the text of a `circuit.ron`.

use super::Draft;
use crate::circuit::{NamedDeviceGroup, Scale, format_number, format_quantity};

fn quoted(text: &str) -> String {
    format!("{text:?}")
}

fn scale(scale: Scale) -> &'static str {
    match scale {
        Scale::Linear => "Linear",
        Scale::Log => "Log",
    }
}

/// The groups of which something is sized, each with what of it is sized or tied.
fn groups(draft: &Draft) -> String {
    let sized = |name: &str| {
        draft.parameters.iter().any(|d| d.parameter.name.eq_ignore_ascii_case(name) && d.parameter.low > 0.0)
    };
    let tied = |name: &str| draft.ties.iter().any(|(tied, _)| tied.eq_ignore_ascii_case(name));
    let learnt = |group: &&NamedDeviceGroup| group.fields().any(|(_, name)| sized(name));
    let line = |group: &NamedDeviceGroup| {
        let devices: Vec<String> = group.devices.iter().map(|device| quoted(device)).collect();
        let fields = group.fields().filter(|(_, name)| sized(name) || tied(name));
        let fields: String = fields.map(|(field, name)| format!(", {field}: {}", quoted(name))).collect();
        format!("        (name: {}, devices: [{}]{fields}),\n", quoted(&group.name), devices.join(", "))
    };
    let lines: String = draft.groups.iter().filter(learnt).map(line).collect();
    if lines.is_empty() { String::new() } else { format!("    groups: [\n{lines}    ],\n") }
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
    if !draft.worst_over.is_empty() {
        text += &format!("    worst_over: {:?},\n", draft.worst_over);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::Asked;

    /// A pair and its mirror by one length, devices that lack one, that lack both, and one of several numbers.
    const DECK: &str = "* devices\n.param w1=2u w2=3u l1=0.5u m1=2 nf1=4 l7=1u m8=8 ws=1u rw=1\n\
        M1 a b c 0 nch w=w1 l=l1 m=m1 nf=nf1\nM2 a b c 0 nch w=w1 l=l1 m=m1 nf=nf1\n\
        M3 a b c 0 nch w=w2 l=l1\nM4 a b c 0 nch w=w2 l=l1\nM5 a b c 0 nch w=w2 l=1u\n\
        M6 a b c 0 nch w=w1 l=l1 m=m8\nM7 a b c 0 nch w=1u l=l7\nM8 a b c 0 nch w=1u l=1u m=m8\n\
        M9 a b c 0 nch w={w1+w2} l=l1\nV1 a 0 1\n.model nch nmos\n.op\n.end\n";

    fn draft() -> Draft {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let deck = folder.path().join("deck.cir");
        std::fs::write(&deck, DECK).expect("writable");
        Draft::of("devices", &[deck]).expect("a deck")
    }

    #[test]
    fn devices_that_share_or_lack_a_size_are_groups() {
        let draft = draft();
        let line = |g: &NamedDeviceGroup| {
            let fields: Vec<String> = g.fields().map(|(field, name)| format!("{field} {name}")).collect();
            format!("{}: {}", g.name, fields.join(", "))
        };
        assert_eq!(
            draft.groups.iter().map(line).collect::<Vec<_>>(),
            [
                "M1, M2: width w1, length l1, fingers nf1, multiplier m1",
                "M6: width w1, length l1, fingers m8",
                "M9: length l1",
                "M3, M4: width w2, length l1",
                "M5: width w2",
                "M7: length l7",
            ]
        );
    }

    #[test]
    fn what_is_written_of_a_group_is_sized_or_tied() {
        let mut draft = draft();
        let whole = groups(&draft);
        assert!(whole.contains(
            r#"(name: "M1, M2", devices: ["M1", "M2"], width: "w1", length: "l1", fingers: "nf1", multiplier: "m1"),"#
        ));
        draft.ask(Asked::Tie, "l1=2*l7").expect("sound");
        draft.ask(Asked::Parameter, "w2=none").expect("sound");
        draft.ask(Asked::Parameter, "nf1=none").expect("sound");
        let some = groups(&draft);
        assert!(some.contains(r#"["M1", "M2"], width: "w1", length: "l1", multiplier: "m1"),"#), "{some}");
        assert!(some.contains(r#"["M7"], length: "l7"),"#), "{some}");
        for gone in ["M3", "M5", "M9", "w2", "nf1"] {
            assert!(!some.contains(gone), "{gone}: {some}");
        }
    }
}
