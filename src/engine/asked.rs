//! What was asked of a thread, and which of it comes first.

use super::job::JobId;
use crate::diffusion::Watch;
use crossbeam_channel::Receiver;
use std::sync::Arc;

/// A job with what follows it.
pub(super) struct Asked<J> {
    pub id: JobId,
    pub watch: Arc<Watch>,
    pub job: Box<J>,
}

/// The newest of what waits; `None` once nobody asks any more.
pub(super) fn newest<T>(inbox: &Receiver<T>, waiting: &mut Vec<T>) -> Option<T> {
    waiting.extend(inbox.try_iter());
    waiting.pop().or_else(|| inbox.recv().ok())
}
