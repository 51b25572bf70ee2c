//! What is known of the targets, asked in the background whenever they have settled.

use crate::app::core::App;
use crate::app::state::OutlookOf;
use crate::circuit::Circuit;
use crate::engine::Outlook;
use egui::Context;
use std::sync::Arc;

impl App {
    /// Asks for what is known of the targets as they are set now, once nothing else of them is under way.
    pub(in crate::app) fn follow_outlook(&mut self, ctx: &Context) {
        let Some(bench) = &mut self.bench else {
            return;
        };
        let settled = bench.sampling.is_none() && !bench.simulating() && !ctx.input(|i| i.pointer.any_down());
        let Some(hand) = bench.model.as_ref().filter(|_| settled && bench.reaching.asked.is_none()) else {
            return;
        };
        if bench.targets.bounds.is_empty() || bench.rows() == 0 {
            return;
        }
        let measured = bench.candidates().iter().filter(|c| c.measured().is_some()).count();
        let of = OutlookOf {
            targets: bench.targets.clone(),
            region: bench.region.clone(),
            model: Arc::clone(&hand.model),
            measured,
        };
        if bench.reaching.known.as_ref().is_some_and(|(known, _)| known.is(&of)) {
            return;
        }
        let draws = bench.candidates().to_vec();
        let (circuit, rows) = (Arc::clone(&bench.open.circuit), Arc::clone(&bench.open.rows));
        bench.reaching.asked = Some(of.clone());
        self.background.look_ahead(circuit, rows, draws, of);
    }

    /// Takes what is known of the targets, unless another circuit was opened meanwhile.
    pub(in crate::app) fn outlook_arrived(
        &mut self,
        circuit: &Arc<Circuit>,
        outlook: Result<Option<Outlook>, String>,
    ) {
        let bench = self.bench.as_mut().filter(|bench| Arc::ptr_eq(&bench.open.circuit, circuit));
        let Some(bench) = bench else {
            return;
        };
        let Some(of) = bench.reaching.asked.take() else {
            return;
        };
        match outlook {
            Ok(outlook) => bench.reaching.known = Some((of, outlook.unwrap_or_default())),
            Err(why) => {
                // asked once: it would fail again
                bench.reaching.known = Some((of, Outlook::default()));
                self.environment.messages.record(format!("How far targets reach is not known: {why}"));
            }
        }
    }
}
