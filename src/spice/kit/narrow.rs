//! The bins of a design: of the many models of one transistor type, those that its sizes can fall into.
//!
//! A kit has a model for each of some 60 ranges of width and length, often inside a subcircuit, so that ngspice
//! reads all of them again for each transistor. Here such a subcircuit becomes a copy a transistor that has the
//! bins of its own width and length alone, and models and parameters that only other bins need go. A bin is chosen as
//! ngspice does it (`INPgetModBin`): width and length, times the option `scale`, lie in the bin's ranges, by the
//! whole width or by one finger's; a bin that may be meant stays. Where a size cannot be worked out, as in a
//! subcircuit with sizes of its own parameters, all bins stay.

use super::cells::{
    Bin, Bins, Cell, Instance, Statement, Transistor, cells, inside, instances, outer_bins,
    outer_transistors, read, renamed, scale,
};
use super::netlist::{Definition, assignments, definition, is_word, words};
use crate::circuit::Expression;
use std::collections::{HashMap, HashSet};
use std::ffi::CString;

/// Sizes at a bin's edge, within this part of it, belong to both.
const EDGE: f64 = 1e-6;
/// Parameters that depend on one another deeper than this are not worked out.
const DEEPEST: usize = 64;

/// A deck from which each design's is made.
pub(in super::super) struct Narrow {
    lines: Vec<CString>,
    statements: Vec<Statement>,
    cells: Vec<Cell>,
    instances: Vec<Instance>,
    /// The binned models outside of subcircuits.
    bins: Bins,
    /// The transistors of these outside of cells, and whether their sizes are the whole deck's to say.
    transistors: Vec<(Transistor, bool)>,
    /// Where copies of cells are put: in front of the control block.
    copies_at: usize,
    /// Statements that stay in any case; `false` for what only a mention keeps.
    always: Vec<bool>,
    parameters: HashMap<String, Expression>,
    scale: f64,
    /// The lines of the sizing.
    sizing: std::ops::Range<usize>,
    names: Vec<String>,
}

/// The place of a line that is left out, so that ngspice counts the others as before.
const NOTHING: &std::ffi::CStr = c"*";

impl Narrow {
    /// Looks for cells with bins in a deck whose lines from `sizing` on give values to `names`; `None` where there
    /// are none that can be told apart.
    pub(in super::super) fn new(lines: &[CString], sizing: usize, names: &[String]) -> Option<Narrow> {
        let sizing = sizing..sizing + names.len();
        let texts: Vec<String> = lines.iter().map(|l| l.to_string_lossy().into_owned()).collect();
        let end = texts.iter().position(|t| t.trim_start().to_ascii_lowercase().starts_with(".control"))?;
        let mut statements = read(&texts[..end], &sizing);
        let inside = inside(&statements);
        let bins = outer_bins(&statements, &inside);
        let cells = cells(&statements, &inside, &bins);
        if cells.iter().all(|c| c.bins.is_empty()) && bins.is_empty() {
            return None;
        }
        let transistors = outer_transistors(&statements, &inside, &cells, &bins);
        let mut defined: HashMap<String, Vec<usize>> = HashMap::new();
        let mut always = vec![true; statements.len()];
        let mut parameters = HashMap::new();
        for (at, statement) in statements.iter().enumerate().filter(|(at, _)| inside[*at].is_none()) {
            let Definition::Parameters(all) = definition(&statement.text) else {
                continue;
            };
            always[at] = sizing.contains(&statement.first) || all.len() > 1 || !is_word(&all[0]);
            for one in assignments(&statement.text).into_iter().flatten() {
                match Expression::parse(&one.value) {
                    Ok(expression) => parameters.insert(one.name.clone(), expression),
                    Err(_) => parameters.remove(&one.name),
                };
                defined.entry(one.name).or_default().push(at);
            }
        }
        let mentioned = |text: &str| -> Vec<usize> {
            let all: HashSet<usize> =
                words(text).filter_map(|w| defined.get(&w)).flatten().copied().collect();
            all.into_iter().filter(|&at| !always[at]).collect()
        };
        let commands: Vec<usize> = texts[end..].iter().flat_map(|t| mentioned(t)).collect();
        for statement in &mut statements {
            statement.mentions = mentioned(&statement.text);
        }
        for at in commands {
            always[at] = true;
        }
        let instances = instances(&statements, &cells, &inside);
        let scale = scale(&statements)?;
        let names = names.iter().map(|n| n.to_ascii_lowercase()).collect();
        let lines = lines.to_vec();
        Some(Narrow {
            lines,
            statements,
            cells,
            instances,
            bins,
            transistors,
            copies_at: end,
            always,
            parameters,
            scale,
            sizing,
            names,
        })
    }

    /// The deck for a sizing, whose lines are given in place of those that it had.
    pub(in super::super) fn deck(&self, sizing: &[CString], values: &[f64]) -> Vec<CString> {
        let mut known: HashMap<String, f64> =
            self.names.iter().cloned().zip(values.iter().copied()).collect();
        let mut lines = self.lines.clone();
        for (line, text) in lines[self.sizing.clone()].iter_mut().zip(sizing) {
            line.clone_from(text);
        }
        let mut kept = self.always.clone();
        self.bins.values().flatten().for_each(|bin| kept[bin.statement] = false);
        let mut whole = vec![false; self.cells.len()];
        // models whose bins all stay, and single bins that do
        let mut models: HashSet<&str> = HashSet::new();
        let mut outer: Vec<usize> = Vec::new();
        for (transistor, sure) in &self.transistors {
            let found =
                if *sure { self.fitting(transistor, &self.bins, &HashMap::new(), &mut known) } else { None };
            match found {
                Some(bins) => outer.extend(bins),
                None => _ = models.insert(&transistor.model),
            }
        }
        // a copy by the cell and the bins that it has
        let mut copies: HashMap<(usize, Vec<usize>), String> = HashMap::new();
        for instance in &self.instances {
            let cell = &self.cells[instance.cell];
            let Some((own, shared)) = self.bins(instance, &mut known) else {
                whole[instance.cell] = true;
                models.extend(cell.transistors.iter().map(|t| t.model.as_str()));
                continue;
            };
            outer.extend(shared);
            if cell.bins.is_empty() {
                whole[instance.cell] = true;
                continue;
            }
            let number = copies.len();
            let name =
                copies.entry((instance.cell, own)).or_insert_with(|| format!("{}__bins{number}", cell.name));
            let statement = &self.statements[instance.statement];
            let renamed = renamed(&statement.text, &cell.name, name);
            for line in &mut lines[statement.first..statement.first + statement.lines] {
                NOTHING.clone_into(line);
            }
            lines[statement.first] = c_string(renamed);
        }
        for (cell, stays) in self.cells.iter().zip(&whole) {
            cell.statements.clone().for_each(|at| kept[at] = *stays);
        }
        let mut added = Vec::new();
        let mut reached: Vec<usize> = outer;
        reached.extend(models.iter().filter_map(|m| self.bins.get(*m)).flatten().map(|b| b.statement));
        let mut copies: Vec<_> = copies.into_iter().collect();
        copies.sort();
        for ((cell, bins), name) in copies {
            let cell = &self.cells[cell];
            let left_out =
                |at: usize| cell.bins.values().flatten().any(|b| b.statement == at) && !bins.contains(&at);
            for at in cell.statements.clone().filter(|at| !left_out(*at)) {
                let text = &self.statements[at].text;
                reached.extend(&self.statements[at].mentions);
                let first = at == cell.statements.start || at + 1 == cell.statements.end;
                added.push(c_string(if first { renamed(text, &cell.name, &name) } else { text.clone() }));
            }
        }
        for (statement, _) in self.statements.iter().zip(&kept).filter(|(_, kept)| **kept) {
            reached.extend(&statement.mentions);
        }
        while let Some(at) = reached.pop() {
            if !std::mem::replace(&mut kept[at], true) {
                reached.extend(&self.statements[at].mentions);
            }
        }
        for (statement, _) in self.statements.iter().zip(&kept).filter(|(_, kept)| !**kept) {
            for line in &mut lines[statement.first..statement.first + statement.lines] {
                NOTHING.clone_into(line);
            }
        }
        lines.splice(self.copies_at..self.copies_at, added);
        lines
    }

    /// The statements of the bins that an instance's transistors fall into, the cell's own and the others; `None`
    /// where that is not sure.
    fn bins(
        &self,
        instance: &Instance,
        known: &mut HashMap<String, f64>,
    ) -> Option<(Vec<usize>, Vec<usize>)> {
        let cell = &self.cells[instance.cell];
        let mut own: HashMap<String, Option<f64>> = HashMap::new();
        for (name, size) in instance.sizes.as_ref()? {
            let value = size.as_ref().and_then(|size| self.value(size, &HashMap::new(), known));
            own.insert(name.clone(), value);
        }
        for default in cell.defaults.iter().filter(|d| !instance.sets(&d.name)) {
            let value = Expression::parse(&default.value).ok();
            let value = value.and_then(|value| self.value(&value, &own, known));
            own.insert(default.name.clone(), value);
        }
        let (mut local, mut shared) = (Vec::new(), Vec::new());
        for transistor in &cell.transistors {
            match cell.bins.contains_key(&transistor.model) {
                true => local.extend(self.fitting(transistor, &cell.bins, &own, known)?),
                false => shared.extend(self.fitting(transistor, &self.bins, &own, known)?),
            }
        }
        local.sort_unstable();
        local.dedup();
        Some((local, shared))
    }

    /// The bins of a transistor whose names mean what `own` says, or what the deck does.
    fn fitting(
        &self,
        transistor: &Transistor,
        bins: &Bins,
        own: &HashMap<String, Option<f64>>,
        known: &mut HashMap<String, f64>,
    ) -> Option<Vec<usize>> {
        let mut of = |e: &Option<Expression>| self.value(e.as_ref()?, own, known);
        let (width, length) = (of(&transistor.width)? * self.scale, of(&transistor.length)? * self.scale);
        let fingers = if transistor.fingers.is_some() { of(&transistor.fingers)? } else { 1.0 };
        let inside =
            |value: f64, (low, high): (f64, f64)| value >= low * (1.0 - EDGE) && value <= high * (1.0 + EDGE);
        let fits = |b: &&Bin| {
            inside(length, b.length) && (inside(width, b.width) || inside(width / fingers, b.width))
        };
        let all = bins.get(&transistor.model)?;
        let found: Vec<usize> = all.iter().filter(fits).map(|b| b.statement).collect();
        // ngspice says best what is wrong with a size that no bin is for
        (!found.is_empty()).then_some(found)
    }

    /// An expression's value where some names mean what `own` says, or nothing that is known.
    fn value(
        &self,
        expression: &Expression,
        own: &HashMap<String, Option<f64>>,
        known: &mut HashMap<String, f64>,
    ) -> Option<f64> {
        let mut named = |name: &str| match own.get(name) {
            Some(value) => *value,
            None => self.named(name, known, 0),
        };
        expression.value(&mut named).filter(|v| v.is_finite())
    }

    /// A parameter's value.
    fn named(&self, name: &str, known: &mut HashMap<String, f64>, depth: usize) -> Option<f64> {
        if let Some(value) = known.get(name) {
            return Some(*value);
        }
        if depth > DEEPEST {
            return None;
        }
        let expression = self.parameters.get(name)?;
        let value = expression.value(&mut |name| self.named(name, known, depth + 1));
        let value = value.filter(|v| v.is_finite())?;
        known.insert(name.to_owned(), value);
        Some(value)
    }
}

/// A text that came out of C strings has no NUL.
fn c_string(text: String) -> CString {
    CString::new(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DECK: &str = "* title\n.param W=0\n.param idle_1=1\n.param vth_0=0.4\n.param vth_3=0.3\n.option scale=1u\n\
        X1 a b n w={2*W} l=1\nX2 a c n w=30 l=1\nX3 a b other w={W}\n.subckt other a b w=1\nX4 a b n w={w} l=1\n.ends\n\
        .subckt n d g w=1 l=1\n.param random=agauss(0,1,1)\nM1 d g 0 0 m w={w} l={l}\n\
        .model m.0 nmos lmin=0 lmax=2u wmin=0 wmax=5u vth0={vth_0}\n\
        .model m.1 nmos lmin=0 lmax=2u wmin=5u wmax=9u\n\
        .model m.2 nmos lmin=2u lmax=9u wmin=0 wmax=9u\n\
        .model m.3 nmos lmin=0 lmax=2u wmin=9u wmax=90u vth0={vth_3}\n.ends n\n.control\nop\n.endc\n.end";

    fn narrowed(deck: &str, width: f64) -> Option<Vec<String>> {
        let lines: Vec<CString> = deck.lines().map(|l| c_string(l.to_owned())).collect();
        let narrow = Narrow::new(&lines, 1, &["W".to_owned()])?;
        let sizing = [c_string(format!(".param W={width}"))];
        let texts = narrow.deck(&sizing, &[width]).into_iter();
        Some(texts.map(|line| line.to_string_lossy().into_owned()).collect())
    }

    /// The lines that are left of a part of the deck.
    fn left(texts: &[String], part: &str) -> usize {
        texts.iter().filter(|t| t.contains(part)).count()
    }

    #[test]
    fn each_transistor_has_the_bins_of_its_own_size() {
        // without the subcircuit that has a size of its own
        let deck = DECK.replace("X4 a b n w={w} l=1", "R4 a b 1");
        let texts = narrowed(&deck, 1.0).expect("bins");
        assert_eq!((left(&texts, ".model m.0"), left(&texts, ".model m.3")), (1, 1));
        assert_eq!((left(&texts, ".model m.1"), left(&texts, ".model m.2")), (0, 0));
        assert_eq!(left(&texts, ".param W=1"), 1);
        assert_eq!(
            (left(&texts, "idle_1"), left(&texts, ".param vth_0"), left(&texts, ".param vth_3")),
            (0, 1, 1)
        );
        // the lines keep their numbers, and the copies come before the control block
        assert!(
            texts[6].starts_with("X1 a b n__bins") && texts[7].starts_with("X2 a c n__bins"),
            "{texts:?}"
        );
        let control = texts.iter().position(|t| t == ".control").expect("there");
        assert!(texts[control - 1].starts_with(".ends n__bins"), "{texts:?}");
        // both sides of an edge
        let texts = narrowed(&deck, 2.5).expect("bins");
        assert_eq!((left(&texts, ".model m.0"), left(&texts, ".model m.1")), (1, 1));
        // transistors of the same bins share a copy
        let texts = narrowed(&deck, 15.0).expect("bins");
        assert_eq!((left(&texts, ".model m.3"), left(&texts, ".subckt n__bins")), (1, 1));
    }

    #[test]
    fn where_a_size_is_not_sure_all_bins_stay() {
        let texts = narrowed(DECK, 1.0).expect("bins");
        assert_eq!(left(&texts, "X4 a b n w={w}"), 1);
        assert_eq!((left(&texts, ".model m.1"), left(&texts, ".model m.2")), (1, 1));
        // a width beyond all bins is ngspice's to refuse
        let deck = DECK.replace("X4 a b n w={w} l=1", "R4 a b 1");
        let texts = narrowed(&deck, 1000.0).expect("bins");
        assert_eq!((left(&texts, "X1 a b n w"), left(&texts, ".model m.1")), (1, 1));
    }

    #[test]
    fn a_deck_without_bins_is_none_of_its_business() {
        assert!(narrowed("* title\n.param W=0\nM1 a b c d n\n.model n nmos\n.control\n.endc", 1.0).is_none());
        assert!(narrowed(&DECK.replace("scale=1u", "scale={s}"), 1.0).is_none());
    }
}
