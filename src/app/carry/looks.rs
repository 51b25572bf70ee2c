//! Looking into designs: curves and operating points of those that are looked at.

use crate::app::core::App;
use crate::app::ids::PaneId;
use crate::app::state::{LAID_UNDER, NgspiceState};
use crate::circuit::Sizing;
use crate::engine::{InspectJob, Inspection, JobId};
use std::sync::Arc;

impl App {
    /// Asks for what is looked at and not known yet, one design after the other: the selected one as it is turned, as it
    /// was, and the kept ones.
    pub(in crate::app) fn follow_looks(&mut self) {
        let seen =
            [PaneId::CURVES, PaneId::DEVICES, PaneId::SCHEMATIC].iter().any(|pane| self.layout.shows(pane));
        let found = matches!(self.environment.ngspice, NgspiceState::Found(_));
        let Some(bench) = self.bench.as_mut().filter(|bench| seen && found && !bench.word.is_missing())
        else {
            return;
        };
        if bench.looks.waits() {
            return;
        }
        let circuit = Arc::clone(&bench.open.circuit);
        let turned = bench.tuning().filter(|t| t.is_turned()).map(|t| t.sizing.clone());
        let selected = bench.selected_design().map(|c| c.sizing.clone());
        let kept = bench.kept.designs.iter().take(LAID_UNDER).filter_map(|kept| kept.sizing(&circuit).ok());
        let mut wanted = turned.into_iter().chain(selected).chain(kept);
        let Some(sizing): Option<Sizing> = wanted.find(|sizing| bench.looks.of(sizing).is_none()) else {
            return;
        };
        let pool = self.config.simulator.clone();
        let job = self.engine.inspect(InspectJob { circuit, sizing: sizing.clone(), corner: None, pool });
        bench.looks.ask(job, &sizing);
    }

    /// Takes what came of a look; whether it was one of the open circuit.
    pub(in crate::app) fn looked(
        &mut self,
        job: JobId,
        came: Option<Result<Arc<Inspection>, String>>,
    ) -> bool {
        self.bench.as_mut().is_some_and(|bench| bench.looks.hear(job, came))
    }
}
