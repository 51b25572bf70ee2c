//! Transistors with binned models, the subcircuits that they are in, and who uses these.

use super::netlist::{Assignment, Definition, assignments, definition, is_word, without_comment};
use crate::circuit::{Expression, spice_number};
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Fewer models than this are not worth the trouble.
const FEW_BINS: usize = 4;

/// A statement of the deck: its lines, what it defines and what it mentions.
pub(super) struct Statement {
    pub first: usize,
    pub lines: usize,
    /// Without continuation lines and comments.
    pub text: String,
    /// The parameters and functions defined at the top that it mentions.
    pub mentions: Vec<usize>,
}

/// A model and the sizes that it is for, in metres.
pub(super) struct Bin {
    pub statement: usize,
    pub length: (f64, f64),
    pub width: (f64, f64),
}

/// A subcircuit with transistors of binned models.
pub(super) struct Cell {
    pub name: String,
    /// All of its statements, from `.subckt` to `.ends`.
    pub statements: Range<usize>,
    /// Its parameters and what they are by default.
    pub defaults: Vec<Assignment>,
    /// Its transistors of binned models.
    pub transistors: Vec<Transistor>,
    /// The binned models of its own.
    pub bins: Bins,
}

/// Binned models by what comes before the bin's number.
pub(super) type Bins = HashMap<String, Vec<Bin>>;

/// A transistor by what its sizes are.
pub(super) struct Transistor {
    pub model: String,
    pub width: Option<Expression>,
    pub length: Option<Expression>,
    pub fingers: Option<Expression>,
}

/// A use of a cell.
pub(super) struct Instance {
    pub statement: usize,
    pub cell: usize,
    /// What it sets of the cell's parameters, each open where it is not understood or depends on what its own
    /// circuit says; `None` where that cannot be read.
    pub sizes: Option<Vec<(String, Option<Expression>)>>,
}

impl Instance {
    pub fn sets(&self, name: &str) -> bool {
        self.sizes.iter().flatten().any(|(set, _)| set == name)
    }
}

/// The statements of the netlist; each line of the sizing is one.
pub(super) fn read(texts: &[String], sizing: &Range<usize>) -> Vec<Statement> {
    let mut statements: Vec<Statement> = Vec::new();
    for (at, line) in texts.iter().enumerate() {
        let bare = without_comment(line.trim());
        match (bare.strip_prefix('+'), statements.last_mut()) {
            (Some(more), Some(last)) if !sizing.contains(&at) => {
                last.text.push(' ');
                last.text.push_str(more.trim());
                last.lines = at + 1 - last.first;
            }
            _ => statements.push(Statement {
                first: at,
                lines: 1,
                text: bare.to_owned(),
                mentions: Vec::new(),
            }),
        }
    }
    // a title mentions nothing
    if let Some(title) = statements.first_mut() {
        title.text.clear();
    }
    statements
}

/// Of each statement the outermost subcircuit that it is in, by its first statement.
pub(super) fn inside(statements: &[Statement]) -> Vec<Option<usize>> {
    let mut open: Vec<usize> = Vec::new();
    let one = |(at, statement): (usize, &Statement)| {
        let word = first_word(&statement.text);
        if word == ".subckt" {
            open.push(at);
        }
        let outermost = open.first().copied();
        if word == ".ends" {
            open.pop();
        }
        outermost
    };
    statements.iter().enumerate().map(one).collect()
}

/// A model's bin; `None` where it has none or its edges are no plain numbers.
fn bin(at: usize, statement: &Statement) -> Option<(String, Bin)> {
    let Definition::Model { base, bin: Some(_) } = definition(&statement.text) else {
        return None;
    };
    let edges = assignments(&statement.text)?;
    let edge = |name: &str| {
        let value = &edges.iter().find(|a| a.name == name)?.value;
        let (number, rest) = spice_number(value)?;
        rest.is_empty().then_some(number)
    };
    let (length, width) = ((edge("lmin")?, edge("lmax")?), (edge("wmin")?, edge("wmax")?));
    Some((base, Bin { statement: at, length, width }))
}

/// The bins among some statements; none of a model of which one bin cannot be read.
fn bins<'a>(statements: impl Iterator<Item = (usize, &'a Statement)>) -> Bins {
    let mut bins = Bins::new();
    let mut odd = HashSet::new();
    for (at, statement) in statements {
        if let Definition::Model { base, .. } = definition(&statement.text) {
            match bin(at, statement) {
                Some((base, bin)) => bins.entry(base).or_default().push(bin),
                None => _ = odd.insert(base),
            }
        }
    }
    bins.retain(|base, all| all.len() >= FEW_BINS && is_word(base) && !odd.contains(base));
    bins
}

pub(super) fn outer_bins(statements: &[Statement], inside: &[Option<usize>]) -> Bins {
    bins(statements.iter().enumerate().filter(|(at, _)| inside[*at].is_none()))
}

/// The subcircuits with transistors of binned models.
pub(super) fn cells(statements: &[Statement], inside: &[Option<usize>], outer: &Bins) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut at = 0;
    while at < statements.len() {
        let end = inside[at..].iter().position(|i| *i != inside[at]).map_or(statements.len(), |n| at + n);
        if inside[at].is_some() {
            cells.extend(cell(statements, at..end, outer));
        }
        at = end;
    }
    cells
}

/// A subcircuit as a cell, if it is plain enough.
fn cell(statements: &[Statement], range: Range<usize>, outer: &Bins) -> Option<Cell> {
    let body = &statements[range.clone()];
    let Definition::Subcircuit(name) = definition(&body.first()?.text) else {
        return None;
    };
    if body.iter().filter(|s| first_word(&s.text) == ".subckt").count() > 1 {
        return None;
    }
    let own = bins(range.clone().zip(body));
    // its parameters stand on its first line and on `.param` lines behind it
    let mut defaults = assignments(&body[0].text)?;
    for statement in &body[1..] {
        if let Definition::Parameters(_) = definition(&statement.text) {
            defaults.extend(assignments(&statement.text)?);
        }
    }
    let mut transistors = Vec::new();
    for statement in body.iter().filter(|s| first_word(&s.text).starts_with('m')) {
        transistors.extend(transistor(&statement.text, &own, outer));
    }
    (!transistors.is_empty()).then_some(Cell { name, statements: range, defaults, transistors, bins: own })
}

/// A transistor of a binned model; sizes that are not understood are left open.
fn transistor(text: &str, own: &Bins, outer: &Bins) -> Option<Transistor> {
    let model = text.split_whitespace().nth(5)?.to_ascii_lowercase();
    if !own.contains_key(&model) && !outer.contains_key(&model) {
        return None;
    }
    let sizes = assignments(text).unwrap_or_default();
    let given = |name: &str| sizes.iter().find(|a| a.name == name);
    let size = |name: &str| given(name).and_then(|a| Expression::parse(&a.value).ok());
    let fingers = size("nf");
    // a number of fingers that cannot be read leaves the width open
    let width = if given("nf").is_some() && fingers.is_none() { None } else { size("w") };
    Some(Transistor { model, width, length: size("l"), fingers })
}

/// The transistors of the deck's own binned models outside of cells; those in a subcircuit are not sure.
pub(super) fn outer_transistors(
    statements: &[Statement],
    inside: &[Option<usize>],
    cells: &[Cell],
    outer: &Bins,
) -> Vec<(Transistor, bool)> {
    let in_cell = |at: usize| cells.iter().any(|c| c.statements.contains(&at));
    let devices =
        statements.iter().enumerate().filter(|(at, s)| !in_cell(*at) && first_word(&s.text).starts_with('m'));
    let none = Bins::new();
    devices.filter_map(|(at, s)| Some((transistor(&s.text, &none, outer)?, inside[at].is_none()))).collect()
}

/// The uses of the cells, wherever they stand.
pub(super) fn instances(statements: &[Statement], cells: &[Cell], inside: &[Option<usize>]) -> Vec<Instance> {
    let mut instances = Vec::new();
    for (at, statement) in statements.iter().enumerate() {
        if !first_word(&statement.text).starts_with('x') {
            continue;
        }
        let named = words_before_sizes(&statement.text);
        let Some(cell) = named.last().and_then(|name| cells.iter().position(|c| c.name == *name)) else {
            continue;
        };
        let local = inside[at].map_or_else(HashSet::new, |start| local_names(statements, start, inside));
        let one = |a: Assignment| {
            let value = Expression::parse(&a.value).ok();
            (a.name, value.filter(|v| v.names().iter().all(|name| !local.contains(*name))))
        };
        let sizes = assignments(&statement.text).map(|all| all.into_iter().map(one).collect());
        instances.push(Instance { statement: at, cell, sizes });
    }
    instances
}

/// The names that a subcircuit gives values of its own.
fn local_names(statements: &[Statement], start: usize, inside: &[Option<usize>]) -> HashSet<String> {
    let body = statements.iter().zip(inside).filter(|(_, of)| **of == Some(start)).map(|(s, _)| s);
    let definitions = body.filter(|s| {
        let word = first_word(&s.text);
        word == ".subckt" || word.starts_with(".param")
    });
    definitions.flat_map(|s| assignments(&s.text).unwrap_or_default()).map(|a| a.name).collect()
}

/// The words of an instance in front of its first `name = value`, in lower case.
fn words_before_sizes(text: &str) -> Vec<String> {
    let spaced = text.replace('=', " = ");
    let all: Vec<String> = spaced.split_whitespace().map(str::to_ascii_lowercase).collect();
    let end = all.iter().position(|w| w == "=").map_or(all.len(), |at| at.saturating_sub(1));
    all[..end].iter().filter(|w| *w != "params:").cloned().collect()
}

/// A statement with another name in place of a cell's: the first behind `.subckt`, the last in front of the sizes
/// of an instance.
pub(super) fn renamed(text: &str, from: &str, to: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let sizes = words.iter().position(|w| w.contains('=')).unwrap_or(words.len());
    let mut named = (1..sizes).filter(|&i| words[i].eq_ignore_ascii_case(from));
    let at = if text.starts_with('.') { named.next() } else { named.next_back() };
    let one = |(i, word): (usize, &&str)| if Some(i) == at { to.to_owned() } else { (*word).to_owned() };
    words.iter().enumerate().map(one).collect::<Vec<_>>().join(" ")
}

/// The option `scale`; `None` where it is set in a way that is not understood.
pub(super) fn scale(statements: &[Statement]) -> Option<f64> {
    let mut scale = 1.0;
    for statement in statements.iter().filter(|s| first_word(&s.text).starts_with(".opt")) {
        for option in assignments(&statement.text)? {
            if option.name == "scale" {
                let (value, rest) = spice_number(&option.value)?;
                if !rest.is_empty() {
                    return None;
                }
                scale = value;
            }
        }
    }
    Some(scale)
}

fn first_word(text: &str) -> String {
    text.split_whitespace().next().unwrap_or_default().to_ascii_lowercase()
}
