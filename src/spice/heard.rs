//! What a parent and a worker make of any bytes that they are sent, without a process: for the fuzzing door.

use super::deck::Decks;
use super::judge::judge;
use super::piece::Piece;
use super::protocol::{Answer, LONGEST_REPLY, Look, Reply, Setup, Told, next_line};
use super::seeing::Seeing;
use super::taken::Taken;
use super::{MeasuredBy, Outcome, SpiceError};
use crate::circuit::{Circuit, Sizing};
use std::sync::Arc;

/// A parent that listens.
pub(crate) struct Ear {
    circuit: Circuit,
    decks: Decks,
    by: Arc<MeasuredBy>,
}

impl Ear {
    /// For a circuit's workers.
    ///
    /// # Errors
    /// [`SpiceError`] where the testbench cannot be read.
    pub(crate) fn of(circuit: &Circuit) -> Result<Ear, SpiceError> {
        let by = MeasuredBy { simulator: "ngspice".to_owned(), testbench: String::new() };
        Ok(Ear { circuit: circuit.clone(), decks: Decks::of(circuit)?, by: Arc::new(by) })
    }

    /// What it makes of all that a worker says.
    pub(crate) fn hear(&self, mut bytes: &[u8]) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        let taken = Taken::all(&self.circuit);
        let sizing = Sizing(self.circuit.parameters.iter().map(|p| p.low).collect());
        let mut seeing = Seeing::new(&self.circuit);
        while let Ok(Some(line)) = next_line(&mut bytes, LONGEST_REPLY) {
            match Answer::decode(&line).map(|answer| answer.reply) {
                Some(Reply::Seen(piece)) if seeing.take((*piece).clone()) => {}
                Some(reply) => {
                    outcomes.push(judge(&self.circuit, &self.decks, &taken, &sizing, reply, &self.by));
                }
                None => {}
            }
        }
        outcomes
    }

    /// What both sides say in the usual course, as seeds to alter.
    pub(crate) fn spoken(&self) -> Vec<String> {
        let setup = self.decks.setup(&self.circuit, 1 << 30);
        let count = self.circuit.readings.len();
        let values: Vec<f64> = (0..count).map(|i| 0.1 + i as f64).collect();
        let said = vec!["Error: measure bw when(WHEN) : out of interval".to_owned()];
        let replies = [
            Reply::Ready("ngspice-39".to_owned()),
            Reply::Measured(values.iter().copied().map(Some).collect(), Vec::new()),
            Reply::Measured(vec![None; count], said.clone()),
            Reply::Aborted(vec!["doAnalyses: TRAN: Timestep too small".to_owned()]),
            Reply::Refused(said.clone()),
            Reply::Quit(said),
            Reply::Seen(Box::new(Piece::Note(Some(0), "the first 16 of 20 sweeps are kept".to_owned()))),
        ];
        let answers: String = replies.map(|reply| Answer { reply, spent: false }.encode()).concat();
        let setup = serde_json::to_string(&setup).expect("texts and lists of texts are JSON");
        let told = Told { seed: 1, testbenches: vec![0], look: Look::All, values };
        vec![setup, told.encode(), answers]
    }
}

/// What a worker makes of a line that it is sent: whether it is what it is told once, and a design's numbers.
pub(crate) fn asked(line: &str) -> (bool, Option<Vec<f64>>) {
    (serde_json::from_str::<Setup>(line).is_ok(), Told::decode(line).map(|told| told.values))
}
