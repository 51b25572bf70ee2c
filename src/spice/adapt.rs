//! What is made of decks as they are found: `.param` lines where they stand give way to the sizing, analyses written as
//! cards and `.meas` lines become commands, a corner's temperature takes the place of the deck's own.

use super::SpiceError;
use super::kit::netlist::{assignments, without_comment};
use super::reader::{Line, Lines, SIZING_FILE, first_word, joined, statements};
use crate::circuit::{Circuit, Corner};
use std::ops::Range;

/// Analyses that stand in a netlist as cards, each the command without its dot.
pub(super) const CARDS: [&str; 8] = [".op", ".ac", ".dc", ".tran", ".noise", ".tf", ".pz", ".sens"];

/// The place of each statement that stands outside all subcircuits.
fn outer_statements(lines: &[Line]) -> Vec<Range<usize>> {
    let (mut at, mut depth, mut outer) = (0, 0_usize, Vec::new());
    for statement in statements(lines) {
        let range = at..at + statement.len();
        at = range.end;
        match first_word(&statement[0].text).as_str() {
            ".subckt" => depth += 1,
            ".ends" => depth = depth.saturating_sub(1),
            _ if depth == 0 => outer.push(range),
            _ => {}
        }
    }
    outer
}

/// Finds the place for the sizing: that of `.include sizing.param`, or else of the first `.param` line that gives one of
/// the circuit's parameters a value. Those values go; what else such a line defines stays.
///
/// # Errors
/// [`SpiceError`] where there is neither.
pub(super) fn to_sizing(lines: &mut Lines, circuit: &Circuit) -> Result<(), SpiceError> {
    if lines.sizing.is_some() {
        return Ok(());
    }
    let sized = |name: &str| circuit.deck_parameters.iter().any(|p| p.name.eq_ignore_ascii_case(name));
    let mut first = None;
    // the first line is the title
    for range in outer_statements(&lines.netlist[1..]).into_iter().rev() {
        let range = range.start + 1..range.end + 1;
        if !first_word(&lines.netlist[range.start].text).starts_with(".param") {
            continue;
        }
        let whole = joined(&lines.netlist[range.clone()]).remove(0);
        let Some(all) = assignments(without_comment(&whole.text)) else { continue };
        let rest: Vec<String> =
            all.iter().filter(|a| !sized(&a.name)).map(|a| format!("{}={}", a.name, a.value)).collect();
        if rest.len() == all.len() {
            continue;
        }
        first = Some((range.start, whole.place));
        let text = if rest.is_empty() { "*".to_owned() } else { format!(".param {}", rest.join(" ")) };
        // as many lines as before, so that ngspice counts the others as the reader did
        for line in &mut lines.netlist[range.clone()] {
            "*".clone_into(&mut line.text);
        }
        lines.netlist[range.start].text = text;
    }
    lines.sizing = first;
    if first.is_none() {
        let names: Vec<&str> = circuit.parameters.iter().take(3).map(|p| p.name.as_str()).collect();
        let problem = format!(
            "there is no place for the sizing: add a line `.include {SIZING_FILE}`, or `.param` lines that give \
             the parameters ({}, …) values of their own",
            names.join(", ")
        );
        return Err(wrong(lines, problem));
    }
    Ok(())
}

fn wrong(lines: &Lines, problem: String) -> SpiceError {
    SpiceError::Deck { path: lines.files[0].clone(), line: 1, problem }
}

/// Makes commands of analyses that stand as cards, where there is no `.control` block, and of `.meas` lines, which are
/// otherwise taken behind the block's last `run`.
///
/// # Errors
/// [`SpiceError`] where nothing is run.
pub(super) fn to_commands(lines: &mut Lines) -> Result<(), SpiceError> {
    let outer: Vec<Line> = outer_statements(&lines.netlist[1..])
        .into_iter()
        .map(|range| joined(&lines.netlist[range.start + 1..range.end + 1]).remove(0))
        .collect();
    let command = |line: &Line| Line { text: without_comment(&line.text)[1..].to_owned(), place: line.place };
    let is_measured = |line: &&Line| first_word(&line.text).starts_with(".meas");
    let measured: Vec<Line> = outer.iter().filter(is_measured).map(command).collect();
    if !lines.control.is_empty() {
        let run = lines.control.iter().rposition(|l| first_word(&l.text) == "run");
        if let Some(run) = run {
            let with_plots = measured.into_iter().flat_map(in_its_plot).collect::<Vec<_>>();
            lines.control.splice(run + 1..run + 1, with_plots);
        }
        return Ok(());
    }
    let cards = outer.iter().filter(|line| CARDS.contains(&first_word(&line.text).as_str()));
    let mut commands: Vec<Line> = Vec::new();
    for card in cards.map(command) {
        let kind = first_word(&card.text);
        let of_kind =
            |line: &&Line| line.text.split_whitespace().nth(1).is_some_and(|k| k.eq_ignore_ascii_case(&kind));
        let own: Vec<Line> = measured.iter().filter(of_kind).cloned().collect();
        commands.push(card);
        commands.extend(own);
    }
    if commands.is_empty() {
        let problem = "it runs no analysis: add a card such as `.ac dec 10 1 1g`, or a `.control` block that runs the \
                       analyses and leaves each metric in a vector of its name";
        return Err(wrong(lines, problem.to_owned()));
    }
    lines.control = commands;
    Ok(())
}

/// `meas ac …` where the results of that analysis are at hand: `run` leaves each analysis in a plot of its own.
fn in_its_plot(measured: Line) -> [Line; 2] {
    let kind = measured.text.split_whitespace().nth(1).unwrap_or_default().to_ascii_lowercase();
    let plot = match kind.as_str() {
        "sp" => "sp1".to_owned(),
        kind => format!("{kind}1"),
    };
    [Line { text: format!("setplot {plot}"), place: measured.place }, measured]
}

/// Puts a corner's temperature in the place of the deck's.
pub(super) fn to_corner(lines: &mut Lines, corner: Option<&Corner>) {
    let Some(temperature) = corner.and_then(|corner| corner.temperature) else { return };
    for range in outer_statements(&lines.netlist[1..]) {
        if first_word(&lines.netlist[range.start + 1].text) == ".temp" {
            lines.netlist[range.start + 1..range.end + 1]
                .iter_mut()
                .for_each(|l| "*".clone_into(&mut l.text));
        }
    }
    let place = lines.netlist[0].place;
    lines.netlist.push(Line { text: format!(".temp {temperature:e}"), place });
}
