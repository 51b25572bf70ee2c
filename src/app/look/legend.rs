//! What is said above the views: the verdicts, the marks that there are to tell apart, what could be done.

use super::mark::{Mark, earlier, shown};
use crate::app::state::Bench;
use crate::app::theme::palette;
use crate::circuit::{Bound, counted};
use egui::{Label, RichText, Sense, Ui, vec2};

/// What the marks mean and what the verdicts are.
pub fn legend(ui: &mut Ui, bench: &Bench) {
    let targets = &bench.targets;
    let stale = bench.designs.as_ref().is_some_and(|d| d.specification != *targets);
    ui.strong(bench.tally().verdict());
    let here: Vec<Mark> = bench.candidates().iter().map(|c| Mark::of(c, targets)).collect();
    // only what there is to tell apart
    let room = ui.available_width() > 130.0;
    for mark in Mark::ALL.into_iter().filter(|m| room && here.contains(m)) {
        mark.legend(ui);
    }
    let earlier_ones = bench.runs.overlaid().count();
    if earlier_ones > 0 && room {
        let colour = palette(ui.visuals()).earlier;
        let (rect, _) = ui.allocate_exact_size(vec2(10.0, 12.0), Sense::hover());
        earlier(ui.painter(), rect.center(), colour);
        ui.small(format!("{} of earlier runs", counted(earlier_ones, "design")));
    }
    let circuit = &bench.open.circuit;
    let outside = bench.candidates().iter().any(|c| !bench.region.contains(circuit, &c.sizing));
    if (stale || outside) && bench.sampling.is_none() {
        let colour = palette(ui.visuals()).warning;
        let what = if stale { "targets" } else { "ranges" };
        ui.colored_label(colour, format!("Drawn for other {what}: sample again"));
    } else if let Some(advice) = advice(bench) {
        ui.add(Label::new(RichText::new(&advice).weak()).truncate()).on_hover_text(advice);
    }
}

/// Where there are no designs: what to do to have some.
pub fn say_what_is_missing(ui: &mut Ui, bench: &Bench) {
    let (title, next) = if bench.sampling.is_some() {
        ("Designs are being drawn.", "These are the rows that the model has learnt from.")
    } else if bench.model.is_none() && bench.rows() == 0 {
        let next = "Make rows to train on (Run → Make rows…), or search without a model (Ctrl+F).";
        ("No rows and no designs yet.", next)
    } else if bench.model.is_none() {
        ("No designs yet.", "Train a model or load one (2), set the targets (3), then press Sample (4).")
    } else {
        ("No designs yet.", "Press Sample on the left (4), or Ctrl+R.")
    };
    ui.strong(title);
    ui.weak(next);
}

/// Where no design meets the targets: which of them most designs miss, and what can be done.
fn advice(bench: &Bench) -> Option<String> {
    let targets = &bench.targets;
    let judged: Vec<_> = bench.candidates().iter().filter_map(shown).collect();
    if judged.is_empty() || judged.iter().any(|p| targets.met_by(p)) {
        return None;
    }
    let missed = |b: &&Bound| judged.iter().filter(|p| !b.sense.met(p.0[b.metric], b.value)).count();
    let worst = targets.bounds.iter().max_by_key(missed)?;
    let (count, name) = (missed(&worst), &bench.open.circuit.metrics[worst.metric].name);
    let all = if count == judged.len() { "All".to_owned() } else { format!("{count} of {}", judged.len()) };
    Some(format!("{all} miss {name}: loosen it, or search (Ctrl+F)"))
}
