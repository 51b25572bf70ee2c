//! A design that is turned by hand: its parameters follow the pointer, and ngspice answers for where they stand. The newest
//! place wins: while one is measured, of all that come meanwhile the last is asked next.

use crate::circuit::{Circuit, Performance, Sizing};
use crate::engine::{Candidate, JobId, Origin, Outcome, Simulated};
use std::time::Instant;

/// Answers whose times are remembered.
const MOST_TIMES: usize = 1000;

/// A design that is turned by hand.
#[derive(Clone, Debug)]
pub struct Tuning {
    /// The design as it was.
    pub original: Candidate,
    /// Where its parameters stand.
    pub sizing: Sizing,
    /// The last answer, and what it is of.
    pub answered: Option<(Sizing, Outcome)>,
    /// What ngspice is asked, and since when.
    asked: Option<(JobId, Sizing, Instant)>,
    /// Seconds from a question to its answer, the last ones.
    pub times: Vec<f64>,
}

impl Tuning {
    /// A design that is about to be turned.
    pub fn of(original: Candidate) -> Tuning {
        let sizing = original.sizing.clone();
        Tuning { original, sizing, answered: None, asked: None, times: Vec::new() }
    }

    /// Turns a parameter to the place of its grid that is nearest to `value`.
    pub fn turn(&mut self, circuit: &Circuit, parameter: usize, value: f64) {
        if let (Some(own), Some(place)) =
            (circuit.parameters.get(parameter), self.sizing.0.get_mut(parameter))
        {
            *place = own.snap(value);
        }
    }

    /// The parameters that stand elsewhere than they did.
    pub fn turned(&self) -> Vec<usize> {
        let pairs = self.sizing.0.iter().zip(&self.original.sizing.0).enumerate();
        pairs.filter(|(_, (now, before))| now != before).map(|(p, _)| p).collect()
    }

    /// Whether any parameter stands elsewhere than it did.
    pub fn is_turned(&self) -> bool {
        self.sizing != self.original.sizing
    }

    /// What to ask ngspice next; nothing while it is asked, or where the answer is there.
    pub fn next(&self) -> Option<&Sizing> {
        let known = self.answered.as_ref().is_some_and(|(of, _)| *of == self.sizing);
        (self.asked.is_none() && !known && self.is_turned()).then_some(&self.sizing)
    }

    /// Notes that ngspice was asked for where the parameters stand.
    pub fn ask(&mut self, job: JobId) {
        self.asked = Some((job, self.sizing.clone(), Instant::now()));
    }

    /// Whether an answer is awaited.
    pub fn waits(&self) -> bool {
        self.asked.is_some()
    }

    /// Takes the answer of a job: the sizing that it is of, if it was this one's.
    pub fn hear(&mut self, job: JobId, outcome: &Outcome) -> Option<Sizing> {
        let (_, of, since) = self.asked.take_if(|(asked, ..)| *asked == job)?;
        if self.times.len() == MOST_TIMES {
            self.times.remove(0);
        }
        self.times.push(since.elapsed().as_secs_f64());
        self.answered = Some((of.clone(), outcome.clone()));
        Some(of)
    }

    /// Notes that a job has ended without an answer; whether it was this one's.
    pub fn forget(&mut self, job: JobId) -> bool {
        self.asked.take_if(|(asked, ..)| *asked == job).is_some()
    }

    /// What ngspice said last, of this place or of one just before; nothing where it stands as it did.
    pub fn performance(&self) -> Option<&Performance> {
        let (_, outcome) = self.answered.as_ref().filter(|_| self.is_turned())?;
        outcome.as_ref().ok().map(Simulated::performance)
    }

    /// Why ngspice could not measure it where it stands, if so.
    pub fn failure(&self) -> Option<String> {
        let (_, outcome) = self.answered.as_ref().filter(|_| self.is_turned())?;
        outcome.as_ref().err().map(ToString::to_string)
    }

    /// The design as it stands now.
    pub fn candidate(&self) -> Candidate {
        let of_this = |(of, outcome): &(Sizing, Outcome)| (*of == self.sizing).then(|| outcome.clone());
        let simulated = self.answered.as_ref().and_then(of_this);
        Candidate { simulated, origin: Origin::Tuned, ..Candidate::new(self.sizing.clone()) }
    }
}
