//! A design that is measured in parts, some testbenches by one worker and some by another, and what it is as a whole: the
//! same as if one worker had run them in order.

use super::Failure;
use super::protocol::Reply;
use super::verdict::MeasuredBy;
use super::worker::SPENT;
use std::sync::Arc;

/// What a worker answered of some testbenches of a design.
pub(super) struct Part {
    pub reply: Reply,
    pub spent: bool,
    pub by: Arc<MeasuredBy>,
}

impl Part {
    /// Of the parts in the testbenches' order, the whole.
    ///
    /// # Errors
    /// The first part's that has none.
    pub(super) fn joined(parts: impl IntoIterator<Item = Result<Part, Failure>>) -> Result<Part, Failure> {
        let mut whole: Option<Part> = None;
        for part in parts {
            let next = match whole {
                None => part?,
                Some(Part { spent: true, by, .. }) => {
                    return Ok(Part { reply: Reply::Invalid(SPENT.to_owned()), spent: true, by });
                }
                Some(before) => before.and(part?),
            };
            if !matches!(next.reply, Reply::Measured(..)) {
                return Ok(next);
            }
            whole = Some(next);
        }
        whole.ok_or_else(|| Failure::Crashed("nothing of it was measured".to_owned()))
    }

    /// With what the next testbenches gave.
    fn and(self, next: Part) -> Part {
        let reply = match (self.reply, next.reply) {
            (Reply::Measured(mut values, mut said), Reply::Measured(more, words)) => {
                for (value, new) in values.iter_mut().zip(more) {
                    *value = value.or(new);
                }
                said.extend(words);
                Reply::Measured(values, said)
            }
            (Reply::Measured(..), other) | (other, _) => other,
        };
        Part { reply, spent: next.spent, by: next.by }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(reply: Reply, spent: bool) -> Result<Part, Failure> {
        let by = MeasuredBy { simulator: "a test".to_owned(), testbench: String::new() };
        Ok(Part { reply, spent, by: Arc::new(by) })
    }

    fn measured(values: &[Option<f64>], said: &str) -> Reply {
        Reply::Measured(values.to_vec(), vec![said.to_owned()])
    }

    #[test]
    fn parts_are_as_one_worker_would_have_answered() {
        let one = || part(measured(&[Some(1.0), None, None], "a"), false);
        let two = || part(measured(&[None, Some(2.0), None], "b"), false);
        let whole = Part::joined([one(), two()]).map(|w| w.reply);
        let expected = vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(whole, Ok(Reply::Measured(vec![Some(1.0), Some(2.0), None], expected)));
        // the first that was given up is what is said of the design
        let aborted = Reply::Aborted(vec!["c".to_owned()]);
        let whole = Part::joined([one(), part(aborted.clone(), false), Err(Failure::Cancelled)]);
        assert_eq!(whole.map(|w| w.reply), Ok(aborted));
        assert_eq!(Part::joined([one(), Err(Failure::Cancelled)]).map(|w| w.reply), Err(Failure::Cancelled));
        // a deck that leaves no ngspice may only be the last
        let spent = || part(measured(&[Some(1.0), None, None], "a"), true);
        let whole = Part::joined([spent(), two()]).map(|w| w.reply);
        assert_eq!(whole, Ok(Reply::Invalid(SPENT.to_owned())));
        assert!(matches!(Part::joined([two(), spent()]).map(|w| w.reply), Ok(Reply::Measured(..))));
        assert!(Part::joined([]).is_err());
    }
}
