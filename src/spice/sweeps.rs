//! The sweeps that a deck's run left: of each analysis over frequency, time or a swept quantity the curves that matter.
//!
//! Read once the metrics are, so that these are what they are without it. Long sweeps are held a curve at a time.

use super::inspection::{Curve, CurveRole, CurveValues, Sweep};
use super::library::Quantity;
use super::piece::Piece;
use super::protocol::DeckSetup;
use super::reader::first_word;
use super::results::{Plot, Results, bare, scale_of};
use super::thin::Thin;
use crate::circuit::{Analysis, Function, Measurement, Wanted};

const SWEPT: [Analysis; 4] = [Analysis::Ac, Analysis::Noise, Analysis::Tran, Analysis::Dc];
/// Sweeps of a testbench that are handed out.
pub(super) const MOST_SWEEPS: usize = 16;
/// Of so many curves, the first, the extremes of each stretch stay in a long sweep.
const SHAPED: usize = 8;
/// Vectors that no name of ours is part of.
const OWN: &str = "sizewright";

/// What the deck's own commands and the circuit's metrics refer to.
struct Referred<'a> {
    measurements: Vec<&'a Measurement>,
    /// Names that `let` gives a value, with the expressions.
    made: Vec<(String, String)>,
    /// Nodes that `meas` lines name.
    nodes: Vec<String>,
}

impl<'a> Referred<'a> {
    fn by(deck: &'a DeckSetup) -> Referred<'a> {
        let control = deck.after.iter().skip_while(|line| first_word(line) != ".control");
        let commands = control.flat_map(|line| line.split(';')).filter(|command| !command.contains(OWN));
        let (mut made, mut nodes) = (Vec::new(), Vec::new());
        for command in commands {
            let word = first_word(command);
            if word == "let" {
                let rest = command.trim_start().get(word.len()..).unwrap_or_default();
                let Some((name, expression)) = rest.split_once('=') else { continue };
                let name = name.split('[').next().unwrap_or_default().trim().to_owned();
                made.push((name, expression.to_owned()));
            } else if word.starts_with("meas") {
                nodes.extend(nodes_in(command));
            }
        }
        let measurements = deck.wanted.iter().filter_map(|(_, wanted)| match wanted {
            Wanted::Measured(measurement) => Some(measurement),
            Wanted::Vector(_) => None,
        });
        Referred { measurements: measurements.collect(), made, nodes }
    }
}

/// The nodes, in lower case, of `v(out)`, `vdb(out)` or `v(a,b)`.
fn nodes_in(command: &str) -> Vec<String> {
    let mut nodes = Vec::new();
    let mut rest = command;
    while let Some((before, behind)) = rest.split_once('(') {
        let word = before.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        let Some((inside, after)) = behind.split_once(')') else { break };
        if word.starts_with(['v', 'V']) {
            nodes.extend(inside.split(',').map(|node| node.trim().to_ascii_lowercase()));
        }
        rest = after;
    }
    nodes
}

/// Where the numbers of a curve come from.
enum From<'a> {
    Vector(&'a str),
    Signal(&'a str),
}

/// A curve that may be handed out.
struct Candidate<'a> {
    name: String,
    role: CurveRole,
    from: From<'a>,
    /// Whether ngspice knows the quantity: it takes a voltage squared for a voltage.
    known: bool,
}

impl Candidate<'_> {
    fn numbers(&self, plot: &Plot<'_>) -> (Vec<[f64; 2]>, Quantity) {
        match self.from {
            From::Vector(vector) => (plot.numbers(vector), plot.quantity(vector)),
            From::Signal(signal) => plot.worked_out(signal),
        }
    }
}

/// Whether an expression is a vector as it is: ngspice takes a voltage squared for a voltage.
fn says_its_quantity(expression: &str) -> bool {
    !expression.contains(['*', '/', '^', '[', '('])
        || (nodes_in(expression).len() == 1 && !expression.contains(['*', '/', '^', '[']))
}

fn candidates<'a>(
    plot: &Plot<'a>,
    scale: &str,
    analysis: Analysis,
    latest: bool,
    referred: &'a Referred<'_>,
) -> Vec<Candidate<'a>> {
    let mut all: Vec<Candidate<'a>> = Vec::new();
    let has = |all: &[Candidate<'_>], name: &str| {
        let plain = |text: &str| text.replace(' ', "").to_ascii_lowercase();
        all.iter().any(|c| plain(&c.name) == plain(name))
    };
    // a measurement takes the latest results of its analysis
    for measurement in referred.measurements.iter().filter(|m| latest && m.analysis == analysis) {
        let of_noise = matches!(measurement.function, Function::InputNoise | Function::OutputNoise);
        let signal = measurement.signal.as_str();
        if !of_noise && !signal.is_empty() && !has(&all, signal) {
            let (role, from, known) = (CurveRole::Measured, From::Signal(signal), says_its_quantity(signal));
            all.push(Candidate { name: signal.to_owned(), role, from, known });
        }
    }
    // ngspice names the latest first
    let vectors = plot.vectors.iter().rev().map(String::as_str).filter(|v| *v != scale && !v.contains(OWN));
    for vector in vectors {
        let is = |name: &str| plot.is_called(vector, name);
        let candidate = |name: &str, role, known| Candidate {
            name: name.to_owned(),
            role,
            from: From::Vector(vector),
            known,
        };
        let node = bare(vector);
        if let Some((name, expression)) = referred.made.iter().rev().find(|(name, _)| is(name)) {
            all.push(candidate(name, CurveRole::Made, says_its_quantity(expression)));
        } else if analysis == Analysis::Noise && (is("inoise_spectrum") || is("onoise_spectrum")) {
            all.push(candidate(vector, CurveRole::Noise, true));
        } else if plot.quantity(vector) == Quantity::Voltage {
            let name = format!("v({node})");
            let measured = referred.nodes.iter().any(|n| n.eq_ignore_ascii_case(node));
            // `#` is within a model
            if !has(&all, &name) && (measured || !node.contains('#')) {
                let role = if measured { CurveRole::Measured } else { CurveRole::Node };
                all.push(candidate(&name, role, true));
            }
        }
    }
    // what is inside of subcircuits comes last
    all.sort_by_key(|c| {
        let inner = c.role == CurveRole::Node && c.name.contains('.');
        (c.role != CurveRole::Measured, c.role == CurveRole::Node, inner)
    });
    all
}

fn unit_of(quantity: Quantity) -> Option<String> {
    let unit = match quantity {
        Quantity::Voltage => "V",
        Quantity::Current => "A",
        Quantity::VoltageDensity => "V/√Hz",
        Quantity::CurrentDensity => "A/√Hz",
        Quantity::Decibel => "dB",
        Quantity::Other => return None,
    };
    Some(unit.to_owned())
}

/// The unit of what was swept.
fn x_unit(name: &str) -> &'static str {
    match name {
        "frequency" => "Hz",
        "time" => "s",
        "v-sweep" => "V",
        "i-sweep" => "A",
        "temp-sweep" => "°C",
        "res-sweep" => "Ohm",
        _ => "",
    }
}

/// Adds the sweeps that are there to the pieces; how many, and what was left out, as notes.
pub(super) fn read(results: &Results<'_>, deck: &DeckSetup, pieces: &mut Vec<Piece>) {
    let referred = Referred::by(deck);
    let note = |text: String| Piece::Note(Some(deck.place), text);
    let plots: Vec<(Plot<'_>, Analysis)> = results
        .plots()
        .filter_map(|plot| Some((SWEPT.into_iter().find(|kind| plot.is_of(*kind))?, plot)))
        .filter_map(|(kind, plot)| scale_of(plot.vectors).is_some().then_some((plot, kind)))
        .collect();
    for (at, (plot, analysis)) in plots.iter().enumerate().take(MOST_SWEEPS) {
        let Some(scale) = scale_of(plot.vectors) else { continue };
        let latest = !plots[at + 1..].iter().any(|(_, other)| other == analysis);
        let x: Vec<f64> = plot.numbers(scale).into_iter().map(|[re, _]| re).collect();
        if x.is_empty() {
            continue;
        }
        let mut found = candidates(plot, scale, *analysis, latest, &referred);
        // what the deck made may have one number or few
        found.retain(|c| c.role == CurveRole::Node || c.numbers(plot).0.len() == x.len());
        let left_out = found.len().saturating_sub(Sweep::MOST_CURVES);
        found.truncate(Sweep::MOST_CURVES);
        let mut thin = Thin::new(x.len(), Sweep::MOST_POINTS);
        if thin.thins() {
            let shaped = found.iter().filter(|c| c.role != CurveRole::Node).count().clamp(1, SHAPED);
            let room = Sweep::MOST_POINTS - 2 * Sweep::MOST_CURVES;
            let stretches = room * 3 / 4 / (2 * shaped);
            for (i, candidate) in found.iter().enumerate() {
                thin.keep_extremes(&candidate.numbers(plot).0, if i < shaped { stretches } else { 1 });
            }
        }
        let places = thin.places();
        let picked = |values: &[f64]| places.iter().filter_map(|&i| values.get(i).copied()).collect();
        let x_name = bare(scale).to_ascii_lowercase();
        pieces.push(Piece::sweep(&Sweep {
            testbench: deck.place,
            testbench_name: String::new(),
            analysis: *analysis,
            plot: plot.name.to_owned(),
            x_unit: x_unit(&x_name).to_owned(),
            x_name,
            x: picked(&x),
            curves: Vec::new(),
        }));
        for candidate in found {
            let (values, quantity) = candidate.numbers(plot);
            let values: Vec<[f64; 2]> = places.iter().filter_map(|&i| values.get(i).copied()).collect();
            if values.len() != places.len() {
                continue;
            }
            pieces.push(Piece::curve(Curve {
                name: candidate.name,
                unit: if candidate.known { unit_of(quantity) } else { None },
                role: candidate.role,
                values: CurveValues::of(values),
            }));
        }
        if places.len() < x.len() {
            pieces.push(note(format!("{}: {} of {} points are kept", plot.name, places.len(), x.len())));
        }
        if left_out > 0 {
            pieces.push(note(format!("{}: {left_out} more curves are left out", plot.name)));
        }
    }
    if plots.len() > MOST_SWEEPS {
        pieces.push(note(format!("the first {MOST_SWEEPS} of {} sweeps are kept", plots.len())));
    }
    if plots.is_empty() {
        let removes = deck.after.iter().any(|line| first_word(line) == "destroy");
        let why = match (removes, deck.process) {
            (true, _) => "the deck removes its results itself (destroy)",
            (false, true) => "in its process it sweeps nothing, or quits before its end",
            (false, false) => "it sweeps nothing",
        };
        pieces.push(note(format!("there is no curve: {why}")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_deck_refers_to_is_found() {
        let lines = ["V1 a 0 1", ".control", "op", "let Diff = v(a)-v(b); let mag=abs(diff)", "let x[3] = 1"];
        let more =
            ["meas ac bw when vdb(OUT)=3 fall=1", "meas tran t trig v(a,b) val=1", "let sizewright_x=1"];
        let after = lines.iter().chain(&more).map(|line| (*line).to_owned()).collect();
        let measurement = |function, signal: &str| Measurement {
            function,
            analysis: Analysis::Ac,
            signal: signal.to_owned(),
            numbers: Vec::new(),
        };
        let wanted = vec![
            (0, Wanted::Measured(measurement(Function::Gain, "v(out)"))),
            (1, Wanted::Vector("bw".into())),
        ];
        let deck = DeckSetup { after, wanted, ..DeckSetup::default() };
        let referred = Referred::by(&deck);
        let names: Vec<&str> = referred.made.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["Diff", "mag", "x"]);
        assert_eq!(referred.nodes, ["out", "a", "b"]);
        assert_eq!(referred.measurements.len(), 1);
    }

    #[test]
    fn a_quantity_is_known_of_what_is_taken_as_it_is() {
        assert!(says_its_quantity("v(out)") && says_its_quantity("vdb(out)") && says_its_quantity(" -i_x"));
        assert!(
            !says_its_quantity("v(a)*v(a)")
                && !says_its_quantity("v(a)/2")
                && !says_its_quantity("mean(x)")
                && !says_its_quantity("a^2")
        );
    }
}
