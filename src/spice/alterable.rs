//! Decks whose sizing is no more than numbers of devices: ngspice's command `alter` gives devices that are loaded other
//! numbers, and the next design's netlist need not be read.
//!
//! A deck is one only where each of its statements is understood: parameters go through sums and products alone to the
//! sizes of transistors, the values of resistors, capacitors and inductors, and the constant part of sources. Whatever
//! else mentions one (a model, an option, a starting point, a subcircuit), random numbers, conditions, models by bins, and
//! commands that change a circuit leave a deck to be loaded for each design.

use super::SpiceError;
use super::adapt::CARDS;
use super::control::repeatable;
use super::deck::Decks;
use super::kit::netlist::{Definition, assignments, definition, without_comment, words};
use super::protocol::{DeckSetup, Setup};
use super::reader::{Line, Place, first_word, joined};
use crate::circuit::{Circuit, Expression, spice_number};
use std::collections::{HashMap, HashSet};

/// Sizes of a transistor.
const SIZES: [&str; 13] = ["w", "l", "nf", "m", "ad", "as", "pd", "ps", "nrd", "nrs", "sa", "sb", "sd"];
/// Statements beside devices that do not depend on what was loaded before.
const STATEMENTS: [&str; 14] = [
    ".param", ".model", ".options", ".option", ".nodeset", ".ic", ".temp", ".global", ".subckt", ".ends",
    ".func", ".meas", ".measure", ".end",
];
/// What draws at random, in an expression or as a source.
const RANDOM: [&str; 12] = [
    "rnd",
    "agauss",
    "gauss",
    "aunif",
    "unif",
    "limit",
    "sgauss",
    "sunif",
    "poisson",
    "exponential",
    "trnoise",
    "trrandom",
];

/// Where a sizing enters a deck, and the deck's commands.
pub(super) struct Alterable {
    /// The sizing's parameters, in lower case.
    names: Vec<String>,
    /// Parameters that the netlist gives values to, each from those before it.
    derived: Vec<(String, Expression)>,
    /// Numbers of devices that follow from the sizing.
    pub(super) numbers: Vec<Number>,
    /// The control block, as ngspice takes it from a netlist.
    pub(super) commands: Vec<String>,
}

/// A number of a device: `@m1[w]`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Number {
    /// The device, in lower case.
    pub(super) device: String,
    /// The device's parameter, as ngspice calls it.
    pub(super) parameter: String,
    value: Expression,
}

/// A netlist's own parameters.
struct Parameters {
    /// Those that follow from the sizing, with the sizing's.
    sized: HashSet<String>,
    /// Each with its text.
    defined: HashMap<String, String>,
}

impl Alterable {
    /// What of a deck can be altered for parameters of these names; `None` where it has to be loaded for each design.
    fn of(deck: &DeckSetup, names: &[String]) -> Option<Alterable> {
        let control = deck.after.iter().position(|line| line == ".control")?;
        let commands = deck.after[control + 1..].iter().take_while(|line| *line != ".endc");
        let commands = repeatable(commands)?;
        // the first line is the title
        let netlist = deck.before.get(1..)?.iter().chain(&deck.after[..control]);
        let statements = statements(netlist);
        let random = |text: &String| words(text).any(|word| RANDOM.contains(&word.as_str()));
        if statements.iter().chain(&commands).any(random) {
            return None;
        }
        let names: Vec<String> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
        let parameters = Parameters::of(&statements, &names)?;
        let mut numbers = Vec::new();
        let mut subcircuits = 0_usize;
        for text in &statements {
            let word = first_word(text);
            let inside = subcircuits > 0 || word == ".subckt";
            match word.as_str() {
                ".subckt" => subcircuits += 1,
                ".ends" => subcircuits = subcircuits.saturating_sub(1),
                _ => {}
            }
            if inside {
                if parameters.are_mentioned(text) {
                    return None;
                }
            } else if word.starts_with('.') {
                if !parameters.allow(&word, text) {
                    return None;
                }
            } else {
                numbers.extend(parameters.device(text)?);
            }
        }
        let derived = parameters.in_order(&numbers, &names)?;
        (!numbers.is_empty()).then_some(Alterable { names, derived, numbers, commands })
    }

    /// That of the only deck of a setup, run by the library: with several each would have to find its circuit again.
    pub(super) fn only(setup: &Setup) -> Option<Alterable> {
        let [deck] = setup.decks.as_slice() else { return None };
        if deck.process { None } else { Alterable::of(deck, &setup.parameters) }
    }

    /// The numbers of a design's devices, in the order of `numbers`; `None` where one has no finite value.
    pub(super) fn values(&self, sizing: &[f64]) -> Option<Vec<f64>> {
        let mut known: HashMap<&str, f64> =
            self.names.iter().map(String::as_str).zip(sizing.iter().copied()).collect();
        for (name, value) in &self.derived {
            let value = value.value(&mut |name| known.get(name).copied())?;
            known.insert(name, value);
        }
        let value = |number: &Number| {
            let value = number.value.value(&mut |name| known.get(name).copied());
            value.filter(|v| v.is_finite())
        };
        self.numbers.iter().map(value).collect()
    }
}

/// Whether a circuit's designs can be measured by altering its devices; one with binned models is loaded even so.
///
/// # Errors
/// [`SpiceError`] where its decks cannot be read.
pub fn is_alterable(circuit: &Circuit) -> Result<bool, SpiceError> {
    let setup = Decks::of(circuit)?.setup(circuit, 0);
    Ok(Alterable::only(&setup).is_some())
}

/// Statements without comments.
fn statements<'a>(lines: impl Iterator<Item = &'a String>) -> Vec<String> {
    let place = Place { file: 0, number: 0 };
    let lines = lines.map(|line| without_comment(line.trim()).to_owned());
    let is_code = |text: &String| !text.is_empty() && !text.starts_with('*');
    let lines: Vec<Line> = lines.filter(is_code).map(|text| Line { text, place }).collect();
    joined(&lines).into_iter().map(|line| line.text).collect()
}

impl Parameters {
    /// Reads every `.param` outside subcircuits; `None` where one is not understood or is given twice.
    fn of(statements: &[String], names: &[String]) -> Option<Parameters> {
        let mut defined: HashMap<String, String> = HashMap::new();
        let mut subcircuits = 0_usize;
        for text in statements {
            let word = first_word(text);
            match word.as_str() {
                ".subckt" => subcircuits += 1,
                ".ends" => subcircuits = subcircuits.saturating_sub(1),
                ".param" if subcircuits == 0 => {
                    for one in assignments(text)? {
                        if names.contains(&one.name) || defined.insert(one.name, one.value).is_some() {
                            return None;
                        }
                    }
                }
                _ => {}
            }
        }
        let mut parameters = Parameters { sized: names.iter().cloned().collect(), defined };
        loop {
            let follows = |(name, text): &(&String, &String)| {
                !parameters.sized.contains(*name) && parameters.are_mentioned(text)
            };
            let more: Vec<String> =
                parameters.defined.iter().filter(follows).map(|(name, _)| name.clone()).collect();
            if more.is_empty() {
                return Some(parameters);
            }
            parameters.sized.extend(more);
        }
    }

    /// Whether a text mentions one that follows from the sizing.
    fn are_mentioned(&self, text: &str) -> bool {
        words(text).any(|word| self.sized.contains(&word))
    }

    /// Whether a statement that begins with a dot leaves the deck alterable.
    fn allow(&self, word: &str, text: &str) -> bool {
        match word {
            ".param" => true,
            // a bin is chosen as the circuit is loaded
            ".model" => {
                matches!(definition(text), Definition::Model { bin: None, .. }) && !self.are_mentioned(text)
            }
            // a node may have a parameter's name
            ".nodeset" | ".ic" => !self.are_mentioned(&without_nodes(text)),
            _ => (STATEMENTS.contains(&word) || CARDS.contains(&word)) && !self.are_mentioned(text),
        }
    }

    /// The numbers of a device that follow from the sizing; `None` where something else of it does.
    fn device(&self, text: &str) -> Option<Vec<Number>> {
        let device = first_word(text);
        let is_name = device.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let number = |parameter: &str, value: &str| {
            let value = plain(value)?;
            is_name.then(|| Number { device: device.clone(), parameter: parameter.to_owned(), value })
        };
        let kind = device.chars().next()?;
        match kind {
            'm' => {
                // nodes and model, which have names of their own
                let sizes = behind(text, 6)?;
                if !self.are_mentioned(sizes) {
                    return Some(Vec::new());
                }
                let given = assignments(sizes)?;
                let whole = sizes.trim_start().to_ascii_lowercase().starts_with(&given.first()?.name);
                let names: HashSet<&str> = given.iter().map(|a| a.name.as_str()).collect();
                if !whole || names.len() < given.len() {
                    return None;
                }
                let sized = given.iter().filter(|a| self.are_mentioned(&a.value));
                sized.map(|a| SIZES.contains(&a.name.as_str()).then(|| number(&a.name, &a.value))?).collect()
            }
            'r' | 'c' | 'l' | 'v' | 'i' => {
                let value = behind(text, 3)?;
                if !self.are_mentioned(value) {
                    return Some(Vec::new());
                }
                let parameter = match kind {
                    'r' => "resistance",
                    'c' => "capacitance",
                    'l' => "inductance",
                    _ => "dc",
                };
                let mut tokens = tokens(value)?.into_iter().peekable();
                if parameter == "dc" {
                    tokens.next_if(|token| token.eq_ignore_ascii_case("dc"));
                }
                let found = number(parameter, &tokens.next()?)?;
                // of a source the part for small signals may follow
                let ac = parameter == "dc" && tokens.next_if(|t| t.eq_ignore_ascii_case("ac")).is_some();
                let rest: Vec<String> = tokens.collect();
                let constant = |t: &String| spice_number(t).is_some_and(|(_, rest)| rest.is_empty());
                let sound = if ac { rest.len() <= 2 && rest.iter().all(constant) } else { rest.is_empty() };
                sound.then(|| vec![found])
            }
            // nodes and what is instanced stand in front
            'x' => {
                let named = text.split('=').next().unwrap_or_default();
                let given = assignments(text)?;
                let sound =
                    !named.contains(['{', '\'', '"']) && !given.iter().any(|a| self.are_mentioned(&a.value));
                sound.then(Vec::new)
            }
            // two nodes at least, or what has names of its own, stand in front
            kind if kind.is_ascii_alphabetic() => {
                let rest = behind(text, 3)?;
                (!self.are_mentioned(rest)).then(Vec::new)
            }
            _ => None,
        }
    }

    /// What is needed of the netlist's parameters, each behind those that it follows from; `None` where a text is not
    /// understood or nothing defines a name.
    fn in_order(&self, numbers: &[Number], names: &[String]) -> Option<Vec<(String, Expression)>> {
        let mut open: Vec<String> = Vec::new();
        let of = |value: &Expression| value.names().into_iter().map(str::to_owned).collect::<Vec<_>>();
        open.extend(numbers.iter().flat_map(|number| of(&number.value)));
        let mut needed: HashMap<String, Expression> = HashMap::new();
        while let Some(name) = open.pop() {
            if names.contains(&name) || needed.contains_key(&name) {
                continue;
            }
            let value = plain(self.defined.get(&name)?)?;
            open.extend(of(&value));
            needed.insert(name, value);
        }
        let mut ordered: Vec<(String, Expression)> = Vec::new();
        while !needed.is_empty() {
            let is_known =
                |name: &&str| names.iter().any(|n| n == name) || ordered.iter().any(|(n, _)| n == name);
            // none follows where they go round in a circle
            let next = needed
                .iter()
                .find(|(_, value)| value.names().iter().all(is_known))
                .map(|(n, _)| n.clone())?;
            let value = needed.remove(&next)?;
            ordered.push((next, value));
        }
        Some(ordered)
    }
}

/// A text without the nodes in it: `v(out)=1` without its `v(out)`.
fn without_nodes(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut parts = lower.split("v(");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| all + " " + part.split_once(')').map_or(part, |(_, rest)| rest))
}

/// What stands behind so many words; `None` where there are fewer, or one of them is no name or number.
fn behind(text: &str, count: usize) -> Option<&str> {
    let mut rest = text.trim();
    for _ in 0..count {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let word = &rest[..end];
        if word.is_empty() || word.contains(['{', '}', '\'', '"', '=', '(', ')', ',']) {
            return None;
        }
        rest = rest[end..].trim_start();
    }
    Some(rest)
}

/// Words, of which one in braces or quotes may have blanks; `None` where braces are not closed.
fn tokens(text: &str) -> Option<Vec<String>> {
    let mut all = Vec::new();
    let mut rest = text.trim();
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '{' => rest.find('}')? + 1,
            '\'' => rest[1..].find('\'')? + 2,
            _ => rest.find(|c: char| c.is_whitespace() || c == '{' || c == '\'').unwrap_or(rest.len()),
        };
        all.push(rest[..end].to_owned());
        rest = rest[end..].trim_start();
    }
    Some(all)
}

/// An expression that ngspice is sure to take as we do: sums, differences, products and quotients of names and numbers, in
/// brackets. It stands in braces or quotes or has no blanks.
fn plain(text: &str) -> Option<Expression> {
    let text = text.trim();
    let within = |open: char, close: char| text.strip_prefix(open).and_then(|t| t.strip_suffix(close));
    let bare = within('{', '}').or_else(|| within('\'', '\''));
    if bare.is_none() && text.contains(char::is_whitespace) {
        return None;
    }
    let mut rest = bare.unwrap_or(text).trim_start();
    // whether a name, a number or a bracket that opens may stand here
    let (mut operand, mut depth) = (true, 0_i32);
    while let Some(first) = rest.chars().next() {
        let mut length = 1;
        match first {
            '(' if operand => depth += 1,
            ')' if !operand => depth -= 1,
            '+' | '-' | '*' | '/' if !operand => operand = true,
            '0'..='9' | '.' if operand => {
                length = number_length(rest)?;
                operand = false;
            }
            c if operand && (c.is_ascii_alphabetic() || c == '_') => {
                let name = |c: char| c.is_ascii_alphanumeric() || c == '_';
                length = rest.find(|c: char| !name(c)).unwrap_or(rest.len());
                operand = false;
            }
            _ => return None,
        }
        rest = rest[length..].trim_start();
        // a call, or two names side by side, end it there
        if depth < 0 || (!operand && rest.starts_with('(')) {
            return None;
        }
    }
    if operand || depth != 0 {
        return None;
    }
    Expression::parse(text).ok()
}

/// How long a number is whose scale factor, if it has one, everyone reads alike: `1.5`, `2e-6`, `0.5u`.
fn number_length(text: &str) -> Option<usize> {
    let (_, rest) = spice_number(text)?;
    let length = text.len() - rest.len();
    let number = text[..length].to_ascii_lowercase();
    let unit = number.trim_start_matches(|c: char| c.is_ascii_digit() || ".e+-".contains(c));
    let sound = ["", "t", "g", "meg", "k", "m", "u", "n", "p", "f"].contains(&unit)
        && number.as_bytes().last() != Some(&b'e')
        && !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.');
    sound.then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::bundled_circuits;

    fn of(netlist: &str) -> Option<Alterable> {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let after = format!("{netlist}\n.control\nop\n.endc\n.end");
        let deck = DeckSetup { before: lines("* title"), after: lines(&after), ..DeckSetup::default() };
        Alterable::of(&deck, &["VDD", "W1", "L1", "NF1"].map(str::to_owned))
    }

    /// The numbers for VDD = 2, W1 = 3, L1 = 5, NF1 = 7.
    fn numbers(netlist: &str) -> Vec<(String, f64)> {
        let alterable = of(netlist).expect(netlist);
        let values = alterable.values(&[2.0, 3.0, 5.0, 7.0]).expect("all are finite");
        let name = |n: &Number| format!("{}.{}", n.device, n.parameter);
        alterable.numbers.iter().map(name).zip(values).collect()
    }

    #[test]
    fn sizes_and_values_follow_from_the_sizing() {
        let found = numbers(
            ".param k=2 two = '2*w1' area={two*L1/k}\n\
             VDD vdd 0 {VDD}\nVcm cm 0 dc VDD/2 ac 1 0\nVin in 0 dc 0 ac 1\nVx vdd w1 pulse(0 1 2)\n\
             M1 d vdd s 0 n w={W1*NF1}\n+ l=L1 nf='NF1' as={area} m=1\n\
             C1 vdd 0 {CL}\n.param CL=1p\nR1 vdd 0 {1k*(VDD - 1)}\nE1 a b c d 2\nX1 a vdd sub k={k}",
        );
        let expected = [
            ("vdd.dc", 2.0),
            ("vcm.dc", 1.0),
            ("m1.w", 21.0),
            ("m1.l", 5.0),
            ("m1.nf", 7.0),
            ("m1.as", 15.0),
            ("r1.resistance", 1000.0),
        ];
        assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value)));
    }

    #[test]
    fn whatever_else_mentions_it_is_loaded_for_each_design() {
        let sound = "M1 d g s b n w={W1}";
        assert!(of(sound).is_some());
        for other in [
            ".model n nmos vth0={W1}",
            ".model n.1 nmos",
            ".options temp={VDD}",
            ".nodeset v(a)={VDD}",
            ".ic v(a)={VDD}",
            ".if (VDD > 1)",
            ".save all",
            ".func f(x) {x*W1}",
            ".param a=1\n.param a=2",
            ".param VDD=1",
            ".param a={agauss(1,1,1)}",
            ".subckt s a b\nR1 a b {W1}\n.ends",
            "X1 a b s w={W1}",
            "X1 a b s {W1}",
            "B1 a 0 v={VDD}",
            "E1 a b c d {VDD}",
            "V1 a 0 pulse(0 {VDD} 1n)",
            "V1 a 0 dc {VDD} ac {VDD}",
            "V1 a 0 trnoise(1 1 1 1)",
            "R1 a 0 {VDD} tc1=1",
            "R1 a 0 r={VDD}",
            "M2 d g s b n w={W1} temp={VDD}",
            "M2 d g s b n w={W1} w={W1}",
            "M2 d g s b n off w={W1}",
            "M2 d g s b n w={max(W1, 1)}",
            "M2 d g s b n w={W1**2}",
            "M2 d g s b n w={-W1}",
            "M2 d g s b n w={W1*1mil}",
            "M2 d g s b n w={W1*temper}",
            "M2 d g s b n w=W1 * 2",
            "Q1 c b e q {W1}",
        ] {
            assert!(of(&format!("{sound}\n{other}")).is_none(), "{other}");
        }
        assert!(of(".param a={b*W1} b={a}\nM1 d g s b n w={a}").is_none());
        // nothing of it is altered
        assert!(of("R1 a 0 1k").is_none());
        // nodes have names of their own
        assert!(of(&format!("{sound}\n.nodeset v(vdd)=1\n.ic V(w1)=2")).is_some());
    }

    #[test]
    fn of_the_bundled_circuits_those_without_starting_points_are_alterable() {
        for name in bundled_circuits().iter().filter(|name| name.starts_with("ota")) {
            let alterable = is_alterable(&Circuit::open(name).expect("bundled")).expect("sound");
            assert_eq!(alterable, ["ota1", "ota2"].contains(&name.as_str()), "{name}");
        }
    }
}
