//! What a `circuit.ron` says of its decks, read and checked: testbenches, deck parameters, sources, corners.

use super::check::{Problem, name, problem, short};
use super::expression::Expression;
use super::quantity::parse_quantity;
use super::raw::{Raw, RawCorner};
use super::shortened::shortened;
use super::testbench::{Corner, DeckParameter, DeckValue, Reading, Source, Testbench, Wanted};
use std::path::Path;

/// Longer texts are not echoed whole.
const LONGEST_ECHO: usize = 60;
const MOST_TESTBENCHES: usize = 64;
const MOST_WORDS: usize = 64;
const MOST_TIES: usize = 1024;
const MOST_CORNERS: usize = 1024;
/// Parameters, sections and texts that one corner changes.
const MOST_CHANGES: usize = 256;
/// The name of the testbench where there is one without a name.
const ONLY: &str = "testbench";

fn echo(text: &str) -> String {
    shortened(text, LONGEST_ECHO)
}

fn at_most(field: &str, length: usize, most: usize) -> Result<(), Problem> {
    if length > most {
        return Err(problem(field, format!("has {length} entries: at most {most} are taken")));
    }
    Ok(())
}

/// The files that are named as decks, with the fields that do.
pub(super) fn files(raw: &Raw) -> Vec<&str> {
    let only = (!raw.testbench.is_empty()).then_some(raw.testbench.as_str());
    only.into_iter().chain(raw.testbenches.iter().map(|t| t.deck.as_str())).collect()
}

/// The testbenches; none of a circuit that is data alone.
pub(super) fn testbenches(folder: &Path, raw: &Raw) -> Result<Vec<Testbench>, Problem> {
    at_most("testbenches", raw.testbenches.len(), MOST_TESTBENCHES)?;
    let mut all: Vec<Testbench> = Vec::new();
    if !raw.testbench.is_empty() {
        if !raw.testbenches.is_empty() {
            return Err(problem("testbench", "stands beside `testbenches`: keep one of the two"));
        }
        all.push(Testbench { name: ONLY.to_owned(), deck: folder.join(&raw.testbench), process: false });
    }
    for (i, bench) in raw.testbenches.iter().enumerate() {
        let place = format!("testbenches[{i}]");
        name(&format!("{place}.name"), &bench.name)?;
        short(&format!("{place}.deck"), &bench.deck)?;
        if all.iter().any(|other| other.name == bench.name) {
            return Err(problem(format!("{place}.name"), format!("`{}` is declared twice", bench.name)));
        }
        all.push(Testbench {
            name: bench.name.clone(),
            deck: folder.join(&bench.deck),
            process: bench.process,
        });
    }
    // from the second format on a circuit may be data alone
    if all.is_empty() && raw.format < 2 {
        return Err(problem("testbench", "is missing: name the deck that measures the circuit"));
    }
    for (i, bench) in all.iter().enumerate() {
        if !bench.deck.is_file() {
            let field =
                if raw.testbench.is_empty() { format!("testbenches[{i}].deck") } else { "testbench".into() };
            let file = shortened(&bench.deck.display().to_string(), 2 * LONGEST_ECHO);
            return Err(problem(field, format!("there is no file {file}")));
        }
    }
    Ok(all)
}

/// The command that measures in place of testbenches.
pub(super) fn command(raw: &Raw, testbenches: &[Testbench]) -> Result<Vec<String>, Problem> {
    if raw.command.is_empty() {
        return Ok(Vec::new());
    }
    at_most("command", raw.command.len(), MOST_WORDS)?;
    if raw.format < 2 {
        return Err(problem("command", "is of format 2: write `format: 2`"));
    }
    if !testbenches.is_empty() {
        return Err(problem("command", "stands beside a testbench: keep one of the two"));
    }
    if raw.command[0].trim().is_empty() || raw.command.iter().any(|w| w.len() > 4096 || w.contains('\0')) {
        return Err(problem("command", "needs a program first, and words of at most 4096 characters"));
    }
    Ok(raw.command.clone())
}

/// What the decks are told of a sizing: first the parameters, in their order, then the ties.
pub(super) fn deck_parameters(raw: &Raw) -> Result<Vec<DeckParameter>, Problem> {
    at_most("ties", raw.ties.len(), MOST_TIES)?;
    let mut all: Vec<DeckParameter> = Vec::new();
    for (i, p) in raw.parameters.iter().enumerate() {
        let field = || format!("parameters[{i}] ({}).deck_unit", echo(&p.name));
        let unit = if p.deck_unit.is_empty() {
            1.0
        } else {
            let read = parse_quantity(&format!("1{}", p.deck_unit), p.unit);
            read.map_err(|_| {
                let what = format!("`{}` is not {} with a prefix", echo(&p.deck_unit), p.unit.symbol());
                problem(field(), what)
            })?
            .value
        };
        all.push(DeckParameter { name: p.name.clone(), value: DeckValue::Sized(i, unit) });
    }
    for (i, (tied, text)) in raw.ties.iter().enumerate() {
        let field = format!("ties[{i}] ({})", echo(tied));
        name(&field, tied)?;
        let is = |known: &DeckParameter, name: &str| known.name.eq_ignore_ascii_case(name);
        if all.iter().any(|known| is(known, tied)) {
            return Err(problem(
                field,
                "has a value already: a parameter or another tie (SPICE ignores case)",
            ));
        }
        let expression = Expression::parse(text).map_err(|e| problem(&field, e.to_string()))?;
        if let Some(unknown) = expression.names().iter().find(|n| !all.iter().any(|known| is(known, n))) {
            let what = format!("`{}` is neither a parameter nor a tie before this one", echo(unknown));
            return Err(problem(field, what));
        }
        all.push(DeckParameter { name: tied.clone(), value: DeckValue::Tied(expression) });
    }
    Ok(all)
}

/// Readings and sources of metrics and validity conditions.
pub(super) fn sources(raw: &Raw, testbenches: &[Testbench]) -> Result<(Vec<Reading>, Vec<Source>), Problem> {
    let metrics = raw
        .metrics
        .iter()
        .enumerate()
        .map(|(i, m)| (format!("metrics[{i}] ({})", echo(&m.name)), i, &m.name, &m.testbench, &m.from));
    let validity = raw
        .validity
        .iter()
        .enumerate()
        .map(|(i, v)| (format!("validity[{i}]"), raw.metrics.len(), &v.vector, &v.testbench, &v.from));
    let (mut readings, mut sources) = (Vec::new(), Vec::new());
    for (field, before, own, testbench, from) in metrics.chain(validity) {
        let measured = !testbenches.is_empty() || !raw.command.is_empty();
        if !measured && !from.is_empty() {
            return Err(problem(format!("{field}.from"), "cannot be: there is no testbench to measure with"));
        }
        let place = match testbench.as_str() {
            "" => Some(0),
            named => testbenches.iter().position(|t| t.name == named),
        };
        let place = place.ok_or_else(|| {
            let known = testbenches.iter().map(|t| t.name.as_str()).collect::<Vec<_>>().join(", ");
            problem(format!("{field}.testbench"), format!("`{}` is none: there are {known}", echo(testbench)))
        })?;
        let known = |name: &str| {
            let earlier = raw.metrics[..before].iter().any(|m| m.name.eq_ignore_ascii_case(name));
            earlier || raw.parameters.iter().any(|p| p.name.eq_ignore_ascii_case(name))
        };
        // by itself a metric's own name is a vector, whatever else goes by it
        let source = if from.is_empty() {
            Source::parse(own, place, &mut readings, &|_| false)
        } else {
            short(&format!("{field}.from"), from)?;
            Source::parse(from, place, &mut readings, &known)
        };
        sources.push(source.map_err(|what| problem(format!("{field}.from"), what))?);
        let taken = readings.iter().find(|r| matches!(r.wanted, Wanted::Measured(_)));
        if let (false, Some(reading)) = (raw.command.is_empty(), taken) {
            let what = format!(
                "`{}` needs curves, and a command answers with numbers: name one of them",
                echo(&reading.wanted.text())
            );
            return Err(problem(format!("{field}.from"), what));
        }
    }
    Ok((readings, sources))
}

/// The corners.
pub(super) fn corners(raw: &Raw, parameters: &[DeckParameter]) -> Result<Vec<Corner>, Problem> {
    at_most("corners", raw.corners.len(), MOST_CORNERS)?;
    let mut all: Vec<Corner> = Vec::new();
    for (i, corner) in raw.corners.iter().enumerate() {
        let place = format!("corners[{i}] ({})", echo(&corner.name));
        short(&format!("{place}.name"), &corner.name)?;
        if corner.name.trim().is_empty() || corner.name.contains(',') {
            return Err(problem(place, "needs a name without a comma"));
        }
        if all.iter().any(|other| other.name == corner.name) {
            return Err(problem(place, "is declared twice"));
        }
        all.push(one_corner(&place, corner, parameters)?);
    }
    Ok(all)
}

/// The corners over which a design counts as its worst.
pub(super) fn worst_over(raw: &Raw, corners: &[Corner]) -> Result<Vec<Corner>, Problem> {
    if raw.worst_over.iter().any(|name| name == "all") {
        return Ok(corners.to_vec());
    }
    let mut all: Vec<Corner> = Vec::new();
    for (i, name) in raw.worst_over.iter().enumerate() {
        let place = format!("worst_over[{i}]");
        let Some(corner) = corners.iter().find(|corner| corner.name == *name) else {
            let known: Vec<&str> = corners.iter().map(|corner| corner.name.as_str()).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(problem(place, format!("`{}` is no corner: there are {known}", echo(name))));
        };
        if all.contains(corner) {
            return Err(problem(place, format!("`{}` is named twice", echo(name))));
        }
        all.push(corner.clone());
    }
    Ok(all)
}

/// The condition in which decks draw each device's mismatch.
pub(super) fn mismatch(raw: &Raw, parameters: &[DeckParameter]) -> Result<Option<Corner>, Problem> {
    let Some(mismatch) = &raw.mismatch else { return Ok(None) };
    let corner = one_corner("mismatch", mismatch, parameters)?;
    Ok(Some(Corner { name: "mismatch".to_owned(), ..corner }))
}

fn one_corner(place: &str, corner: &RawCorner, parameters: &[DeckParameter]) -> Result<Corner, Problem> {
    for (field, changes) in
        [("sections", corner.sections.len()), ("set", corner.set.len()), ("replace", corner.replace.len())]
    {
        at_most(&format!("{place}.{field}"), changes, MOST_CHANGES)?;
    }
    let plain = |c: char| c.is_ascii_graphic() && !"'\"`;$".contains(c);
    let texts = corner.sections.iter().chain(&corner.replace).flat_map(|(from, to)| [from, to]);
    for text in texts {
        if text.is_empty() || text.len() > 256 || !text.chars().all(plain) {
            let what =
                format!("`{}` must be 1 to 256 characters without blanks, quotes, `;` and `$`", echo(text));
            return Err(problem(place, what));
        }
    }
    let temperature = Some(corner.temperature).filter(|t| !t.is_nan());
    if temperature.is_some_and(|t| !(-273.15..=1000.0).contains(&t)) {
        return Err(problem(
            format!("{place}.temperature"),
            "must lie between -273.15 and 1000 degrees Celsius",
        ));
    }
    let known = |name: &str| parameters.iter().any(|p| p.name.eq_ignore_ascii_case(name));
    let mut set = Vec::new();
    for (parameter, text) in &corner.set {
        let field = format!("{place}.set ({})", echo(parameter));
        let expression = Expression::parse(text).map_err(|e| problem(&field, e.to_string()))?;
        for used in expression.names().into_iter().chain([parameter.as_str()]) {
            if !known(used) {
                let what = format!(
                    "`{}` is neither a parameter nor tied: give the deck's own value as a tie, such as (\"VDD\", \"1.8\")",
                    echo(used)
                );
                return Err(problem(field, what));
            }
        }
        set.push((parameter.clone(), expression));
    }
    Ok(Corner {
        name: corner.name.clone(),
        sections: corner.sections.clone(),
        temperature,
        set,
        replace: corner.replace.clone(),
    })
}
