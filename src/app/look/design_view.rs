//! What every view of the designs shows.

use super::colouring::Colouring;
use super::mark::{Mark, shown};
use crate::app::state::{Bench, Filter, LookForm, OpenCircuit, Tuning};
use crate::app::theme::{Palette, palette};
use crate::circuit::{Performance, Region, Specification, format_quantity};
use crate::engine::Candidate;
use egui::{Color32, Ui};

/// More training rows than this would not be told apart.
pub const CLOUD: usize = 1500;
/// How near a click must be to a mark, in points.
pub const REACH: f32 = 9.0;

/// What every view of the designs shows.
pub struct DesignView<'a> {
    /// The circuit and its rows.
    pub open: &'a OpenCircuit,
    /// The designs.
    pub candidates: &'a [Candidate],
    /// What the designs are judged against.
    pub targets: &'a Specification,
    /// Where designs are drawn.
    pub region: &'a Region,
    /// Whether the training rows are laid under.
    pub cloud: bool,
    /// Whether the axes span the designs and the targets rather than all rows.
    pub near: bool,
    /// The selected design.
    pub selected: Option<usize>,
    /// The one under the pointer, here or elsewhere.
    pub hovered: Option<usize>,
    /// What the selected design performs as it is turned.
    pub turned: Option<&'a Performance>,
    /// The designs of earlier runs that are laid under these.
    pub overlaid: Vec<&'a Candidate>,
    /// What designs stand out by.
    pub filter: &'a Filter,
    /// What designs are coloured by in place of their verdict.
    pub colouring: Option<Colouring>,
    /// The theme's colours.
    pub palette: Palette,
}

impl<'a> DesignView<'a> {
    /// What is seen of a bench; `hovered` is the design under the pointer.
    pub fn of(bench: &'a Bench, look: &LookForm, hovered: Option<usize>, ui: &Ui) -> DesignView<'a> {
        DesignView {
            open: &bench.open,
            candidates: bench.candidates(),
            targets: &bench.targets,
            region: &bench.region,
            cloud: look.cloud,
            near: look.near,
            selected: bench.selected,
            hovered,
            turned: bench.tuning().and_then(Tuning::performance),
            overlaid: bench.runs.overlaid().collect(),
            filter: &bench.filter,
            colouring: Colouring::of(bench, look.colour),
            palette: palette(ui.visuals()),
        }
    }

    /// What must be in sight on a metric's own scale: rows, target, designs.
    pub fn extent(&self, m: usize) -> (f64, f64) {
        let metric = &self.open.circuit.metrics[m];
        let (low, high) = self.open.range(m);
        let designs =
            self.candidates.iter().chain(self.overlaid.iter().copied()).filter_map(shown).map(|p| p.0[m]);
        let target = self.targets.bound_on(m).map(|b| b.value);
        let turned = self.turned.map(|p| p.0[m]);
        let values = designs.chain(target).chain(turned).map(|v| metric.scaled(v)).filter(|v| v.is_finite());
        let rows = (metric.scaled(low), metric.scaled(high));
        let near = !self.candidates.is_empty() && (self.near || !self.cloud);
        let (low, high) = if near { (f64::INFINITY, f64::NEG_INFINITY) } else { rows };
        let (low, high) = values.fold((low, high), |(low, high), v| (low.min(v), high.max(v)));
        let margin = if near { 0.15 * (high - low) } else { 0.0 };
        if low < high { (low - margin, high + margin) } else { rows }
    }

    /// Whether a design stands out.
    pub fn stands_out(&self, design: usize) -> bool {
        self.candidates.get(design).is_some_and(|c| self.filter.lets(&self.open.circuit, c))
    }

    /// The colour of a design.
    pub fn colour(&self, design: usize) -> Color32 {
        let candidate = &self.candidates[design];
        let by = |colouring: Colouring| colouring.colour(&self.open.circuit, self.targets, candidate);
        let own = || Mark::of(candidate, self.targets).colour(&self.palette);
        self.colouring.map_or_else(own, |colouring| by(colouring).unwrap_or(self.palette.failed))
    }

    /// A design's verdict and its values of some metrics.
    pub fn tip(&self, design: usize, of: &[usize]) -> String {
        let candidate = &self.candidates[design];
        let mark = Mark::of(candidate, self.targets);
        let metrics = &self.open.circuit.metrics;
        let who = if candidate.measured().is_some() { "simulated" } else { "predicted" };
        let mut text = format!("Design {}: {}", design + 1, mark.words());
        for &m in of {
            if let Some(p) = shown(candidate) {
                let value = format_quantity(p.0[m], metrics[m].unit, 4);
                text += &format!("\n{}: {value} ({who})", metrics[m].title);
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::Circuit;
    use crate::engine::Simulated;

    #[test]
    fn close_up_the_axes_span_designs_and_targets_only() {
        let circuit = Circuit::open("ota1").expect("bundled");
        let loaded = crate::dataset::read(&circuit, &circuit.folder.join("samples.csv")).expect("bundled");
        let targets = circuit.specifications[0].specification.clone();
        let row = loaded.dataset.rows[0].clone();
        let candidate = Candidate {
            simulated: Some(Ok(Simulated::for_tests(row.performance.clone()))),
            ..Candidate::new(row.sizing.clone())
        };
        let open = OpenCircuit::new(circuit, Some(loaded));
        let (region, filter) = (Region::default(), Filter::default());
        let scene = |near, candidates| DesignView {
            open: &open,
            candidates,
            targets: &targets,
            region: &region,
            cloud: true,
            near,
            selected: None,
            hovered: None,
            turned: None,
            overlaid: Vec::new(),
            filter: &filter,
            colouring: None,
            palette: palette(&egui::Visuals::dark()),
        };
        let one = std::slice::from_ref(&candidate);
        for (m, metric) in open.circuit.metrics.iter().enumerate() {
            let far = scene(false, one).extent(m);
            let near = scene(true, one).extent(m);
            let here = metric.scaled(row.performance.0[m]);
            let target = metric.scaled(targets.bound_on(m).expect("all are bounded").value);
            for (low, high) in [far, near] {
                assert!((low..=high).contains(&here) && (low..=high).contains(&target), "{}", metric.name);
            }
            assert!(near.1 - near.0 < far.1 - far.0, "{}: {near:?} in {far:?}", metric.name);
            // without designs there is nothing to come close to
            assert_eq!(scene(true, &[]).extent(m), scene(false, &[]).extent(m));
        }
    }
}
