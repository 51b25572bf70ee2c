//! `sizewright tradeoff`: what more of one metric costs in the others, near a target.

use super::drawing::open_model;
use super::jobs::Jobs;
use super::output::{check_target, print_beside, write_json};
use super::target::TargetArguments;
use super::{CliError, candidates, jobs, known};
use crate::circuit::{Bound, Circuit, Specification, format_quantity};
use crate::engine::{Candidate, Explored, SimulatorConfig, TrainedModel, harder};
use crate::export::specification_in_json;
use crate::files::{check_writable, write_atomically};
use crate::report::curves::{Curve, Panel, curves};
use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// Steps below and above the target.
const STEPS: (i32, i32) = (4, 4);

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    target: TargetArguments,
    /// The bounded metric that is walked along, in steps of 1 dB, a tenth of a decade or a fortieth of its legal range
    #[arg(long, value_name = "METRIC")]
    along: String,
    /// Have ngspice measure the designs shown
    #[arg(long)]
    simulate: bool,
    /// The trained model; the bundled one by default
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Write a picture as PNG
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
    /// Write the points as JSON, `-` for stdout
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Arguments {
    /// The circuit's name or folder.
    pub(super) fn circuit(&self) -> &str {
        &self.target.circuit
    }

    /// Whether ngspice is asked.
    pub(super) fn simulates(&self) -> bool {
        self.simulate
    }
}

/// What came of it.
struct Walk {
    circuit: Arc<Circuit>,
    specification: Specification,
    /// The place of the bound that is walked along.
    along: usize,
    values: Vec<f64>,
    /// By value, then by bound.
    lines: Vec<Vec<Option<Candidate>>>,
    seconds: f64,
}

pub(super) fn run(a: &Arguments) -> Result<(), CliError> {
    let (circuit, specification, region) = a.target.open()?;
    let circuit = Arc::new(circuit);
    check_target(a.json.as_deref())?;
    if let Some(path) = &a.picture {
        check_writable(path).map_err(CliError::usage)?;
    }
    let bounded = |bound: &Bound| circuit.metrics[bound.metric].name == a.along;
    let Some(along) = specification.bounds.iter().position(bounded) else {
        let names: Vec<&str> =
            specification.bounds.iter().map(|b| circuit.metrics[b.metric].name.as_str()).collect();
        return Err(CliError::usage(format!(
            "--along {}: name a metric that the target bounds: {}",
            a.along,
            names.join(", ")
        )));
    };
    if specification.bounds.len() < 2 {
        return Err(CliError::usage("a trade-off takes at least two bounds: add another --spec"));
    }
    let (_, model): (_, TrainedModel) = open_model(&circuit, &a.target.circuit, a.model.as_deref())?;
    let rows = known::rows(&circuit);
    let began = Instant::now();
    let values = values(&circuit, &specification.bounds[along]);
    let explored = Explored { circuit: &circuit, model: &model, region: &region, rows: &rows, draws: &[] };
    let lines = explored.tradeoff(&specification, along, &values).map_err(CliError::failed)?;
    let seconds = began.elapsed().as_secs_f64();
    let mut walk = Walk { circuit, specification, along, values, lines, seconds };
    if a.simulate {
        walk.measure(&jobs::start()?)?;
    }
    print_beside(a.json.as_deref(), &walk.in_words())?;
    if let Some(target) = &a.json {
        write_json(&walk.in_json(), target)?;
    }
    if let Some(path) = &a.picture {
        let bytes = walk.picture().map_err(CliError::failed)?;
        write_atomically(path, &bytes).map_err(CliError::usage)?;
    }
    if walk.lines.iter().flatten().all(Option::is_none) {
        return Err(CliError::failed(
            "the other bounds cannot be met at any of these values, as far as the model knows: loosen the target",
        ));
    }
    Ok(())
}

/// Values about a bound, from easier to harder.
fn values(circuit: &Circuit, bound: &Bound) -> Vec<f64> {
    (-STEPS.0..=STEPS.1).map(|i| harder(circuit, bound, f64::from(i))).collect()
}

impl Walk {
    fn measure(&mut self, jobs: &Jobs) -> Result<(), CliError> {
        let mut designs: Vec<&mut Candidate> = self.lines.iter_mut().flatten().flatten().collect();
        let sizings = designs.iter().map(|c| c.sizing.clone()).collect();
        let measured =
            jobs.simulate(&self.circuit, sizings, SimulatorConfig::default().altering(), &mut |_| ())?;
        for (design, outcome) in designs.iter_mut().zip(measured.outcomes) {
            design.simulated = outcome;
        }
        Ok(())
    }

    /// The bounds that are not walked along, by their places.
    fn others(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.specification.bounds.len()).filter(|place| *place != self.along)
    }

    fn value(design: &Candidate, metric: usize) -> Option<f64> {
        let predicted = design.predicted.as_ref().map(|p| p.performance.0[metric]);
        design.measured().map(|p| p.0[metric]).or(predicted)
    }

    fn in_words(&self) -> String {
        let circuit = &*self.circuit;
        let metric = |place: usize| &circuit.metrics[self.specification.bounds[place].metric];
        let along = metric(self.along);
        let mut text = format!(
            "{:>16}",
            format!("{} {}", along.name, self.specification.bounds[self.along].sense.glyph())
        );
        for place in self.others() {
            text += &format!("{:>18}", format!("best {}", metric(place).name));
        }
        text += "\n";
        for (value, line) in self.values.iter().zip(&self.lines) {
            text += &format!("{:>16}", format_quantity(*value, along.unit, 4));
            for place in self.others() {
                let m = metric(place);
                let shown = line[place].as_ref().and_then(|design| {
                    let value = Walk::value(design, self.specification.bounds[place].metric)?;
                    let who = if design.measured().is_some() { "" } else { "~" };
                    Some(format!("{who}{}", format_quantity(value, m.unit, 4)))
                });
                text += &format!("{:>18}", shown.unwrap_or_else(|| "–".to_owned()));
            }
            text += "\n";
        }
        text += "each while the other bounds are met";
        let unmeasured = self.lines.iter().flatten().flatten().any(|d| d.measured().is_none());
        if unmeasured {
            text += "; ~ is predicted and unverified: --simulate has ngspice measure it";
        }
        text + &format!(" ({:.2} s)\n", self.seconds)
    }

    fn in_json(&self) -> Value {
        let circuit = &*self.circuit;
        let name = |place: usize| circuit.metrics[self.specification.bounds[place].metric].name.as_str();
        let points: Vec<Value> = self
            .values
            .iter()
            .zip(&self.lines)
            .map(|(value, line)| {
                let mut at = self.specification.clone();
                at.bounds[self.along].value = *value;
                let best: serde_json::Map<String, Value> = self
                    .others()
                    .map(|place| {
                        let entry = line[place].as_ref().map(|design| {
                            let mut entry = candidates::sizing_in_json(circuit, &at, design);
                            let metric = at.bounds[place].metric;
                            entry["value"] = json!(Walk::value(design, metric));
                            entry["meets_others"] = json!(design.measured().map(|p| {
                                let mut others = at.bounds.iter().enumerate().filter(|(i, _)| *i != place);
                                others.all(|(_, bound)| bound.sense.met(p.0[bound.metric], bound.value))
                            }));
                            entry
                        });
                        (name(place).to_owned(), json!(entry))
                    })
                    .collect();
                json!({ "value": value, "best": best })
            })
            .collect();
        json!({
            "circuit": circuit.name, "specs": specification_in_json(circuit, &self.specification),
            "along": name(self.along), "points": points, "model_s": self.seconds,
        })
    }

    fn picture(&self) -> Result<Vec<u8>, String> {
        let circuit = &*self.circuit;
        let along = &circuit.metrics[self.specification.bounds[self.along].metric];
        let panel = |place: usize| {
            let metric = &circuit.metrics[self.specification.bounds[place].metric];
            let points = |of: &dyn Fn(&Candidate) -> Option<f64>| -> Vec<(f64, f64)> {
                let lines = self.values.iter().zip(&self.lines);
                lines.filter_map(|(x, line)| Some((*x, of(line[place].as_ref()?)?))).collect()
            };
            let index = self.specification.bounds[place].metric;
            let predicted = points(&|d| d.predicted.as_ref().map(|p| p.performance.0[index]));
            let measured = points(&|d| d.measured().map(|p| p.0[index]));
            Panel {
                title: format!("best {}", metric.title),
                across: along.clone(),
                up: metric.clone(),
                target: (self.specification.bounds[self.along].value, self.specification.bounds[place].value),
                curves: vec![
                    Curve { line: true, points: predicted },
                    Curve { line: false, points: measured },
                ],
            }
        };
        let panels: Vec<Panel> = self.others().map(panel).collect();
        curves(&format!("{}: what {} costs", circuit.name, along.title), &panels)
    }
}
