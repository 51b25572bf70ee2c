//! A circuit to be, as the user fills it in: which decks, which folder, what of the proposal is taken and how.

use crate::circuit::{Scale, Sense, Unit, format_quantity, parse_quantity};
use crate::draft::{Draft, DraftMetric, DraftParameter};
use crate::engine::Finding;
use std::path::{Path, PathBuf};

/// The form of a new circuit.
#[derive(Default)]
pub struct DraftForm {
    /// The paths of the decks, one a line.
    pub decks: String,
    /// The folder that is written.
    pub folder: String,
    /// What is asked for beside the proposal, a line each: `tie w4=2*w3`, `corner hot,temperature=125`.
    pub asked: String,
    /// What is being done, while it is.
    pub doing: Option<&'static str>,
    /// What was found in the decks, and what the user makes of it.
    pub proposal: Option<Proposal>,
    /// The one before, while decks are read again.
    pub before: Option<Proposal>,
    /// The folder that was looked for last, and whether it is there already.
    looked: (String, bool),
}

impl DraftForm {
    /// Whether something is in the folder already; looked for when it is typed.
    pub fn is_occupied(&mut self) -> bool {
        if self.looked.0 != self.folder {
            let folder = self.folder.trim();
            let there = !folder.is_empty() && crate::draft::is_occupied(Path::new(folder));
            self.looked = (self.folder.clone(), there);
        }
        self.looked.1
    }

    /// Where nothing is said of it, the folder that suggests itself: beside the first deck, by its name.
    pub fn suggest_folder(&mut self) {
        let first = self.paths().into_iter().next();
        if let Some(deck) = first.filter(|_| self.folder.trim().is_empty()) {
            let stem = deck.file_stem().map_or_else(|| "circuit".into(), |stem| stem.to_string_lossy());
            let named = |n: usize| match n {
                1 => stem.to_string(),
                n => format!("{stem}-{n}"),
            };
            let beside = |n: usize| deck.with_file_name(named(n));
            let free = (1..100).map(beside).find(|folder| !crate::draft::is_occupied(folder));
            self.folder = free.map_or_else(String::new, |folder| folder.display().to_string());
        }
    }

    /// What is asked for, line by line.
    pub fn asked_lines(&self) -> Vec<String> {
        self.asked.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }

    /// The decks.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.decks.lines().map(str::trim).filter(|line| !line.is_empty()).map(PathBuf::from).collect()
    }
}

/// What was found in decks, and what the user makes of it.
pub struct Proposal {
    /// As it was found.
    pub draft: Draft,
    /// What would do more than simulate.
    pub findings: Vec<Finding>,
    /// Whether the decks' own values were measured.
    pub measured: bool,
    /// The user's word that the decks may run.
    pub allowed: bool,
    /// What cannot be measured, and why.
    pub gone: Vec<(String, String)>,
    /// A line for each parameter of the draft.
    pub parameters: Vec<ParameterLine>,
    /// A line for each metric of the draft.
    pub metrics: Vec<MetricLine>,
}

/// What the user makes of a parameter.
pub struct ParameterLine {
    /// Whether it is sized.
    pub sized: bool,
    /// The smallest value.
    pub low: String,
    /// The largest value.
    pub high: String,
    /// The grid.
    pub grid: String,
    /// How the range is spread.
    pub scale: Scale,
}

/// What the user makes of a metric.
pub struct MetricLine {
    /// Whether it is a metric of the circuit.
    pub taken: bool,
    /// The name in the window.
    pub title: String,
    /// The unit.
    pub unit: String,
    /// Which way is better.
    pub sense: Sense,
    /// How its values are spread.
    pub scale: Scale,
}

impl Proposal {
    /// A draft as it was found, all of it taken but for what the user made of it before.
    pub fn new(draft: Draft, findings: Vec<Finding>, before: Option<&Proposal>) -> Proposal {
        let mut proposal = Proposal::of(draft, findings);
        let Some(before) = before else { return proposal };
        for (drafted, line) in proposal.draft.parameters.iter().zip(&mut proposal.parameters) {
            let mut all = before.draft.parameters.iter().zip(&before.parameters);
            if let Some((was, own)) = all.find(|(was, _)| was.parameter.name == drafted.parameter.name) {
                line.keep(own, &parameter(was));
            }
        }
        keep(&mut proposal.metrics, &proposal.draft.metrics, before);
        proposal
    }

    fn of(draft: Draft, findings: Vec<Finding>) -> Proposal {
        let parameters = draft.parameters.iter().map(parameter).collect();
        let metrics = draft.metrics.iter().map(metric).collect();
        Proposal { draft, findings, measured: false, allowed: false, gone: Vec::new(), parameters, metrics }
    }

    /// Takes what the decks' own values gave.
    pub fn measured(&mut self, draft: &Draft, gone: Vec<(String, String)>) {
        let mut metrics = draft.metrics.iter().map(metric).collect();
        keep(&mut metrics, &draft.metrics, self);
        self.metrics = metrics;
        self.draft.metrics.clone_from(&draft.metrics);
        self.draft.apart.clone_from(&draft.apart);
        (self.gone, self.measured) = (gone, true);
    }

    /// The draft as the user has it.
    ///
    /// # Errors
    /// What is wrong with a line, by name.
    pub fn chosen(&self) -> Result<Draft, String> {
        let parameter = |(drafted, line): (&DraftParameter, &ParameterLine)| {
            let mut drafted = drafted.clone();
            let p = &mut drafted.parameter;
            for (text, value) in
                [(&line.low, &mut p.low), (&line.high, &mut p.high), (&line.grid, &mut p.grid)]
            {
                *value = parse_quantity(text, p.unit).map_err(|e| format!("{}: {e}", p.name))?.value;
            }
            p.scale = line.scale;
            Ok::<_, String>(drafted)
        };
        let metric = |(drafted, line): (&DraftMetric, &MetricLine)| {
            let unit =
                Unit::try_from(line.unit.trim().to_owned()).map_err(|e| format!("{}: {e}", drafted.name))?;
            let title = line.title.trim().to_owned();
            Ok::<_, String>(DraftMetric {
                title,
                unit,
                sense: line.sense,
                scale: line.scale,
                ..drafted.clone()
            })
        };
        let parameters = self.draft.parameters.iter().zip(&self.parameters).filter(|(_, line)| line.sized);
        let metrics = self.draft.metrics.iter().zip(&self.metrics).filter(|(_, line)| line.taken);
        Ok(Draft {
            parameters: parameters.map(parameter).collect::<Result<_, _>>()?,
            metrics: metrics.map(metric).collect::<Result<_, _>>()?,
            ..self.draft.clone()
        })
    }
}

/// Keeps what the user made of metrics before.
fn keep(lines: &mut Vec<MetricLine>, metrics: &[DraftMetric], before: &Proposal) {
    for (drafted, line) in metrics.iter().zip(lines) {
        let mut all = before.draft.metrics.iter().zip(&before.metrics);
        if let Some((was, own)) = all.find(|(was, _)| was.name == drafted.name) {
            line.keep(own, &metric(was));
        }
    }
}

/// `line` but for what the user changed of another one, which was proposed otherwise.
macro_rules! keep_changed {
    ($line:ident, $own:ident, $proposed:ident: $($field:ident)+) => {
        $(if $own.$field != $proposed.$field {
            $line.$field.clone_from(&$own.$field);
        })+
    };
}

impl ParameterLine {
    fn keep(&mut self, own: &ParameterLine, proposed: &ParameterLine) {
        keep_changed!(self, own, proposed: sized low high grid scale);
    }
}

impl MetricLine {
    fn keep(&mut self, own: &MetricLine, proposed: &MetricLine) {
        keep_changed!(self, own, proposed: taken title unit sense scale);
    }
}

fn parameter(drafted: &DraftParameter) -> ParameterLine {
    let p = &drafted.parameter;
    let show = |value: f64| format_quantity(value, p.unit, 6);
    let (low, high, grid) = (show(p.low), show(p.high), show(p.grid));
    ParameterLine { sized: true, low, high, grid, scale: p.scale }
}

fn metric(drafted: &DraftMetric) -> MetricLine {
    MetricLine {
        taken: true,
        title: drafted.title.clone(),
        unit: drafted.unit.symbol().to_owned(),
        sense: drafted.sense,
        scale: drafted.scale,
    }
}
