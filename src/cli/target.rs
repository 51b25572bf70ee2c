//! What subcommands that size have in common: the circuit, what is asked of it, and where sizings shall lie.

use super::region::RegionArguments;
use super::{CliError, trust};
use crate::circuit::{Circuit, Region, Scale, Specification, format_quantity};
use clap::Args;

#[derive(Args)]
pub(super) struct TargetArguments {
    /// A bundled circuit or the path of a circuit's folder
    pub circuit: String,
    /// A target such as `power<=27nW`; may be repeated. Without one, the circuit's first named
    /// specification
    #[arg(long, value_name = "METRIC<=VALUE")]
    spec: Vec<String>,
    #[command(flatten)]
    region: RegionArguments,
}

impl TargetArguments {
    /// Opens the circuit and reads the rest.
    ///
    /// # Errors
    /// [`CliError::Usage`] names what is wrong and what would do.
    pub(super) fn open(&self) -> Result<(Circuit, Specification, Region), CliError> {
        self.open_for(&self.spec)
    }

    /// As [`Self::open`], for the bounds that these texts are.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub(super) fn open_for(&self, bounds: &[String]) -> Result<(Circuit, Specification, Region), CliError> {
        let circuit = trust::open(&self.circuit)?;
        let specification = target(&circuit, bounds)?;
        let region = self.region.open(&circuit)?;
        Ok((circuit, specification, region))
    }
}

/// The target: as given, else the circuit's first named one, which is said. So is a bound so far from all legal
/// designs that its unit may have been left out.
pub(super) fn target(circuit: &Circuit, texts: &[String]) -> Result<Specification, CliError> {
    if let ([], Some(first)) = (texts, circuit.specifications.first()) {
        let bounds = first.specification.describe(circuit);
        eprintln!("no --spec given: the target is {}'s \"{}\", {bounds}", circuit.name, first.name);
        return Ok(first.specification.clone());
    }
    let specification = Specification::parse(circuit, texts).map_err(CliError::usage)?;
    for bound in &specification.bounds {
        let metric = &circuit.metrics[bound.metric];
        let (low, high) = metric.legal;
        // by two decades and more: rather a unit that was left out than a loose target
        if metric.scale == Scale::Log && !(low / 100.0..=high * 100.0).contains(&bound.value) {
            let show = |v: f64| format_quantity(v, metric.unit, 4);
            eprintln!(
                "note: {} {} {} lies outside the legal {} … {}: is its unit right, as in {}{}{}?",
                metric.name,
                bound.sense.symbol(),
                show(bound.value),
                show(low),
                show(high),
                metric.name,
                bound.sense.symbol(),
                show(high).replace(' ', "").replace('µ', "u")
            );
        }
    }
    Ok(specification)
}
