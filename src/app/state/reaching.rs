//! What is known of the targets that are set: how far each slider may go, what more of one costs, what could be met instead.

use crate::circuit::{Region, Specification};
use crate::engine::{Outlook, TrainedModel};
use std::sync::Arc;

/// What an outlook is of.
#[derive(Clone)]
pub struct OutlookOf {
    /// The targets.
    pub targets: Specification,
    /// Where designs may lie.
    pub region: Region,
    /// The model that was asked.
    pub model: Arc<TrainedModel>,
    /// How many designs were measured then.
    pub measured: usize,
}

impl OutlookOf {
    /// Whether another one is of the same.
    pub fn is(&self, other: &OutlookOf) -> bool {
        self.is_of(&other.targets)
            && self.region == other.region
            && self.measured == other.measured
            && Arc::ptr_eq(&self.model, &other.model)
    }

    /// Whether it is of these targets.
    pub fn is_of(&self, targets: &Specification) -> bool {
        self.targets == *targets
    }
}

/// The outlook on the targets, as far as it is known.
#[derive(Default)]
pub struct Reaching {
    /// The last answer.
    pub known: Option<(OutlookOf, Outlook)>,
    /// What is being worked out.
    pub asked: Option<OutlookOf>,
}

impl Reaching {
    /// The last outlook on bounds of the same metrics, whatever their values: how far one goes while the others are met does
    /// not depend on where it stands itself.
    pub fn last(&self, targets: &Specification) -> Option<&Outlook> {
        let same = |of: &OutlookOf| {
            let pairs = of.targets.bounds.iter().zip(&targets.bounds);
            of.targets.bounds.len() == targets.bounds.len()
                && pairs.clone().all(|(a, b)| a.metric == b.metric)
        };
        self.known.as_ref().filter(|(of, _)| same(of)).map(|(_, outlook)| outlook)
    }

    /// The outlook on these targets; that on others is none on these.
    pub fn on(&self, targets: &Specification) -> Option<&Outlook> {
        self.known.as_ref().filter(|(of, _)| of.is_of(targets)).map(|(_, outlook)| outlook)
    }
}
