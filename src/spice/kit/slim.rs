//! What a deck reaches of the libraries that it includes.

use super::super::reader::{Line, Lines, first_word, statements};
use super::netlist::{Definition, assignments, definition, is_word, without_comment, words};
use std::collections::HashMap;
use std::ops::Range;

/// A deck of fewer lines is taken as it is.
const SMALL: usize = 5000;

/// A statement, or a whole subcircuit.
struct Node {
    text: Text,
    /// Statements that nothing needs to mention: devices, options, all of the deck's own.
    root: bool,
    kept: bool,
}

enum Text {
    /// Lines of the netlist as they are.
    Lines(Range<usize>),
    /// A statement of its own, at the place of this line.
    One(String, usize),
}

/// Leaves out of a large deck's libraries what it does not reach: parameters, functions, models and subcircuits
/// that nothing mentions which is itself reached. Statements of libraries become lines without comments.
pub(in super::super) fn slim(lines: &mut Lines) {
    if lines.netlist.len() < SMALL {
        return;
    }
    let sizing_at = lines.sizing.map_or(0, |(at, _)| at);
    let (mut nodes, named) = read(&lines.netlist, sizing_at);
    let torn = |n: &Node| matches!(&n.text, Text::Lines(r) if r.start < sizing_at && sizing_at < r.end);
    if nodes.iter().any(torn) {
        return;
    }
    let mut reached: Vec<usize> = (0..nodes.len()).filter(|&i| nodes[i].root).collect();
    let mention = |text: &str, into: &mut Vec<usize>| {
        for word in words(text) {
            into.extend(named.get(&word).into_iter().flatten());
        }
    };
    for command in &lines.control {
        mention(&command.text, &mut reached);
    }
    while let Some(next) = reached.pop() {
        if std::mem::replace(&mut nodes[next].kept, true) {
            continue;
        }
        match &nodes[next].text {
            Text::Lines(range) => {
                for line in &lines.netlist[range.clone()] {
                    mention(without_comment(&line.text), &mut reached);
                }
            }
            Text::One(text, _) => mention(text, &mut reached),
        }
    }
    let mut netlist = Vec::new();
    let mut sizing = 0;
    for node in nodes.iter().filter(|n| n.kept) {
        let starts = match &node.text {
            Text::Lines(range) => range.start,
            Text::One(_, at) => *at,
        };
        match &node.text {
            Text::Lines(range) if lines.netlist[range.start].place.file == 0 => {
                netlist.extend_from_slice(&lines.netlist[range.clone()]);
            }
            Text::Lines(range) => {
                for statement in statements(&lines.netlist[range.clone()]) {
                    netlist.push(Line { text: one_line(statement), place: statement[0].place });
                }
            }
            Text::One(text, at) => netlist.push(Line { text: text.clone(), place: lines.netlist[*at].place }),
        }
        if starts < sizing_at {
            sizing = netlist.len();
        }
    }
    lines.netlist = netlist;
    if let Some((at, _)) = &mut lines.sizing {
        *at = sizing;
    }
}

/// A statement's lines as one.
fn one_line(statement: &[Line]) -> String {
    let mut text = String::new();
    for line in statement {
        let part = without_comment(&line.text).trim_start_matches('+').trim_end_matches("\\\\").trim();
        if !text.is_empty() && !part.is_empty() {
            text.push(' ');
        }
        text.push_str(part);
    }
    text
}

/// The netlist's nodes in their order, and which of them a name may mean. No node reaches over the sizing's place.
fn read(netlist: &[Line], sizing_at: usize) -> (Vec<Node>, HashMap<String, Vec<usize>>) {
    let mut nodes: Vec<Node> = Vec::new();
    let mut named: HashMap<String, Vec<usize>> = HashMap::new();
    let mut at = 0;
    // a subcircuit or a condition that is open: its first line, how deep, and its name
    let mut open: Option<(usize, usize, Definition)> = None;
    let halves = [&netlist[..sizing_at], &netlist[sizing_at..]];
    for statement in halves.into_iter().flat_map(statements).filter(|s| !s.is_empty()) {
        let range = at..at + statement.len();
        at = range.end;
        let word = first_word(&statement[0].text);
        let opens = word == ".subckt" || word == ".if";
        let closes = word == ".ends" || word == ".endif";
        if let Some((start, depth, of)) = open.take() {
            let depth = if opens { depth + 1 } else { depth - usize::from(closes) };
            if depth > 0 {
                open = Some((start, depth, of));
            } else {
                add(
                    &mut nodes,
                    &mut named,
                    Text::Lines(start..range.end),
                    of,
                    netlist[start].place.file == 0,
                );
            }
            continue;
        }
        let own = range.start == 0 || statement[0].place.file == 0;
        let text = one_line(statement);
        let defined = definition(&text);
        if opens {
            open = Some((range.start, 1, defined));
        } else if let (Definition::Parameters(_), false, Some(all)) = (&defined, own, assignments(&text)) {
            for one in all {
                let of = Definition::Parameters(vec![one.name.clone()]);
                let text = format!(".param {}={}", one.name, one.value);
                add(&mut nodes, &mut named, Text::One(text, range.start), of, false);
            }
        } else {
            add(&mut nodes, &mut named, Text::Lines(range), defined, own);
        }
    }
    if let Some((start, _, _)) = open {
        add(&mut nodes, &mut named, Text::Lines(start..netlist.len()), Definition::Nothing, true);
    }
    (nodes, named)
}

fn add(
    nodes: &mut Vec<Node>,
    named: &mut HashMap<String, Vec<usize>>,
    text: Text,
    defined: Definition,
    own: bool,
) {
    let names = match defined {
        Definition::Parameters(names) => names,
        Definition::Function(name) | Definition::Subcircuit(name) => vec![name],
        Definition::Model { base, .. } => vec![base],
        Definition::Nothing => Vec::new(),
    };
    let root = own || names.is_empty() || !names.iter().all(|name| is_word(name));
    for name in names {
        named.entry(name).or_default().push(nodes.len());
    }
    nodes.push(Node { text, root, kept: false });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spice::reader::Place;

    fn lines(own: &str, library: &str) -> Lines {
        let mut lines = Lines::default();
        for (file, text) in [own, library].into_iter().enumerate() {
            for (number, line) in text.lines().enumerate() {
                let place = Place { file, number: number + 1 };
                lines.netlist.push(Line { text: line.trim().to_owned(), place });
            }
        }
        let place = Place { file: 1, number: 0 };
        lines.netlist.extend((0..SMALL).map(|i| Line { text: format!(".param unused{i}={i}"), place }));
        lines
    }

    #[test]
    fn what_a_deck_reaches_stays_in_its_order_and_the_rest_goes() {
        let own = "* title\n.param mine=1\nX1 a b amp w={twice(mine)}\nM1 a b c d n w=1 l=1";
        let library = ".param first=1 $ of many\n+ second={first*2} third=3\n.func twice(x) {2*x*second}\n\
                       .subckt amp a b\n+\n.param w=1\nR1 a b {w*other}\n.ends amp\n.subckt idle a b\nR1 a b 1\n.ends\n\
                       .model n.0 nmos level=54 ; the first\n+ vth0={vth}\n.model n.1 nmos level=54\n.model p pmos level=54\n\
                       .param vth=0.4\n.param other=5\n.option scale=1u\n.if (third==3)\n.param vth=0.5\n.endif";
        let mut lines = lines(own, library);
        slim(&mut lines);
        let kept: Vec<&str> = lines.netlist.iter().map(|l| l.text.as_str()).collect();
        assert_eq!(
            kept,
            [
                "* title",
                ".param mine=1",
                "X1 a b amp w={twice(mine)}",
                "M1 a b c d n w=1 l=1",
                ".param first=1",
                ".param second={first*2}",
                ".param third=3",
                ".func twice(x) {2*x*second}",
                ".subckt amp a b",
                ".param w=1",
                "R1 a b {w*other}",
                ".ends amp",
                ".model n.0 nmos level=54 vth0={vth}",
                ".model n.1 nmos level=54",
                ".param vth=0.4",
                ".param other=5",
                ".option scale=1u",
                ".if (third==3)",
                ".param vth=0.5",
                ".endif",
            ]
        );
    }

    #[test]
    fn the_sizing_stays_where_it_was() {
        let mut lines = lines("* title\nR1 a 0 1\nR2 a 0 1", "R3 a 0 1");
        for at in [1, 2, 3, 4] {
            lines.sizing = Some((at, Place { file: 0, number: 2 }));
            let mut slimmed = Lines::default();
            (slimmed.netlist, slimmed.sizing) = (lines.netlist.clone(), lines.sizing);
            slim(&mut slimmed);
            assert_eq!(slimmed.sizing.map(|s| s.0), Some(at));
            assert_eq!(slimmed.netlist.len(), 4);
        }
    }

    #[test]
    fn a_small_deck_is_taken_as_it_is() {
        let mut lines = lines("* title", ".param unused=1");
        lines.netlist.truncate(2);
        slim(&mut lines);
        assert_eq!(lines.netlist.len(), 2);
    }
}
