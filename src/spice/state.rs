//! What a deck can change in ngspice beyond its own circuit and plots, and how it is put back: variables
//! (`set`), aliases, functions (`define`) and the constants, which a `let` of one of their names changes.
//!
//! Nothing is undone on trust: the state is taken before the first design, put back and taken again after
//! each, and a process whose state is not what it was measures no other design.

use super::library::Ngspice;
use super::syntax::is_plain;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

const CONSTANTS: &str = "const";

/// The state between two designs, and how it is kept.
pub(super) struct State {
    own: Taken,
    /// Whether a deck may define functions and aliases: to list them takes ngspice longer than all the rest.
    may_define: bool,
    /// Variables that earlier designs left: unset first, they save taking the state twice.
    usual: RefCell<BTreeSet<String>>,
}

/// The state as it was at a time.
#[derive(PartialEq)]
struct Taken {
    variables: BTreeMap<String, String>,
    /// Where a deck may define some.
    aliases: BTreeMap<String, String>,
    /// Likewise.
    functions: Vec<String>,
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
        let may_define = deck.iter().any(may_define);
        // every analysis leaves this one
        let usual = BTreeSet::from(["sim_status".to_owned()]);
        State { own: Taken::of(ngspice, may_define), may_define, usual: RefCell::new(usual) }
    }

    /// Whether `name` in this plot, that of the constants or one of another process, is a constant as it was.
    pub(super) fn is_constant(&self, ngspice: &Ngspice, plot: &str, name: &str) -> bool {
        let own = self.own.constants.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        own.is_some_and(|(_, bits)| {
            let now = ngspice.numbers(plot, name, 1000);
            now.iter().map(|[re, im]| [re.to_bits(), im.to_bits()]).eq(bits.iter().copied())
        })
    }

    /// Puts back what a design changed; `false` where something stays changed.
    pub(super) fn restore(&self, ngspice: &Ngspice) -> bool {
        let own = &self.own;
        for name in self.usual.borrow().iter().filter(|name| !own.variables.contains_key(*name)) {
            ngspice.command(&format!("unset {name}"));
        }
        let now = Taken::of(ngspice, self.may_define);
        if now == *own {
            return true;
        }
        for name in now.variables.keys().filter(|n| !own.variables.contains_key(*n) && is_plain(n)) {
            ngspice.command(&format!("unset {name}"));
            self.usual.borrow_mut().insert(name.clone());
        }
        for (name, value) in &own.variables {
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
        for name in now.aliases.keys().filter(|n| !own.aliases.contains_key(*n) && is_plain(n)) {
            ngspice.command(&format!("unalias {name}"));
        }
        for function in now.functions.iter().filter(|f| !own.functions.contains(f)) {
            let name = function.split('(').next().unwrap_or_default().trim();
            if is_plain(name) {
                ngspice.command(&format!("undefine {name}"));
            }
        }
        ngspice.command(&format!("setplot {CONSTANTS}"));
        for name in now.constants.keys().filter(|n| !own.constants.contains_key(*n) && is_plain(n)) {
            ngspice.command(&format!("unlet {name}"));
        }
        for (name, bits) in &own.constants {
            if now.constants.get(name) != Some(bits)
                && let [[re, im]] = bits.as_slice()
                && f64::from_bits(*im) == 0.0
            {
                ngspice.command(&format!("let {name} = {:e}", f64::from_bits(*re)));
            }
        }
        Taken::of(ngspice, self.may_define) == *own
    }

    /// What puts back all that a design's commands can change which no more than `set` these variables, besides the
    /// constants: the variables to be unset; `None` where one has a value to go back to.
    pub(super) fn unset_behind(&self, set: &[(String, String)]) -> Option<Vec<String>> {
        let other = |(name, value): &&(String, String)| self.own.variables.get(name) != Some(value);
        let others: Vec<&String> = set.iter().filter(other).map(|(name, _)| name).collect();
        let new = others.iter().all(|name| !self.own.variables.contains_key(*name));
        let usual = self.usual.borrow();
        let all: BTreeSet<&String> = others.into_iter().chain(usual.iter()).collect();
        new.then(|| all.into_iter().filter(|name| is_plain(name)).cloned().collect())
    }

    /// [`Self::restore`] for a design whose commands [`Self::unset_behind`] knows.
    pub(super) fn restore_by(&self, ngspice: &Ngspice, unset: &[String]) -> bool {
        for name in unset.iter().filter(|name| !self.own.variables.contains_key(*name)) {
            ngspice.command(&format!("unset {name}"));
        }
        constants(ngspice) == self.own.constants || self.restore(ngspice)
    }
}

/// Of each vector of the plot `const` the bits.
fn constants(ngspice: &Ngspice) -> BTreeMap<String, Vec<[u64; 2]>> {
    let bits = |name: &str| {
        let numbers = ngspice.numbers(CONSTANTS, name, 1000);
        numbers.iter().map(|[re, im]| [re.to_bits(), im.to_bits()]).collect()
    };
    let named = |name: String| {
        let bits = bits(&name);
        (name, bits)
    };
    ngspice.vectors(CONSTANTS).into_iter().map(named).collect()
}

impl Taken {
    fn of(ngspice: &Ngspice, may_define: bool) -> Taken {
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
        Taken {
            variables: pairs("set"),
            aliases: if may_define { pairs("alias") } else { BTreeMap::new() },
            functions: if may_define { ngspice.listing("define") } else { Vec::new() },
            constants: constants(ngspice),
            watched: ngspice.listing("status"),
        }
    }
}
