//! The losses of a training, and what those over rows that it never saw say: which step was best, whether the rows
//! were learnt by heart since, and when it is time to end.

use serde::{Deserialize, Serialize};

/// A held-out loss of so many times the lowest one says that rows were learnt by heart. Less is within what it
/// wavers by on some hundred rows.
const RISE: f32 = 1.05;

/// The losses so far and the time they took.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Learning {
    /// The training loss of each step.
    pub training: Vec<f32>,
    /// (step, loss) over the held-out rows with the averaged weights, once an epoch.
    pub validation: Vec<(u32, f32)>,
    /// Steps of the whole training.
    pub steps: u32,
    /// Steps of one epoch.
    pub steps_an_epoch: u32,
    /// Seconds spent training, pauses left out.
    pub seconds: f64,
    /// Seconds of the training that the performance model took.
    pub performance_seconds: f64,
}

impl Learning {
    /// The step after which the loss over held-out rows was lowest, and that loss; of equals the first.
    pub fn best(&self) -> Option<(u32, f32)> {
        let lower = |a: (u32, f32), b: (u32, f32)| if b.1 < a.1 { b } else { a };
        self.validation.iter().copied().reduce(lower)
    }

    /// The best step and its loss, if the last loss over held-out rows is higher by more than it wavers by: the
    /// rows were learnt by heart since.
    pub fn by_heart(&self) -> Option<(u32, f32)> {
        let (_, last) = self.validation.last()?;
        self.best().filter(|(_, lowest)| *last > RISE * lowest)
    }

    /// Whether training is to end before its last step: rows are being learnt by heart, and the best step is
    /// `patience` of all steps ago or longer. With a patience of 0 it never is.
    pub fn is_spent(&self, patience: f64) -> bool {
        let ago = |(best, _): (u32, f32)| {
            self.validation
                .last()
                .is_some_and(|(last, _)| f64::from(last - best) >= patience * f64::from(self.steps))
        };
        patience > 0.0 && self.by_heart().is_some_and(ago)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(validation: &[(u32, f32)]) -> Learning {
        Learning { validation: validation.to_vec(), steps: 100, steps_an_epoch: 10, ..Learning::default() }
    }

    #[test]
    fn a_loss_that_falls_or_wavers_goes_on() {
        for validation in [&[][..], &[(10, 1.0)], &[(10, 1.0), (90, 0.8)], &[(10, 0.80), (90, 0.83)]] {
            let learning = of(validation);
            assert_eq!(learning.by_heart(), None, "{validation:?}");
            assert!(!learning.is_spent(0.1), "{validation:?}");
        }
    }

    #[test]
    fn a_loss_that_has_risen_for_as_long_as_is_waited_ends_it() {
        let learning = of(&[(10, 1.0), (20, 0.8), (30, 0.8), (40, 0.9)]);
        assert_eq!((learning.best(), learning.by_heart()), (Some((20, 0.8)), Some((20, 0.8))));
        assert!(learning.is_spent(0.2) && !learning.is_spent(0.21));
        assert!(!learning.is_spent(0.0), "no patience is asked: it goes on to the end");
        let fallen = of(&[(10, 1.0), (20, 0.8), (40, 0.9), (50, 0.82)]);
        assert!(fallen.by_heart().is_none() && !fallen.is_spent(0.1), "it came back");
    }
}
