//! A recipe as it is read: as this edition writes it, or as the first one did, whose three systems each stood for a
//! network, a process and a loss, and whose performance model had no settings.

use super::architecture::{Architecture, Transformer};
use super::performance_recipe::PerformanceRecipe;
use super::process::{Diffusion, Jitter, Process, Regression};
use super::recipe::Recipe;
use crate::dataset::{CoordinateKind, Loosening};
use crate::tensor::Loss;
use serde::{Deserialize, Deserializer};

/// The form of either edition.
#[derive(Deserialize)]
#[serde(rename = "Recipe")]
struct Written {
    architecture: Network,
    #[serde(default, deserialize_with = "given")]
    process: Option<Process>,
    #[serde(default, deserialize_with = "given")]
    loss: Option<Loss>,
    coordinates: CoordinateKind,
    held_out: f64,
    copies: usize,
    loosening: Loosening,
    fresh_loosening: bool,
    /// Of the first edition alone.
    #[serde(default, deserialize_with = "given")]
    timesteps: Option<usize>,
    condition_dropout: f64,
    epochs: usize,
    /// None where the recipe was written before there was any.
    #[serde(default)]
    patience: f64,
    batch: usize,
    learning_rate: f32,
    weight_decay: f32,
    ema_decay: f32,
    guidance: f32,
    tighten: f64,
    sampling_steps: usize,
    #[serde(default, deserialize_with = "given")]
    performance: Option<PerformanceRecipe>,
}

/// A network of either edition.
#[derive(Deserialize)]
#[serde(rename = "Architecture")]
enum Network {
    DmTransformer(Transformer),
    DmMlp {
        widths: Vec<usize>,
        time_width: usize,
    },
    Perceptron {
        widths: Vec<usize>,
    },
    /// Of the first edition alone.
    Ann {
        widths: Vec<usize>,
        jitter: Jitter,
    },
}

/// A field that may be left out and is written as it is, not as an option.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl<'de> Deserialize<'de> for Recipe {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Recipe, D::Error> {
        let w = Written::deserialize(deserializer)?;
        let missing = serde::de::Error::missing_field;
        let steps = || w.timesteps.ok_or_else(|| missing("process"));
        // what the first edition's systems stood for
        let (architecture, process, loss) = match w.architecture {
            Network::DmTransformer(shape) => (
                Architecture::DmTransformer(shape),
                w.process.map_or_else(|| steps().map(|t| Process::Diffusion(Diffusion::velocity(t))), Ok)?,
                Some(Loss::Squared),
            ),
            Network::DmMlp { widths, time_width } => (
                Architecture::DmMlp { widths, time_width },
                w.process.map_or_else(|| steps().map(|t| Process::Diffusion(Diffusion::noise(t))), Ok)?,
                Some(Loss::Absolute),
            ),
            Network::Ann { widths, jitter } => (
                Architecture::Perceptron { widths },
                Process::Regression(Regression { jitter }),
                Some(Loss::Squared),
            ),
            Network::Perceptron { widths } => {
                (Architecture::Perceptron { widths }, w.process.ok_or_else(|| missing("process"))?, None)
            }
        };
        Ok(Recipe {
            architecture,
            process,
            loss: w.loss.or(loss).ok_or_else(|| missing("loss"))?,
            coordinates: w.coordinates,
            held_out: w.held_out,
            copies: w.copies,
            loosening: w.loosening,
            fresh_loosening: w.fresh_loosening,
            condition_dropout: w.condition_dropout,
            epochs: w.epochs,
            patience: w.patience,
            batch: w.batch,
            learning_rate: w.learning_rate,
            weight_decay: w.weight_decay,
            ema_decay: w.ema_decay,
            guidance: w.guidance,
            tighten: w.tighten,
            sampling_steps: w.sampling_steps,
            performance: w.performance.unwrap_or_else(PerformanceRecipe::preset),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sizing::{Preset, System, known_by};

    /// As the first edition wrote the quick preset of each system, for 557 rows.
    const FIRST: [(System, &str); 3] = [
        (
            System::DmTransformer,
            "architecture:DmTransformer((blocks:3,width:64,heads:4,expansion:4,dropout:0.0))",
        ),
        (System::DmMlp, "architecture:DmMlp(widths:[467,292,758,1115,208,1968,507],time_width:128)"),
        (System::Ann, "architecture:Ann(widths:[120,240,60],jitter:Deviations(0.0,0.5))"),
    ];

    fn first(recipe: &Recipe, architecture: &str) -> String {
        format!(
            "({architecture},coordinates:RatioArea,held_out:0.1,copies:10,loosening:Deviations(0.5),\
             fresh_loosening:true,timesteps:1000,condition_dropout:0.1,epochs:{},batch:{},learning_rate:{},\
             weight_decay:{},ema_decay:0.999,guidance:{},tighten:{},sampling_steps:{})",
            recipe.epochs,
            recipe.batch,
            recipe.learning_rate,
            recipe.weight_decay,
            recipe.guidance,
            recipe.tighten,
            recipe.sampling_steps
        )
    }

    #[test]
    fn a_recipe_of_the_first_edition_is_the_same_recipe() {
        for (system, architecture) in FIRST {
            let preset = Preset::Quick.recipe(system, 557);
            let text = first(&preset, architecture);
            assert_eq!(ron::from_str::<Recipe>(&text).expect("it is read"), preset, "{text}");
        }
    }

    #[test]
    fn a_recipe_is_read_as_it_was_written() {
        for preset in Preset::ALL {
            for system in System::ALL {
                let recipe = preset.recipe(system, 557);
                let text = ron::to_string(&recipe).expect("it has a text");
                assert_eq!(ron::from_str::<Recipe>(&text).expect("it is read"), recipe, "{text}");
                recipe.check().expect("a preset is sound");
            }
        }
        // none of the three choices goes by another
        let recipe = Recipe {
            process: Process::Diffusion(Diffusion::noise(50)),
            loss: Loss::Absolute,
            ..Preset::Quick.recipe(System::DmTransformer, 557)
        };
        let text = ron::to_string(&recipe).expect("it has a text");
        assert_eq!(ron::from_str::<Recipe>(&text).expect("it is read"), recipe, "{text}");
    }

    #[test]
    fn what_is_missing_is_named() {
        let text = ron::to_string(&Preset::Quick.recipe(System::Ann, 557)).expect("it has a text");
        let at = text.find("process:").expect("there");
        let without = format!("{}{}", &text[..at], &text[text.find("loss:").expect("there")..]);
        assert!(ron::from_str::<Recipe>(&without).expect_err("no process").to_string().contains("process"));
    }

    #[test]
    fn what_the_first_edition_knew_is_known_by_its_words() {
        let recipe = Preset::Paper.recipe(System::Ann, 557);
        let known = "Recipe { architecture: Ann { widths: [120, 240, 60], jitter: PartOfValue(0.05, 0.5) }, \
                     coordinates: Plain, held_out: 0.2, copies: 10, loosening: PartOfMean(0.2), \
                     fresh_loosening: false, timesteps: 1000, condition_dropout: 0.1, epochs: 300, batch: 512, \
                     learning_rate: 0.001, weight_decay: 1.3e-5, ema_decay: 0.999, guidance: -0.75, \
                     tighten: 0.0, sampling_steps: 1000 }";
        assert_eq!(known_by(&recipe), known);
        let other = Recipe { loss: Loss::Absolute, ..recipe.clone() };
        assert_ne!(known_by(&other), known);
        let performance = PerformanceRecipe { passes: 10, ..recipe.performance.clone() };
        assert_ne!(known_by(&Recipe { performance, ..recipe }), known);
    }
}
