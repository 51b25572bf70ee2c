//! What a worker's numbers mean: a design's metrics, or why it has none.

use super::complaints::Words;
use super::deck::Decks;
use super::protocol::{Reply, last_of, said_of};
use super::taken::Taken;
use super::verdict::{MeasuredBy, Simulated};
use super::{Failure, Outcome};
use crate::circuit::{Circuit, Performance, Reading, Scale, Sizing, Wanted, format_quantity};
use std::sync::Arc;

/// What a reply means. A metric that was not taken is NaN.
pub(super) fn judge(
    circuit: &Circuit,
    decks: &Decks,
    taken: &Taken,
    sizing: &Sizing,
    reply: Reply,
    by: &Arc<MeasuredBy>,
) -> Outcome {
    let parameters = circuit.deck_parameters.len();
    let words_of = |testbench: usize, said: &[String]| {
        let deck = decks.all().get(testbench).or(decks.all().first())?;
        Some(Words::new(deck, parameters, said_of(testbench, said)))
    };
    let because = |said: &[String]| {
        let Some(words) = words_of(last_of(said), said) else {
            // of a command
            return said.first().cloned().unwrap_or_else(|| "the command does not say why".to_owned());
        };
        let cause = words.cause();
        cause.unwrap_or_else(|| "ngspice does not say why".to_owned())
    };
    let (readings, said) = match reply {
        Reply::Measured(values, said) => (values, said),
        Reply::Aborted(said) if words_of(last_of(&said), &said).is_some_and(|w| w.command_is_wrong()) => {
            return Err(Failure::Invalid(because(&said)));
        }
        Reply::Aborted(said) => return Err(Failure::NotConverged(because(&said))),
        Reply::Refused(said) => {
            return Err(Failure::Invalid(format!("ngspice gave up on the deck: {}", because(&said))));
        }
        Reply::Invalid(reason) => return Err(Failure::Invalid(reason)),
        Reply::Quit(_) => return Err(Failure::Crashed("the deck asked it to quit".to_owned())),
        Reply::Ready(_) | Reply::NotInstalled(_) | Reply::Seen(_) => {
            return Err(Failure::Crashed("the worker answered out of turn".to_owned()));
        }
    };
    let expected = circuit.readings.len();
    if readings.len() != expected {
        return Err(Failure::Crashed(format!("{} values for {expected} readings", readings.len())));
    }
    let values = values(circuit, sizing, &readings);
    let (metrics, validity) = values.split_at(circuit.metrics.len());
    // first: a latched circuit often lacks a crossing too, and "latched" says more
    for (condition, value) in circuit.validity.iter().zip(validity) {
        if value.is_some_and(|v| v.is_finite() && v <= condition.above) {
            return Err(Failure::Invalid(condition.otherwise.clone()));
        }
    }
    let missing = |source: usize, name: &str| {
        let gap = circuit.sources[source].readings().find(|&place| readings[place].is_none());
        let reason = match gap.map(|place| &circuit.readings[place]) {
            None => "it cannot be worked out from the others".to_owned(),
            Some(Reading { testbench, wanted: Wanted::Vector(vector) }) => {
                let of_command = || {
                    let own = format!("{vector}: ");
                    let why = said.iter().find_map(|text| text.strip_prefix(&own));
                    why.map_or_else(|| because(&said), str::to_owned)
                };
                words_of(*testbench, &said).map_or_else(of_command, |words| words.missing(vector))
            }
            Some(Reading { testbench, wanted: Wanted::Measured(measurement) }) => {
                let own = format!("{}: ", measurement.text());
                let own_words = said_of(*testbench, &said);
                let why = own_words.iter().find_map(|text| text.strip_prefix(&own));
                why.map_or_else(|| because(&said), |why| own + why)
            }
        };
        Failure::Missing { name: name.to_owned(), reason, measured: metrics.to_vec() }
    };
    let not_finite = |name: &str, v: f64| Failure::Invalid(format!("{name} = {v} is not a finite number"));
    for (metric, value) in circuit.metrics.iter().zip(metrics) {
        let Some(value) = *value else { continue };
        if !value.is_finite() {
            return Err(not_finite(&metric.name, value));
        }
        if metric.scale == Scale::Log && value <= 0.0 {
            let shown = format_quantity(value, metric.unit, 4);
            return Err(Failure::Invalid(format!("{} = {shown} is not greater than 0", metric.name)));
        }
    }
    let mut performance = Vec::with_capacity(metrics.len());
    for (i, (metric, value)) in circuit.metrics.iter().zip(metrics).enumerate() {
        performance.push(match value {
            Some(value) => *value,
            None if taken.takes(i) => return Err(missing(i, &metric.name)),
            None => f64::NAN,
        });
    }
    for (i, (condition, value)) in circuit.validity.iter().zip(validity).enumerate() {
        let value = value.ok_or_else(|| missing(metrics.len() + i, &condition.vector))?;
        if !value.is_finite() {
            return Err(not_finite(&condition.vector, value));
        }
    }
    Ok(Simulated::new(Performance(performance), Arc::clone(by)))
}

/// The values of metrics and validity conditions, each from readings, parameters and metrics before it.
fn values(circuit: &Circuit, sizing: &Sizing, readings: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut values: Vec<Option<f64>> = Vec::with_capacity(circuit.sources.len());
    for source in &circuit.sources {
        let value = source.value(readings, &mut |name| {
            let parameter = circuit.parameters.iter().position(|p| p.name.eq_ignore_ascii_case(name));
            if let Some(place) = parameter {
                return sizing.0.get(place).copied();
            }
            let metric = circuit.metrics.iter().position(|m| m.name.eq_ignore_ascii_case(name))?;
            values.get(metric).copied().flatten()
        });
        values.push(value);
    }
    values
}
