//! What `sample` and `size` share: the target, the model, and how to draw from it.

use super::choice::one_of;
use super::region::RegionArguments;
use super::{CliError, trust};
use crate::circuit::{Circuit, Region, Scale, Specification, format_quantity};
use crate::engine::{
    DeviceChoice, Doubt, DrawSettings, NoBundledModel, Ranking, SampleJob, SampleSettings, Solver,
    TrainedModel, bundled_model, doubt, load,
};
use clap::Args;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// More sizings than anyone looks at, and as many as fit in memory.
const MOST_DRAWN: usize = 1_000_000;

#[derive(Args)]
pub(super) struct DrawingArguments {
    /// A bundled circuit or the path of a circuit's folder
    pub circuit: String,
    /// A target such as `power<=27nW`; may be repeated. Without one, the circuit's first named
    /// specification
    #[arg(long, value_name = "METRIC<=VALUE")]
    spec: Vec<String>,
    #[command(flatten)]
    region: RegionArguments,
    /// The trained model; the bundled one by default
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// How many sizings to deliver
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub count: usize,
    /// Solver steps from noise to sizing; the model's own by default
    #[arg(long, value_name = "N")]
    steps: Option<usize>,
    /// How the reverse process is integrated; the model's own by default
    #[arg(long, value_name = "NAME", value_parser = one_of::<Solver>())]
    solver: Option<Solver>,
    /// Guidance weight: below 0 extrapolates towards the target; the model's own by default
    #[arg(long, value_name = "W", allow_negative_numbers = true)]
    guidance: Option<f32>,
    /// Standard deviations by which the target is made harder before drawing; the model's own by default
    #[arg(long, value_name = "T", allow_negative_numbers = true)]
    tighten: Option<f64>,
    /// The seed
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Where networks are computed; auto takes a real GPU if there is one
    #[arg(long, value_name = "NAME", value_parser = one_of::<DeviceChoice>(), default_value = "auto")]
    backend: DeviceChoice,
}

/// The arguments, checked and opened.
#[derive(Clone)]
pub(super) struct DrawTask {
    /// The circuit.
    pub circuit: Arc<Circuit>,
    /// The target.
    pub specification: Specification,
    /// Where the sizings shall lie.
    pub region: Region,
    /// The model's file.
    pub path: PathBuf,
    /// The model.
    pub model: Arc<TrainedModel>,
    settings: DrawSettings,
    count: usize,
    seed: u64,
    device: DeviceChoice,
}

impl DrawingArguments {
    /// Opens the circuit and the model and checks the rest.
    ///
    /// # Errors
    /// [`CliError::Usage`] names what is wrong and what would do.
    pub(super) fn open(&self) -> Result<DrawTask, CliError> {
        self.open_for(&self.spec)
    }

    /// As [`Self::open`], for the bounds that these texts are.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub(super) fn open_for(&self, bounds: &[String]) -> Result<DrawTask, CliError> {
        let circuit = trust::open(&self.circuit)?;
        let specification = target(&circuit, bounds)?;
        let region = self.region.open(&circuit)?;
        if self.count == 0 || self.count > MOST_DRAWN {
            return Err(CliError::usage(format!("--count must be from 1 to {MOST_DRAWN}")));
        }
        let (path, model) = open_model(&circuit, &self.circuit, self.model.as_deref())?;
        let settings = self.settings(&model)?;
        Ok(DrawTask {
            circuit: Arc::new(circuit),
            specification,
            region,
            path,
            model: Arc::new(model),
            settings,
            count: self.count,
            seed: self.seed,
            device: self.backend,
        })
    }

    fn settings(&self, model: &TrainedModel) -> Result<DrawSettings, CliError> {
        let own = DrawSettings::of(model);
        let settings = DrawSettings {
            sampling: SampleSettings {
                solver: self.solver.unwrap_or(own.sampling.solver),
                steps: self.steps.unwrap_or(own.sampling.steps),
                guidance: self.guidance.unwrap_or(own.sampling.guidance),
            },
            tighten: self.tighten.unwrap_or(own.tighten),
            aimed: own.aimed,
        };
        let most = model.recipe.process.timesteps();
        if settings.sampling.steps == 0 || settings.sampling.steps > most {
            return Err(CliError::usage(format!("--steps must be from 1 to {most}, the model's own")));
        }
        if !settings.sampling.guidance.is_finite() || !settings.tighten.is_finite() {
            return Err(CliError::usage("--guidance and --tighten must be finite numbers"));
        }
        Ok(settings)
    }
}

impl DrawTask {
    /// The same for another target.
    pub(super) fn of(&self, specification: Specification) -> DrawTask {
        DrawTask { specification, ..self.clone() }
    }

    /// The request to the engine.
    ///
    /// # Errors
    /// [`CliError::Usage`] where more would be drawn than fits in memory.
    pub(super) fn job(&self, ranking: Ranking) -> Result<SampleJob, CliError> {
        if let Ranking::Oversample(times) = ranking
            && (times == 0 || self.count.saturating_mul(times) > MOST_DRAWN)
        {
            return Err(CliError::usage(format!(
                "--oversample {times}: at least 1, and with --count {} at most {}",
                self.count,
                MOST_DRAWN / self.count
            )));
        }
        Ok(SampleJob {
            circuit: Arc::clone(&self.circuit),
            model: Arc::clone(&self.model),
            specification: self.specification.clone(),
            region: self.region.clone(),
            settings: self.settings,
            count: self.count,
            ranking,
            seed: self.seed,
            device: self.device,
        })
    }
}

/// Opens a model file, or the bundled one.
///
/// # Errors
/// [`CliError::Usage`] with the remedy.
pub(super) fn open_model(
    circuit: &Circuit,
    named: &str,
    file: Option<&Path>,
) -> Result<(PathBuf, TrainedModel), CliError> {
    let path = match file {
        Some(file) => file.to_owned(),
        None => bundled_model(circuit).map_err(|why| no_bundled_model(circuit, named, &why))?,
    };
    let model = load(circuit, &path).map_err(CliError::usage)?;
    warn_of(circuit, &path, &model);
    Ok((path, model))
}

/// Says on stderr what is doubtful about a model.
pub(super) fn warn_of(circuit: &Circuit, path: &Path, model: &TrainedModel) {
    match doubt(circuit, model) {
        Some(doubt @ Doubt::OtherTestbench) => eprintln!("warning: {}: {doubt}", path.display()),
        Some(doubt @ Doubt::UnknownTestbench) => eprintln!("note: {}: {doubt}", path.display()),
        None => {}
    }
}

fn no_bundled_model(circuit: &Circuit, named: &str, why: &NoBundledModel) -> CliError {
    let name = &circuit.name;
    let train = format!("`sizewright train {named} --out {name}.model` and give it with --model");
    CliError::usage(match why {
        NoBundledModel::None => format!("there is no bundled model of {name}: train one with {train}"),
        NoBundledModel::Other { path, differences } => format!(
            "the bundled model of {name} is not of this circuit ({differences}): generate rows with `sizewright \
             dataset generate {named}` and train one with {train}; or take the bundled one as a start, if it \
             fits, with `--model {}`",
            path.display()
        ),
    })
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
