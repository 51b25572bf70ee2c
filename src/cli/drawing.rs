//! What `sample` and `size` share: the target, the model, and how to draw from it.

use super::CliError;
use super::choice::one_of;
use super::target::TargetArguments;
use crate::circuit::{Circuit, Region, Specification};
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
    #[command(flatten)]
    pub target: TargetArguments,
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
    /// Draw by the network alone: the performance model does not say what to aim at, leads no draw and moves none
    #[arg(long)]
    unaided: bool,
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
    /// How it is drawn.
    pub settings: DrawSettings,
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
        self.opened(self.target.open()?)
    }

    /// As [`Self::open`], for the bounds that these texts are.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub(super) fn open_for(&self, bounds: &[String]) -> Result<DrawTask, CliError> {
        self.opened(self.target.open_for(bounds)?)
    }

    fn opened(
        &self,
        (circuit, specification, region): (Circuit, Specification, Region),
    ) -> Result<DrawTask, CliError> {
        if self.count == 0 || self.count > MOST_DRAWN {
            return Err(CliError::usage(format!("--count must be from 1 to {MOST_DRAWN}")));
        }
        let (path, model) = open_model(&circuit, &self.target.circuit, self.model.as_deref())?;
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
            aimed: own.aimed && !self.unaided,
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
            as_drawn: false,
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
