//! Undo and redo over everything that the user sets before a job: targets and settings.
//!
//! A state is noted once no pointer is down and no text is being typed any more, so that a drag or a number typed is
//! one step. What the program itself changes, such as the settings that a loaded model brings, amends the present
//! state and is no step, which `egui`'s own undoer cannot express.

use super::forms::{Forms, SampleForm, SearchForm, TrainForm};
use super::kept::KeptDesign;
use crate::circuit::{Region, Specification};

/// Steps that can be undone.
const STEPS: usize = 100;

/// What an undo brings back.
#[derive(Clone, Debug, PartialEq)]
pub struct Edits {
    /// What a design must perform.
    pub targets: Specification,
    /// What the parameters are held to.
    pub region: Region,
    /// The designs that are kept.
    pub kept: Vec<KeptDesign>,
    /// How to train.
    pub train: TrainForm,
    /// How to sample.
    pub sample: SampleForm,
    /// How to search.
    pub search: SearchForm,
}

impl Edits {
    /// What is set now for the targets, the region and the kept designs of the open circuit.
    pub fn now(targets: &Specification, region: &Region, kept: &[KeptDesign], forms: &Forms) -> Edits {
        Edits {
            kept: kept.to_vec(),
            targets: targets.clone(),
            region: region.clone(),
            train: forms.train.clone(),
            sample: forms.sample.clone(),
            search: forms.search.clone(),
        }
    }
}

/// States, one of which is the present one.
#[derive(Clone, Debug)]
pub struct History<T> {
    states: Vec<T>,
    at: usize,
}

impl<T> Default for History<T> {
    fn default() -> History<T> {
        History { states: Vec::new(), at: 0 }
    }
}

impl<T: Clone + PartialEq> History<T> {
    /// Notes the present state if it is another one.
    pub fn follow(&mut self, now: &T) {
        if self.states.get(self.at) == Some(now) {
            return;
        }
        self.states.truncate(self.at + 1);
        self.states.push(now.clone());
        if self.states.len() > STEPS + 1 {
            self.states.remove(0);
        }
        self.at = self.states.len() - 1;
    }

    /// Takes the present state for what the last one was: no step lies between.
    pub fn amend(&mut self, now: &T) {
        match self.states.get_mut(self.at) {
            Some(state) => *state = now.clone(),
            None => self.follow(now),
        }
    }

    /// Whether there is a step back from `now`.
    pub fn has_undo(&self, now: &T) -> bool {
        self.at > 0 || self.states.first().is_some_and(|state| state != now)
    }

    /// Whether there is a step forward from `now`.
    pub fn has_redo(&self, now: &T) -> bool {
        self.at + 1 < self.states.len() && self.states.get(self.at) == Some(now)
    }

    /// The state before `now`.
    pub fn undo(&mut self, now: &T) -> Option<T> {
        self.follow(now);
        self.at = self.at.checked_sub(1)?;
        self.states.get(self.at).cloned()
    }

    /// The state that was left by an undo.
    pub fn redo(&mut self, now: &T) -> Option<T> {
        if !self.has_redo(now) {
            return None;
        }
        self.at += 1;
        self.states.get(self.at).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_undone_and_redone_and_a_new_one_forgets_what_was_undone() {
        let mut history = History::default();
        [1, 1, 2, 3].iter().for_each(|state| history.follow(state));
        assert_eq!(history.undo(&3), Some(2));
        // what was not noted yet is a step as well
        assert!(history.has_undo(&7) && !history.has_redo(&7));
        assert_eq!((history.undo(&7), history.redo(&2)), (Some(2), Some(7)));
        assert_eq!((history.undo(&7), history.undo(&2), history.undo(&1)), (Some(2), Some(1), None));
        assert!(!history.has_undo(&1) && history.has_redo(&1));
        (0..500).for_each(|state| history.follow(&state));
        assert_eq!(history.states.len(), STEPS + 1);
    }

    #[test]
    fn what_the_program_sets_is_no_step() {
        let mut history = History::default();
        [1, 2].iter().for_each(|state| history.follow(state));
        history.amend(&20);
        assert_eq!((history.undo(&20), history.redo(&1)), (Some(1), Some(20)));
    }
}
