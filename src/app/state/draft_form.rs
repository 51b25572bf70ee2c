//! A circuit to be, as the user fills it in: which decks, which folder, what of the proposal is taken and how.

use crate::circuit::{Scale, Sense, Unit, format_quantity, parse_quantity};
use crate::draft::{Draft, DraftMetric, DraftParameter};
use crate::engine::Finding;
use std::path::PathBuf;

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
}

impl DraftForm {
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
    /// A draft as it was found, all of it taken.
    pub fn new(draft: Draft, findings: Vec<Finding>) -> Proposal {
        let parameter = |drafted: &DraftParameter| {
            let p = &drafted.parameter;
            let show = |value: f64| format_quantity(value, p.unit, 6);
            let (low, high, grid) = (show(p.low), show(p.high), show(p.grid));
            ParameterLine { sized: true, low, high, grid, scale: p.scale }
        };
        let parameters = draft.parameters.iter().map(parameter).collect();
        let metrics = draft.metrics.iter().map(metric).collect();
        Proposal { draft, findings, measured: false, allowed: false, gone: Vec::new(), parameters, metrics }
    }

    /// Takes what the decks' own values gave.
    pub fn measured(&mut self, draft: &Draft, gone: Vec<(String, String)>) {
        self.metrics = draft.metrics.iter().map(metric).collect();
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

fn metric(drafted: &DraftMetric) -> MetricLine {
    MetricLine {
        taken: true,
        title: drafted.title.clone(),
        unit: drafted.unit.symbol().to_owned(),
        sense: drafted.sense,
        scale: drafted.scale,
    }
}
