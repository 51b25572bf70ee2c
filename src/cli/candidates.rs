//! Sizings with all that is known of them, for people and for machines. A verdict is SPICE's or there is
//! none: what a model predicts is never called feasible.

use super::drawing::DrawTask;
use super::jobs::{Jobs, Measurements};
use super::progress::ProgressLine;
use super::{CliError, output, region};
use crate::circuit::{Circuit, Metric, Parameter, Scale, Score, Specification, column, format_quantity};
use crate::engine::{Candidate, SampleSet, SimulatorConfig};
use crate::export::{measured_in_json, specification_in_json, with_verdict};
use serde_json::{Value, json};

/// Measures the first `most` of `candidates` in ngspice and notes what it says. Without a simulator the
/// candidates stay as they are and the reason comes back.
pub(super) fn measure(
    jobs: &Jobs,
    drawing: &DrawTask,
    candidates: &mut [Candidate],
    most: usize,
) -> Result<Measurements, CliError> {
    let sizings: Vec<_> = candidates.iter().take(most).map(|c| c.sizing.clone()).collect();
    let mut bar = ProgressLine::new("designs simulated", sizings.len() as u64);
    let measured =
        jobs.simulate(&drawing.circuit, sizings, SimulatorConfig::default().altering(), &mut |done| {
            bar.set(done as u64, "");
        });
    bar.finish();
    let measured = measured?;
    for (candidate, outcome) in candidates.iter_mut().zip(&measured.outcomes) {
        candidate.simulated = outcome.clone();
    }
    Ok(measured)
}

/// How many are feasible in ngspice.
pub(super) fn feasible(specification: &Specification, candidates: &[Candidate]) -> usize {
    candidates.iter().filter(|c| c.feasible(specification) == Some(true)).count()
}

/// A table of the first `most`, with who says so.
pub(super) fn table(drawing: &DrawTask, candidates: &[Candidate], most: usize) -> String {
    let circuit = &*drawing.circuit;
    // two blanks between the longest that stand there
    let wide = |m: &Metric| {
        // `4.789e-11 m2`: where there are no prefixes, decades are written out
        let decades = m.scale == Scale::Log && !m.unit.takes_prefix();
        let value = if decades { 10 + m.unit.symbol().chars().count() } else { 10 };
        m.name.chars().count().max(value) + 2
    };
    let metrics: String = circuit.metrics.iter().map(|m| format!("{:>1$}", m.name, wide(m))).collect();
    let mut text = format!("{:>4}  {:<26}{metrics}{:>12}\n", "", "", "margin");
    for (i, candidate) in candidates.iter().take(most).enumerate() {
        let (verdict, performance) = match (&candidate.simulated, &candidate.predicted) {
            (Some(Ok(simulated)), _) => {
                let met = drawing.specification.met_by(simulated.performance());
                let verdict = if met { "SPICE: meets every bound" } else { "SPICE: misses a bound" };
                (verdict.to_owned(), Some(simulated.performance()))
            }
            (Some(Err(failure)), _) => (format!("SPICE: {failure}"), None),
            (None, Some(predicted)) => ("predicted, unverified".to_owned(), Some(&predicted.performance)),
            (None, None) => ("unverified".to_owned(), None),
        };
        let values = performance.map(|p| {
            let one =
                |(m, &v): (&Metric, &f64)| format!("  {:>1$}", format_quantity(v, m.unit, 4), wide(m) - 2);
            let values: String = circuit.metrics.iter().zip(&p.0).map(one).collect();
            let margin = Score::of(circuit, &drawing.specification, p).margin;
            format!("{values}{margin:>+8.3} dec")
        });
        text += &format!("{:>4}  {verdict:<26}{}\n", i + 1, values.unwrap_or_default());
    }
    if candidates.len() > most {
        text += &format!("      and {} more\n", candidates.len() - most);
    }
    text
}

/// `VDD = 500 mV, W1 = 2 µm, …`.
pub(super) fn parameters(circuit: &Circuit, candidate: &Candidate) -> String {
    let one = |(p, &v): (&Parameter, &f64)| format!("{} = {}", p.name, format_quantity(v, p.unit, 6));
    circuit.parameters.iter().zip(&candidate.sizing.0).map(one).collect::<Vec<_>>().join(", ")
}

/// The result that `sample` and `size` write.
pub(super) fn in_json(
    drawing: &DrawTask,
    set: &SampleSet,
    candidates: &[Candidate],
    measured: Option<&Measurements>,
    seed: u64,
) -> Value {
    let circuit = &*drawing.circuit;
    let specs = specification_in_json(circuit, &drawing.specification);
    let sizings: Vec<Value> =
        candidates.iter().map(|c| sizing_in_json(circuit, &drawing.specification, c)).collect();
    json!({
        "circuit": circuit.name, "system": drawing.model.recipe.system().name(),
        "model": drawing.path.display().to_string(), "backend": output::backend(&set.device),
        "device": set.device, "seed": seed, "specs": specs,
        "aided": drawing.settings.aimed,
        "ranges": region::in_json(circuit, &set.region), "drawn": set.drawn, "sizings": sizings,
        "feasible": feasible(&drawing.specification, candidates), "judged_over": circuit.judged_over(),
        "simulations": measured.map_or(0, |m| m.simulations),
        "sampling_s": set.seconds, "simulation_s": measured.map_or(0.0, |m| m.seconds),
    })
}

/// A candidate as an entry of `sizings` of a result.
pub(super) fn sizing_in_json(
    circuit: &Circuit,
    specification: &Specification,
    candidate: &Candidate,
) -> Value {
    let error = candidate.simulated.as_ref().and_then(|s| s.as_ref().err()).map(ToString::to_string);
    let entry = measured_in_json(circuit, &candidate.sizing, candidate.measured(), error);
    let predicted = candidate.predicted.as_ref().map(|p| &p.performance);
    let mut entry = with_verdict(entry, circuit, predicted, candidate.feasible(specification));
    entry.insert("origin".to_owned(), json!(candidate.origin.name()));
    Value::Object(entry)
}

/// A row a sizing: parameters, then what SPICE measured, empty where it did not.
pub(super) fn in_csv(circuit: &Circuit, candidates: &[Candidate]) -> String {
    let parameters = circuit.parameters.iter().map(|p| column(&p.name, p.unit));
    let metrics = circuit.metrics.iter().map(|m| column(&m.name, m.unit));
    let mut lines = vec![parameters.chain(metrics).collect::<Vec<_>>()];
    for c in candidates {
        let measured = c.measured().map(|p| &p.0);
        let values = c.sizing.0.iter().map(|v| format!("{v:e}"));
        let performance =
            (0..circuit.metrics.len()).map(|m| measured.map(|p| format!("{:e}", p[m])).unwrap_or_default());
        lines.push(values.chain(performance).collect());
    }
    lines.iter().map(|cells| cells.join(",") + "\n").collect()
}

/// Why some or all sizings are not verified, if so: the reason of a missing simulator, Ctrl-C, or
/// ngspice failing on every one.
pub(super) fn verified(
    jobs: &Jobs,
    measured: Result<&Measurements, &CliError>,
    candidates: &[Candidate],
) -> Result<(), CliError> {
    match measured {
        Err(e) => Err(CliError::failed(format!("the sizings are delivered unverified: {e}"))),
        Ok(_) if jobs.stopped() => {
            Err(CliError::failed("stopped before all designs were simulated; the others are unverified"))
        }
        Ok(m) if m.simulations > 0 && candidates.iter().all(|c| c.measured().is_none()) => {
            let first = candidates.iter().find_map(|c| c.simulated.as_ref()?.as_ref().err());
            let reason = first.map(ToString::to_string).unwrap_or_default();
            Err(CliError::failed(format!("no design was measured; the first: {reason}")))
        }
        Ok(_) => Ok(()),
    }
}
