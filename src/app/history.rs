//! Undo and redo over everything that the user sets before a job: targets and settings.
//!
//! A state is noted when nothing is dragged and no text is being typed, so that a drag or a number typed is one
//! step. What the program itself changes, such as the settings that a loaded model brings, amends the present state
//! and is no step, which `egui`'s own undoer cannot express.

use super::App;
use super::state::{SampleForm, SearchForm, TrainForm};
use crate::circuit::{Region, Specification};
use egui::Context;

/// Steps that can be undone.
const STEPS: usize = 100;

/// What an undo brings back.
#[derive(Clone, Debug, PartialEq)]
pub struct Edits {
    /// The targets.
    pub targets: Specification,
    /// What the parameters are held to.
    pub region: Region,
    /// How to train.
    pub train: TrainForm,
    /// How to sample.
    pub sample: SampleForm,
    /// How to search.
    pub search: SearchForm,
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

impl App {
    /// What would be undone.
    pub(super) fn edits(&self) -> Edits {
        let user = &self.user;
        Edits {
            targets: user.targets.clone(),
            region: user.region.clone(),
            train: user.train.clone(),
            sample: user.sample.clone(),
            search: user.search.clone(),
        }
    }

    fn lay(&mut self, edits: Edits) {
        let user = &mut self.user;
        for bound in &edits.targets.bounds {
            user.remembered[bound.metric] = bound.value;
        }
        (user.targets, user.region) = (edits.targets, edits.region);
        (user.train, user.sample, user.search) = (edits.train, edits.sample, edits.search);
    }

    /// Notes what the user has set, unless it is still being set.
    pub(super) fn follow_edits(&mut self, ctx: &Context) {
        if self.system.open.is_some() && !ctx.egui_is_using_pointer() && !ctx.text_edit_focused() {
            let now = self.edits();
            self.history.follow(&now);
        }
    }

    /// What the program has set is no step.
    pub(super) fn amend_edits(&mut self) {
        let now = self.edits();
        self.history.amend(&now);
    }

    pub(super) fn undo(&mut self) {
        let now = self.edits();
        if let Some(before) = self.history.undo(&now) {
            self.lay(before);
        }
    }

    pub(super) fn redo(&mut self) {
        let now = self.edits();
        if let Some(after) = self.history.redo(&now) {
            self.lay(after);
        }
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
