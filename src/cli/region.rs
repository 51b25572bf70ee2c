//! `--fix` and `--range`: where sizings are drawn or searched.

use super::CliError;
use crate::circuit::{Circuit, Region};
use clap::Args;
use serde_json::{Map, Value, json};

#[derive(Args)]
pub(super) struct RegionArguments {
    /// Fix a parameter, as in `W1=2u`; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    fix: Vec<String>,
    /// Hold a parameter to a range within its own, as in `L1=0.2u..1u`; may be repeated
    #[arg(long, value_name = "NAME=LOW..HIGH")]
    range: Vec<String>,
}

impl RegionArguments {
    /// The region asked for.
    ///
    /// # Errors
    /// [`CliError::Usage`] names what is wrong and what would do.
    pub(super) fn open(&self, circuit: &Circuit) -> Result<Region, CliError> {
        Region::parse(circuit, &self.fix, &self.range).map_err(CliError::usage)
    }
}

/// `, all with W1 = 2 µm`; nothing for the whole.
pub(super) fn in_words(circuit: &Circuit, region: &Region) -> String {
    if region.is_whole() { String::new() } else { format!(", all with {}", region.describe(circuit)) }
}

/// `{"W1": [2e-6, 2e-6]}`, in SI units, both ends included.
pub(super) fn in_json(circuit: &Circuit, region: &Region) -> Value {
    let one = |p: usize| {
        let (low, high) = region.held(p)?;
        Some((circuit.parameters.get(p)?.name.clone(), json!([low, high])))
    };
    Value::Object(region.parameters().filter_map(one).collect::<Map<String, Value>>())
}
