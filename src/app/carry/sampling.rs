//! Wishes for designs: a draft follows whatever is turned, the delivery comes once it is let go.

use crate::app::core::App;
use crate::app::state::{DRAFT, Due, SamplingUnderWay};
use crate::engine::{Ranking, SampleJob};
use egui::Context;
use std::sync::Arc;
use std::time::Instant;

/// A draft that takes longer, in seconds, is cancelled for a newer request rather than waited for.
const PATIENCE: f64 = 0.7;

impl App {
    /// Asks for designs. One request is under way at most; of wishes meanwhile the newest is sent after it.
    pub(in crate::app) fn sample(&mut self) {
        let form = &self.forms.sample;
        let first = Due::first(form.count.saturating_mul(form.drawn_for_each()));
        if let Some(bench) = &mut self.bench {
            bench.due = first;
            if let Some(under_way) = &bench.sampling
                && (!under_way.draft || under_way.since.elapsed().as_secs_f64() > PATIENCE)
            {
                self.engine.cancel(under_way.job);
            }
        }
        self.send_due();
    }

    /// Sends what is due, if nothing is under way.
    fn send_due(&mut self) {
        let Some(bench) = self.bench.as_mut().filter(|bench| bench.sampling.is_none()) else {
            return;
        };
        let Some(hand) = &bench.model else {
            bench.due = Due::Nothing;
            return;
        };
        let form = &self.forms.sample;
        let of = form.drawn_for_each();
        let (draft, count, ranking, of) = match bench.due {
            Due::Nothing => return,
            Due::Draft => (true, DRAFT.min(form.count), Ranking::Draft, 1),
            Due::Delivery if form.ranked => (false, form.count, Ranking::Oversample(of), of),
            Due::Delivery => (false, form.count, Ranking::Raw, of),
        };
        let job = self.engine.sample(SampleJob {
            circuit: Arc::clone(&bench.open.circuit),
            model: Arc::clone(&hand.model),
            specification: bench.targets.clone(),
            region: bench.region.clone(),
            settings: form.drawing(),
            count,
            ranking,
            as_drawn: false,
            seed: form.seed,
            device: self.forms.train.device,
        });
        let (since, seed, model) = (Instant::now(), form.seed, hand.name.clone());
        bench.sampling =
            Some(SamplingUnderWay { job, since, part: 0.0, seed, model, of, draft, cancelled: false });
        bench.due = if draft { Due::Delivery } else { Due::Nothing };
    }

    pub(super) fn cancel_sampling(&mut self) {
        if let Some(bench) = &mut self.bench {
            bench.due = Due::Nothing;
            if let Some(sampling) = &mut bench.sampling {
                sampling.cancelled = true;
                self.engine.cancel(sampling.job);
            }
            bench.drop_draft();
        }
    }

    /// Targets or ranges that changed wake the sampler, where it is live. While something is dragged drafts follow it;
    /// the delivery waits until it is let go.
    pub(in crate::app) fn follow_targets(&mut self, ctx: &Context) {
        let Some(bench) = &mut self.bench else {
            return;
        };
        bench.count_rows();
        if (&bench.targets, &bench.region) != (&bench.asked.0, &bench.asked.1) {
            bench.asked = (bench.targets.clone(), bench.region.clone());
            if self.forms.sample.live && bench.model.is_some() {
                self.sample();
            }
        }
        let dragged = ctx.input(|i| i.pointer.any_down());
        if self.bench.as_ref().is_some_and(|bench| !(dragged && bench.due == Due::Delivery)) {
            self.send_due();
        }
    }
}
