//! Designs that were looked into: their curves and operating points, asked of ngspice where someone looks.

use crate::circuit::{Sizing, SizingKey};
use crate::engine::{Inspection, JobId};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// Kept designs whose curves are laid under those of the selected one.
pub const LAID_UNDER: usize = 6;
/// Designs whose curves are remembered.
const MOST: usize = 40;

/// What ngspice has shown of designs.
#[derive(Default)]
pub struct Looks {
    known: HashMap<SizingKey, Result<Arc<Inspection>, String>>,
    order: VecDeque<SizingKey>,
    asked: Option<(JobId, SizingKey)>,
}

impl Looks {
    /// What is known of a sizing, or why it could not be looked into.
    pub fn of(&self, sizing: &Sizing) -> Option<&Result<Arc<Inspection>, String>> {
        self.known.get(&sizing.key())
    }

    /// Whether an answer is awaited.
    pub fn waits(&self) -> bool {
        self.asked.is_some()
    }

    /// Notes what was asked.
    pub fn ask(&mut self, job: JobId, sizing: &Sizing) {
        self.asked = Some((job, sizing.key()));
    }

    /// Takes the end of a job, with what came of it if anything did; whether it was one of these.
    pub fn hear(&mut self, job: JobId, came: Option<Result<Arc<Inspection>, String>>) -> bool {
        let Some((_, key)) = self.asked.take_if(|(asked, _)| *asked == job) else {
            return false;
        };
        if let Some(came) = came {
            if self.known.insert(key.clone(), came).is_none() {
                self.order.push_back(key);
            }
            if self.order.len() > MOST
                && let Some(oldest) = self.order.pop_front()
            {
                self.known.remove(&oldest);
            }
        }
        true
    }
}
