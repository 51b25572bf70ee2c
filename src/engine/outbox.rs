//! The way out of the engine's threads: what is said goes to the listener, and a job that was asked for ends once,
//! whatever becomes of the thread that does it.

use super::event::Event;
use super::job::{End, JobError, JobId, JobKind};
use crate::diffusion::Watch;
use crossbeam_channel::Sender;
use std::any::Any;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard};

/// Says things and keeps the book of jobs that have not ended.
#[derive(Clone)]
pub(super) struct Outbox {
    events: Sender<Event>,
    wake: Arc<dyn Fn() + Send + Sync>,
    book: Arc<Mutex<Book>>,
}

#[derive(Default)]
struct Book {
    last: u64,
    open: HashMap<JobId, Arc<Watch>>,
}

impl Outbox {
    pub(super) fn new(events: Sender<Event>, wake: Arc<dyn Fn() + Send + Sync>) -> Outbox {
        Outbox { events, wake, book: Arc::default() }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().expect("no thread panics while it holds the book of jobs")
    }

    /// Enters a job; from here on it will end.
    pub(super) fn enter(&self, kind: JobKind) -> (JobId, Arc<Watch>) {
        let watch = Arc::new(Watch::default());
        let mut book = self.book();
        book.last += 1;
        let job = JobId { kind, number: book.last };
        book.open.insert(job, Arc::clone(&watch));
        (job, watch)
    }

    /// How to follow a job and to stop it; `None` once it has ended.
    pub(super) fn watch(&self, job: JobId) -> Option<Arc<Watch>> {
        self.book().open.get(&job).map(Arc::clone)
    }

    /// The jobs that have not ended.
    pub(super) fn open(&self) -> Vec<JobId> {
        self.book().open.keys().copied().collect()
    }

    /// Waits for room.
    pub(super) fn say(&self, event: Event) {
        let _ = self.events.send(event);
        (self.wake)();
    }

    /// Dropped if there is no room: a later one says more.
    pub(super) fn hint(&self, event: Event) {
        let _ = self.events.try_send(event);
        (self.wake)();
    }

    /// Ends a job; nothing happens where it has ended already.
    pub(super) fn end(&self, job: JobId, end: End) {
        if self.book().open.remove(&job).is_some() {
            self.say(Event::Ended(job, end));
        }
    }

    /// Does a job and ends it. A panic ends that job alone: the answer tells whether there was one, since what
    /// it worked with may be half changed.
    pub(super) fn perform(&self, job: JobId, work: impl FnOnce() -> Result<End, JobError>) -> Performed {
        match catch_unwind(AssertUnwindSafe(work)) {
            Ok(end) => {
                self.end(job, end.unwrap_or_else(End::Failed));
                Performed::Whole
            }
            Err(panic) => {
                let message = words(&*panic);
                self.end(job, End::Failed(JobError::Panicked { kind: job.kind, message }));
                Performed::Panicked
            }
        }
    }
}

/// How a job's code came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Performed {
    /// By returning.
    Whole,
    /// By a panic.
    Panicked,
}

/// A panic's own words, one line of them.
fn words(panic: &(dyn Any + Send)) -> String {
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.and_then(|t| t.lines().next()).unwrap_or("without a word").to_owned()
}

/// Held by a thread for as long as it takes jobs: when the thread ends, by whatever way, the jobs of its kinds
/// that are still open end with it.
pub(super) struct Duty {
    outbox: Outbox,
    kinds: &'static [JobKind],
}

impl Duty {
    pub(super) fn new(outbox: &Outbox, kinds: &'static [JobKind]) -> Duty {
        Duty { outbox: outbox.clone(), kinds }
    }
}

impl Drop for Duty {
    fn drop(&mut self) {
        for job in self.outbox.open() {
            if self.kinds.contains(&job.kind) {
                self.outbox.end(job, End::Failed(JobError::Gone));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossbeam_channel::{Receiver, unbounded};

    fn outbox() -> (Outbox, Receiver<Event>) {
        let (sender, receiver) = unbounded();
        (Outbox::new(sender, Arc::new(|| ())), receiver)
    }

    #[test]
    fn a_job_ends_once_and_a_panic_is_an_end() {
        let (outbox, events) = outbox();
        let (job, _) = outbox.enter(JobKind::Sampling);
        assert_eq!(outbox.perform(job, || panic!("index 4 of 3")), Performed::Panicked);
        outbox.end(job, End::Stopped(None));
        let ends: Vec<Event> = events.try_iter().collect();
        let [Event::Ended(ended, End::Failed(error))] = &ends[..] else { panic!("{ends:?}") };
        assert_eq!(*ended, job);
        assert!(
            error.to_string().contains("the sampling broke off") && error.to_string().contains("index 4")
        );
        assert!(outbox.watch(job).is_none());
    }

    #[test]
    fn a_thread_that_goes_takes_its_own_jobs_along() {
        let (outbox, events) = outbox();
        let (lost, _) = outbox.enter(JobKind::Search);
        let (other, _) = outbox.enter(JobKind::Training);
        let duty = Duty::new(&outbox, &[JobKind::Search]);
        let thread = std::thread::spawn(move || {
            let _duty = duty;
            panic!("outside every job");
        });
        assert!(thread.join().is_err());
        let ends: Vec<Event> = events.try_iter().collect();
        assert!(
            matches!(&ends[..], [Event::Ended(job, End::Failed(JobError::Gone))] if *job == lost),
            "{ends:?}"
        );
        assert!(outbox.watch(other).is_some());
    }
}
