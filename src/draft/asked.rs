//! What the user asks for in the place of what is proposed: parameters, ties, metrics, corners, mismatch, what counts.

use super::{Draft, DraftMetric, DraftParameter};

/// What a text asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// What to size: `w1=1u..20u,grid=10n`, or `w1=none`.
    Parameter,
    /// What follows from the sizes: `w4=2*w3`.
    Tie,
    /// What to measure: `ugf=ugf(v(out)),unit=Hz`, or `ugf=none`.
    Metric,
    /// A corner: `slow,temperature=125,tt->ss,vdd=0.9*vdd`.
    Corner,
    /// How the decks draw mismatch: as a corner without a name, or `own`.
    Mismatch,
    /// Over which corners a design counts as its worst: `slow,fast`, or `all`.
    WorstOver,
}

impl Asked {
    const ALL: [(Asked, &'static str); 6] = [
        (Asked::Parameter, "parameter"),
        (Asked::Tie, "tie"),
        (Asked::Metric, "metric"),
        (Asked::Corner, "corner"),
        (Asked::Mismatch, "mismatch"),
        (Asked::WorstOver, "worst-over"),
    ];

    /// The word that a text of this kind follows.
    pub fn word(self) -> &'static str {
        Asked::ALL.iter().find(|(asked, _)| *asked == self).map_or("", |(_, word)| word)
    }
}

impl Draft {
    /// Takes a line such as `tie w4=2*w3` or `corner hot,temperature=125`.
    ///
    /// # Errors
    /// What is wrong with the line and what would do.
    pub fn ask_line(&mut self, line: &str) -> Result<(), String> {
        let (word, text) = line.trim().split_once(char::is_whitespace).unwrap_or((line.trim(), ""));
        let word = word.trim_start_matches('-');
        let Some((asked, _)) = Asked::ALL.iter().find(|(_, known)| *known == word) else {
            let known: Vec<&str> = Asked::ALL.iter().map(|(_, word)| *word).collect();
            return Err(format!("`{}`: a line begins with one of {}", line.trim(), known.join(", ")));
        };
        self.ask(*asked, text.trim())
    }

    /// Takes what is asked for.
    ///
    /// # Errors
    /// What is wrong with the text and what would do, the kind of the text in front.
    pub fn ask(&mut self, asked: Asked, text: &str) -> Result<(), String> {
        match asked {
            Asked::Parameter => self.parameter(text),
            Asked::Tie => self.tie(text),
            Asked::Metric => self.metric(text),
            Asked::Corner => {
                let corner = self.corner(asked, text, text)?;
                self.corners.push(corner);
                Ok(())
            }
            Asked::Mismatch => {
                let rest = if text.trim() == "own" { String::new() } else { format!(",{text}") };
                self.mismatch = Some(self.corner(asked, text, &format!("mismatch{rest}"))?);
                Ok(())
            }
            Asked::WorstOver => {
                self.worst_over = text.split(',').map(|name| name.trim().to_owned()).collect();
                Ok(())
            }
        }
    }

    fn parameter(&mut self, text: &str) -> Result<(), String> {
        let (name, drafted) = DraftParameter::parse(text, &self.parameters)?;
        let place = self.parameters.iter().position(|p| p.parameter.name.eq_ignore_ascii_case(&name));
        match (place, drafted) {
            (Some(place), Some(drafted)) => self.parameters[place] = drafted,
            (Some(place), None) => _ = self.parameters.remove(place),
            (None, Some(mut drafted)) => {
                let constants = || self.decks.iter().flat_map(|(_, survey)| &survey.constants);
                let Some(own) = constants().find(|c| c.name.eq_ignore_ascii_case(&name)) else {
                    let names: Vec<&str> = constants().map(|c| c.name.as_str()).collect();
                    return Err(format!(
                        "parameter: no `.param` line of the decks gives `{name}` a number: they have {}",
                        names.join(", ")
                    ));
                };
                drafted.parameter.name.clone_from(&own.name);
                drafted.own = own.value;
                self.parameters.push(drafted);
            }
            (None, None) => return Err(format!("parameter: `{name}` is not proposed")),
        }
        Ok(())
    }

    fn tie(&mut self, text: &str) -> Result<(), String> {
        let (name, expression) = text
            .split_once('=')
            .ok_or_else(|| format!("tie `{text}`: write NAME=EXPRESSION, such as W6=2*W5"))?;
        let name = name.trim();
        self.parameters.retain(|p| !p.parameter.name.eq_ignore_ascii_case(name));
        self.ties.push((name.to_owned(), expression.trim().to_owned()));
        Ok(())
    }

    fn metric(&mut self, text: &str) -> Result<(), String> {
        let name = text.split('=').next().unwrap_or_default().trim().to_owned();
        let before = self.metrics.len();
        self.metrics.retain(|m| !m.name.eq_ignore_ascii_case(&name));
        if text.ends_with("=none") {
            if self.metrics.len() == before {
                return Err(format!("metric: `{name}` is not proposed"));
            }
        } else {
            self.metrics.push(DraftMetric::parse(text, &self.decks)?);
        }
        Ok(())
    }

    /// A corner as a line of `circuit.ron`. A constant of the decks that it changes is tied to its value.
    fn corner(&mut self, asked: Asked, shown: &str, text: &str) -> Result<String, String> {
        let wrong = |what: String| format!("{} `{shown}`: {what}", asked.word());
        let mut words = text.split(',').map(str::trim);
        let name = words.next().unwrap_or_default();
        let mut temperature = String::new();
        let (mut sections, mut set): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
        for word in words {
            if let Some((from, to)) = word.split_once("->") {
                sections.push(format!("({:?}, {:?})", from.trim(), to.trim()));
                continue;
            }
            let (what, value) = word.split_once('=').ok_or_else(|| {
                wrong(format!("`{word}` is none of temperature=, FROM->TO, PARAMETER=EXPRESSION"))
            })?;
            if what == "temperature" {
                let number: f64 = value.parse().map_err(|_| wrong(format!("`{value}` is no temperature")))?;
                temperature = format!(", temperature: {number:?}");
                continue;
            }
            let known = self.parameters.iter().any(|p| p.parameter.name.eq_ignore_ascii_case(what))
                || self.ties.iter().any(|(tied, _)| tied.eq_ignore_ascii_case(what));
            let mut constants = self.decks.iter().flat_map(|(_, survey)| &survey.constants);
            if !known && let Some(own) = constants.find(|c| c.name.eq_ignore_ascii_case(what)) {
                let tie = (own.name.clone(), format!("{:e}", own.value));
                self.ties.push(tie);
            }
            set.push(format!("({what:?}, {value:?})"));
        }
        let name = if asked == Asked::Mismatch { String::new() } else { format!("name: {name:?}, ") };
        Ok(format!("({name}sections: [{}], set: [{}]{temperature})", sections.join(", "), set.join(", ")))
    }
}
