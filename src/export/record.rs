//! What is exported, and who says what it performs.

use super::date::now;
use crate::circuit::{Performance, Sizing, Specification};

/// Who says what the sizing performs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judge {
    /// SPICE measured it; the simulator, such as `ngspice-39`.
    Simulated(String),
    /// The performance model predicted it; SPICE was not asked.
    Predicted,
    /// Nobody.
    None,
}

/// What is exported.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportRecord {
    /// The sizing, legal.
    pub sizing: Sizing,
    /// What it was to meet.
    pub specification: Option<Specification>,
    /// What it performs, by the judge's word.
    pub performance: Option<Performance>,
    /// Who judged.
    pub judged: Judge,
    /// The model that proposed it.
    pub model: Option<String>,
    /// The seed it was proposed with.
    pub seed: Option<u64>,
    /// When it was made, such as `2026-11-22 23:10:29 UTC`.
    pub date: String,
}

impl ExportRecord {
    /// A record of now. `word` is the best word on the sizing: a performance and the simulator that measured it;
    /// without a simulator it was predicted.
    pub fn new(
        sizing: &Sizing,
        specification: Option<&Specification>,
        word: Option<(&Performance, Option<&str>)>,
        model: Option<String>,
        seed: Option<u64>,
    ) -> ExportRecord {
        let judged = match word {
            Some((_, Some(simulator))) => Judge::Simulated(simulator.to_owned()),
            Some((_, None)) => Judge::Predicted,
            None => Judge::None,
        };
        ExportRecord {
            sizing: sizing.clone(),
            specification: specification.cloned(),
            performance: word.map(|(performance, _)| performance.clone()),
            judged,
            model,
            seed,
            date: now(),
        }
    }

    /// What the simulator measured, if it did.
    pub(super) fn simulated(&self) -> Option<&Performance> {
        self.performance.as_ref().filter(|_| matches!(self.judged, Judge::Simulated(_)))
    }

    /// Whether what the simulator measured meets the specification; `None` where it measured nothing or there is
    /// none.
    pub(super) fn feasible(&self) -> Option<bool> {
        Some(self.specification.as_ref()?.met_by(self.simulated()?))
    }
}
