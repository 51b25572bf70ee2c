//! From what ngspice said to why there is no measurement, in words that a user can follow: the cause and
//! not a warning that came along, at a line of the user's files and not of the flattened deck.

use super::deck::FlatDeck;
use super::reader::{Line, first_word, joined};

/// How much a line explains: what keeps the deck from being read, what ends an analysis, the rest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Deck,
    Command,
    Analysis,
    Vector,
    Other,
}

/// A cause in words.
struct Cause {
    weight: Weight,
    text: String,
}

/// What ngspice said of one design.
pub(super) struct Words<'a> {
    deck: &'a FlatDeck,
    /// Lines that stand in the sizing's place.
    parameters: usize,
    said: Vec<String>,
}

impl<'a> Words<'a> {
    pub(super) fn new(deck: &'a FlatDeck, parameters: usize, said: Vec<String>) -> Words<'a> {
        Words { deck, parameters, said }
    }

    /// The cause that explains most, the first of its kind.
    pub(super) fn cause(&self) -> Option<String> {
        let mut causes = self.causes();
        causes.sort_by_key(|c| c.weight);
        causes.into_iter().next().map(|c| c.text)
    }

    /// Whether the deck or a command is wrong, rather than a number.
    pub(super) fn command_is_wrong(&self) -> bool {
        self.causes().iter().any(|c| c.weight <= Weight::Command)
    }

    /// Why there is no vector `name`.
    pub(super) fn missing(&self, name: &str) -> String {
        // without a circuit or an analysis nothing can be measured: that it failed says nothing
        if self.command_is_wrong()
            && let Some(cause) = self.cause()
        {
            return cause;
        }
        let control = joined(&self.deck.lines().control);
        let Some(maker) = control.iter().rev().find(|line| makes(&line.text, name)) else {
            let made: Vec<&str> = control.iter().filter_map(|line| made_by(&line.text)).collect();
            let near = made.iter().find(|m| near(m, name)).map(|m| format!(" (it makes `{m}`)"));
            return format!(
                "no command of the control block makes a vector of this name{}",
                near.unwrap_or_default()
            );
        };
        let at = self.deck.lines().name(maker.place);
        let command = shortened(&maker.text);
        match self.about(maker) {
            Some(why) => format!("{at}: `{command}` failed: {why}"),
            None => match self.cause() {
                Some(cause) => format!("{at}: `{command}` made none: {cause}"),
                None => format!("{at}: `{command}` made none, and ngspice does not say why"),
            },
        }
    }

    /// What ngspice said of this command.
    fn about(&self, command: &Line) -> Option<String> {
        let bare = |text: &str| text.to_ascii_lowercase().split_whitespace().collect::<String>();
        let own = bare(&command.text);
        // with its vectors' values in place of their names, but for what it makes
        let head = |text: &str| text.to_ascii_lowercase().split_whitespace().take(3).collect::<String>();
        for (i, line) in self.said.iter().enumerate() {
            let before = i.checked_sub(1).map(|j| self.said[j].as_str());
            // `meas ac bw when mag=9 failed!`, with the words in the line before or behind
            if let Some(meas) = line.strip_suffix("failed!")
                && head(meas) == head(&command.text)
            {
                let behind = self.said.get(i + 1).filter(|l| l.starts_with("unspecified output"));
                let words = behind.map(String::as_str).or(before.filter(|b| !b.ends_with("failed!")));
                return Some(match words.map(|w| self.one(w).map_or_else(|| w.to_owned(), |c| c.text)) {
                    Some(words) if words.trim() == "out of interval" => {
                        "there is no such point in the swept range (out of interval)".to_owned()
                    }
                    Some(words) => words,
                    None => "ngspice does not say why".to_owned(),
                });
            }
            // `Error: RHS "vm(outt)[0]" invalid`
            if let Some(side) = line.strip_prefix("Error: RHS \"").and_then(|l| l.rsplit_once('"'))
                && own.ends_with(&format!("={}", bare(side.0)))
            {
                let cause = before.and_then(|b| self.one(b)).map(|c| c.text);
                return Some(
                    cause.unwrap_or_else(|| "ngspice cannot compute the right-hand side".to_owned()),
                );
            }
        }
        None
    }

    fn causes(&self) -> Vec<Cause> {
        let mut causes: Vec<Cause> = Vec::new();
        let mut at = String::new();
        let mut singular = String::new();
        let mut i = 0;
        while i < self.said.len() {
            let line = self.said[i].as_str();
            let next = |k: usize| self.said.get(i + k).map_or("", String::as_str);
            let mut add = |weight, text| causes.push(Cause { weight, text });
            if let Some(number) = between(line, "Netlist line no. ", ":") {
                at = self.place(number, between(next(1), "[", "]"));
            } else if let Some(number) = between(line, "Error on line ", " or its substitute") {
                // the statement as ngspice has it, then the reason
                let place = self.statement(number, next(1));
                let text = if next(2).contains(NO_BIN) {
                    no_bin(&place, &first_word(next(1)), &model_of(next(1)))
                } else {
                    format!("{place}{}: {}", shortened(next(1)), next(2))
                };
                add(Weight::Deck, text);
                i += 2;
            } else if line == "Error on line:" {
                // the device as ngspice has it, then the reason
                add(Weight::Deck, self.of_device(next(1), next(2)));
                i += 2;
            } else if line.to_ascii_lowercase().contains("can't find model") {
                let place = self.statement("", next(1));
                let model = between(line, "model '", "'").unwrap_or("?");
                add(Weight::Deck, format!("{place}there is no model `{model}`"));
                i += 1;
            } else if let Some(statement) = line.strip_prefix("Error: unknown subckt:") {
                let place = self.statement("", statement);
                add(Weight::Deck, format!("{place}there is no such subcircuit: {}", shortened(statement)));
            } else if let Some(name) = between(line, "Undefined parameter [", "]") {
                add(Weight::Deck, format!("{at}there is no parameter `{name}`"));
            } else if line.starts_with("Closing \"") || line.starts_with("Expression err") {
                add(Weight::Deck, format!("{at}{}", shortened(line)));
            } else if line.contains("singular matrix") {
                if singular.is_empty() {
                    let node = line.rsplit("check node").next().unwrap_or_default().trim();
                    singular = format!(" (singular matrix, see node {node})");
                }
            } else if let Some(cause) = self.one(line) {
                causes.push(cause);
            }
            i += 1;
        }
        for cause in causes.iter_mut().filter(|c| c.weight == Weight::Analysis) {
            cause.text.push_str(&singular);
        }
        causes
    }

    /// The cause that a line states by itself.
    fn one(&self, line: &str) -> Option<Cause> {
        let cause = |weight, text: String| Some(Cause { weight, text });
        if let Some(name) = between(line, "checkvalid: vector ", " is not available") {
            return cause(Weight::Vector, format!("there is no vector `{name}`, or it is empty"));
        }
        if let Some(name) = line.strip_prefix("Error: no such vector as ") {
            return cause(Weight::Vector, format!("there is no vector `{}`", name.trim_end_matches('.')));
        }
        if line.starts_with("Error: no such function as") || line.contains("is not available.") {
            return cause(Weight::Vector, shortened(line.trim_end_matches(',')));
        }
        if let Some((name, _)) = line.split_once(": no such command available") {
            let place = self.command(name);
            return cause(Weight::Command, format!("{place}ngspice has no command `{name}`"));
        }
        if let Some((_, what)) = line.split_once("Warning: ")
            && what.ends_with("not in circuit")
        {
            return cause(Weight::Command, what.to_owned());
        }
        if let Some(words) = line.strip_prefix("doAnalyses:") {
            return cause(Weight::Analysis, shortened(words));
        }
        let lower = line.to_ascii_lowercase();
        let tells = ["error", "failed", "no more memory", "cannot", "can't", "invalid", "aborted", "unknown"];
        let empty = ["cannot recover", "please check your input"];
        if tells.iter().any(|t| lower.contains(t)) && !empty.iter().any(|e| lower.contains(e)) {
            let bare = line.trim_start_matches("ERROR,").trim_start_matches("Error:").trim();
            return cause(Weight::Other, shortened(bare));
        }
        None
    }

    /// `testbench.cir:7: ` for ngspice's line `number`, if that line mentions `word`; else nothing.
    fn place(&self, number: &str, word: Option<&str>) -> String {
        let line = number.trim().parse().ok().and_then(|n| self.deck.numbered(n, self.parameters));
        let fits = |line: &&Line| {
            word.is_none_or(|w| {
                let netlist = joined(&self.deck.lines().netlist);
                let whole = netlist.iter().find(|l| l.place == line.place);
                whole.is_some_and(|l| l.text.to_ascii_lowercase().contains(&w.to_ascii_lowercase()))
            })
        };
        line.filter(fits).map(|l| self.deck.lines().name(l.place) + ": ").unwrap_or_default()
    }

    /// The place of the statement that ngspice shows, by its number where that fits, else by its first word.
    fn statement(&self, number: &str, shown: &str) -> String {
        let first = first_word(shown);
        let numbered = number.trim().parse().ok().and_then(|n| self.deck.numbered(n, self.parameters));
        let same = |line: &&Line| first_word(&line.text) == first;
        let found = numbered.filter(same).or_else(|| {
            let mut all = self.deck.lines().netlist.iter().filter(same);
            // two of one name: nobody knows which
            all.next().filter(|_| all.next().is_none())
        });
        found.map(|l| self.deck.lines().name(l.place) + ": ").unwrap_or_default()
    }

    /// What is wrong with a device, at its line.
    fn of_device(&self, shown: &str, reason: &str) -> String {
        let name = first_word(shown);
        let model = model_of(shown);
        let (place, device) = self.device(&name, &model);
        if reason.contains(NO_BIN) {
            return no_bin(&place, &device, &model);
        }
        format!("{place}{device}: {}", shortened(reason))
    }

    /// Place and name of the user's device in `m.xdut.xm1.m0`: that one stands in the kit, beside its models.
    fn device(&self, name: &str, model: &str) -> (String, String) {
        let mut parts: Vec<&str> = name.split('.').collect();
        if parts.len() > 2 {
            parts.remove(0);
        }
        let lines = &self.deck.lines().netlist;
        let bins = format!("{model}.");
        let kit = lines.iter().find(|l| {
            let mut words = l.text.split_whitespace();
            let card = words.next().is_some_and(|w| w.eq_ignore_ascii_case(".model"));
            card && words.next().is_some_and(|w| w.to_ascii_lowercase().starts_with(&bins))
        });
        let kit = kit.map(|l| l.place.file);
        for (i, part) in parts.iter().enumerate().rev() {
            let mut all = lines.iter().filter(|l| first_word(&l.text) == *part);
            if let (Some(one), None) = (all.next(), all.next())
                && (i == 0 || Some(one.place.file) != kit)
            {
                return (self.deck.lines().name(one.place) + ": ", (*part).to_owned());
            }
        }
        (String::new(), parts.join("."))
    }

    fn command(&self, name: &str) -> String {
        let mut control = self.deck.lines().control.iter();
        let found = control.find(|l| first_word(&l.text).eq_ignore_ascii_case(name));
        found.map(|l| self.deck.lines().name(l.place) + ": ").unwrap_or_default()
    }
}

/// Whether a command leaves a vector `name`.
fn makes(command: &str, name: &str) -> bool {
    made_by(command).is_some_and(|made| made.eq_ignore_ascii_case(name))
}

/// The vector that a `let` or a `meas` leaves.
fn made_by(command: &str) -> Option<&str> {
    let mut words = command.split_whitespace();
    match words.next()?.to_ascii_lowercase().as_str() {
        "let" => {
            let made = command.trim_start()[3..].split('=').next()?.trim();
            Some(made.rsplit('.').next()?.split('[').next()?.trim())
        }
        "meas" | "measure" => words.nth(1),
        _ => None,
    }
}

/// Whether two names differ by a slip: a letter more, less or other, or two swapped.
fn near(a: &str, b: &str) -> bool {
    let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let head = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let tail = a[head..].iter().rev().zip(b[head..].iter().rev()).take_while(|(x, y)| x == y).count();
    let left = (a.len() - head - tail).max(b.len() - head - tail);
    a.len() > 1 && left <= 2 && left < a.len().max(b.len())
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    let rest = &text[text.find(start)? + start.len()..];
    Some(&rest[..rest.find(end)?])
}

/// A line as a message shows it: its first 160 characters.
pub(super) fn shortened(text: &str) -> String {
    crate::circuit::shortened(text.trim(), 160)
}

/// What ngspice says of a device whose size lies in no bin of its model.
const NO_BIN: &str = "could not find a valid modelname";

fn no_bin(place: &str, device: &str, model: &str) -> String {
    format!("{place}no model bin for {device} ({model}): a width or length lies beyond the kit's models")
}

/// The model of a device as ngspice shows it.
fn model_of(shown: &str) -> String {
    let words = shown.split_whitespace().take_while(|word| !word.contains('='));
    let model = words.last().unwrap_or("?");
    // `x1.xm2:model` of one in a subcircuit
    model.rsplit(':').next().unwrap_or(model).to_ascii_lowercase()
}
