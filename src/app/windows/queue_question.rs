//! The question whether a job is to wait for its like.

use crate::app::scene::Scene;
use crate::app::wish::Wish;
use egui::{Context, Id, Key, Modal, Modifiers};

/// Asks whether a job is to wait for its like, where one was asked for.
pub fn queue_question(ctx: &Context, scene: &mut Scene<'_>) {
    let Some((bench, job)) = scene.bench.and_then(|bench| Some((bench, bench.queue.asked.as_ref()?))) else {
        return;
    };
    let (mut yes, mut no) = (false, false);
    let enter = ctx.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Enter));
    let shown = Modal::new(Id::unique("queue question")).show(ctx, |ui| {
        ui.set_width(340.0);
        ui.heading(format!("A {} is under way", job.kind()));
        ui.label(format!("{}: begin when it has ended?", job.words()));
        ui.add_space(6.0);
        ui.horizontal(|ui| {
            yes = ui.button("Queue").clicked() || enter;
            no = ui.button("Not now").clicked();
        });
    });
    if yes || !bench.is_busy(job) {
        scene.wish(Wish::AnswerQueue(true));
    } else if no || shown.should_close() {
        scene.wish(Wish::AnswerQueue(false));
    }
}
