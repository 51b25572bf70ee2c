//! What a deck can change in ngspice beyond its own circuit and plots, and how it is put back: variables
//! (`set`), aliases, functions (`define`) and the constants, which a `let` of one of their names changes.
//!
//! Nothing is undone on trust: the state is taken before the first design, put back and taken again after
//! each, and a process whose state is not what it was measures no other design.

use super::library::Ngspice;
use super::syntax::is_plain;
use std::collections::BTreeMap;

const CONSTANTS: &str = "const";

/// The state between two designs.
#[derive(PartialEq)]
pub(super) struct State {
    variables: BTreeMap<String, String>,
    aliases: BTreeMap<String, String>,
    /// Where the deck may define some: to list them takes ngspice longer than all the rest.
    functions: Option<Vec<String>>,
    /// Of each vector of the plot `const` the bits.
    constants: BTreeMap<String, Vec<[u64; 2]>>,
    /// What is to be saved, traced or stopped at.
    watched: Vec<String>,
}

impl State {
    /// As it is now, with no circuit and no plot there; `deck` is what will run.
    pub(super) fn before(ngspice: &Ngspice, deck: &[String]) -> State {
        let may_define = |line: &String| {
            let line = line.to_ascii_lowercase();
            // a command that a variable or another file spells may be any
            line.starts_with('$') || ["define", "alias", "source"].iter().any(|word| line.contains(word))
        };
        State::of(ngspice, deck.iter().any(may_define))
    }

    fn of(ngspice: &Ngspice, functions: bool) -> State {
        let pairs = |command: &str| {
            let lines = ngspice.listing(command);
            // `* name` are those of the plot and `+ name` of the circuit, which go with them
            let own = lines.iter().filter(|l| !l.starts_with("* ") && !l.starts_with("+ "));
            own.map(|line| {
                let (name, value) = line.split_once('\t').unwrap_or((line, ""));
                (name.trim().to_owned(), value.trim().to_owned())
            })
            .collect()
        };
        let bits = |name: &str| {
            let numbers = ngspice.numbers(CONSTANTS, name, 1000);
            numbers.iter().map(|[re, im]| [re.to_bits(), im.to_bits()]).collect()
        };
        let constants = ngspice.vectors(CONSTANTS).into_iter().map(|name| {
            let bits = bits(&name);
            (name, bits)
        });
        State {
            variables: pairs("set"),
            aliases: pairs("alias"),
            functions: functions.then(|| ngspice.listing("define")),
            constants: constants.collect(),
            watched: ngspice.listing("status"),
        }
    }

    /// Whether `name` in this plot, that of the constants or one of another process, is a constant as it was.
    pub(super) fn is_constant(&self, ngspice: &Ngspice, plot: &str, name: &str) -> bool {
        let own = self.constants.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        own.is_some_and(|(_, bits)| {
            let now = ngspice.numbers(plot, name, 1000);
            now.iter().map(|[re, im]| [re.to_bits(), im.to_bits()]).eq(bits.iter().copied())
        })
    }

    /// Puts back what a design changed; `false` where something stays changed.
    pub(super) fn restore(&self, ngspice: &Ngspice) -> bool {
        // every analysis leaves this one: taken first, it saves taking the state twice
        if !self.variables.contains_key("sim_status") {
            ngspice.command("unset sim_status");
        }
        let now = State::of(ngspice, self.functions.is_some());
        if now == *self {
            return true;
        }
        for name in now.variables.keys().filter(|n| !self.variables.contains_key(*n) && is_plain(n)) {
            ngspice.command(&format!("unset {name}"));
        }
        for (name, value) in &self.variables {
            if now.variables.get(name) == Some(value) {
                continue;
            }
            ngspice.command(&format!("unset {name}"));
            ngspice.command(&match value.as_str() {
                "" => format!("set {name}"),
                list if list.starts_with('(') => format!("set {name} = {list}"),
                text => format!("set {name} = \"{text}\""),
            });
        }
        for name in now.aliases.keys().filter(|n| !self.aliases.contains_key(*n) && is_plain(n)) {
            ngspice.command(&format!("unalias {name}"));
        }
        let own = self.functions.as_deref().unwrap_or_default();
        for function in now.functions.iter().flatten().filter(|f| !own.contains(f)) {
            let name = function.split('(').next().unwrap_or_default().trim();
            if is_plain(name) {
                ngspice.command(&format!("undefine {name}"));
            }
        }
        ngspice.command(&format!("setplot {CONSTANTS}"));
        for name in now.constants.keys().filter(|n| !self.constants.contains_key(*n) && is_plain(n)) {
            ngspice.command(&format!("unlet {name}"));
        }
        for (name, bits) in &self.constants {
            if now.constants.get(name) != Some(bits)
                && let [[re, im]] = bits.as_slice()
                && f64::from_bits(*im) == 0.0
            {
                ngspice.command(&format!("let {name} = {:e}", f64::from_bits(*re)));
            }
        }
        State::of(ngspice, self.functions.is_some()) == *self
    }
}
