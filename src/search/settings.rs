//! How a search is run.

use crate::choice::choices;
use crate::circuit::{Performance, Sizing};
use serde::{Deserialize, Serialize};

/// How the next designs are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Strategy {
    /// An evolution strategy's loop around Gaussian processes of every metric: the fewest simulations.
    Assisted,
    /// Covariance matrix adaptation with restarts: no model to fit, the quickest by the clock where a
    /// simulation takes milliseconds.
    CmaEs,
    /// Differential evolution of a large population, as the paper runs its simulation-based reference.
    Evolution,
}

choices!(Strategy, "strategy": Assisted "gp-assisted", CmaEs "cma-es", Evolution "evolution");

impl Strategy {
    /// What it does, in a few words.
    pub fn about(self) -> &'static str {
        match self {
            Strategy::Assisted => "Gaussian processes choose: fewest simulations",
            Strategy::CmaEs => "covariance matrix adaptation, with restarts",
            Strategy::Evolution => "differential evolution, 512 designs a generation",
        }
    }

    /// Designs measured in a round where nothing else is asked: a population, or for
    /// [`Strategy::Assisted`] the designs that are chosen from one model.
    pub fn population(self) -> usize {
        match self {
            Strategy::Assisted => 1,
            Strategy::CmaEs => 16,
            Strategy::Evolution => 512,
        }
    }

    /// The most simulations where nothing else is asked; for [`Strategy::Evolution`] the paper's 512
    /// designs times 500 generations.
    pub fn max_simulations(self) -> usize {
        match self {
            Strategy::Assisted => 500,
            Strategy::CmaEs => 10_000,
            Strategy::Evolution => 512 * 500,
        }
    }
}

/// How a search is run.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchSettings {
    /// How the next designs are chosen.
    pub strategy: Strategy,
    /// No more designs than this are measured.
    pub max_simulations: usize,
    /// Whether the first feasible design ends the search; otherwise its worst margin is improved.
    pub stop_at_first: bool,
    /// Feasible designs that end it, where the first of them do.
    pub enough: usize,
    /// Designs measured in a round.
    pub population: usize,
    /// The seed of everything random.
    pub seed: u64,
    /// Designs that are measured first, such as a model's: legal sizings of the circuit.
    pub start: Vec<Sizing>,
    /// Measurements that are known, such as rows: [`Strategy::Assisted`] learns from them, and they are no simulations.
    pub prior: Vec<(Sizing, Performance)>,
    /// Designs that [`Strategy::Assisted`] looks at with each choice, such as further draws of a model.
    pub candidates: Vec<Sizing>,
}

impl SearchSettings {
    /// The largest population.
    pub const MOST_POPULATION: usize = 4096;
    /// The smallest population of the strategies that recombine one.
    pub const LEAST_POPULATION: usize = 6;
    /// The most simulations.
    pub const MOST_SIMULATIONS: usize = 1_000_000;

    /// A strategy's own settings: stops at the first feasible design.
    pub fn new(strategy: Strategy, seed: u64) -> SearchSettings {
        SearchSettings {
            strategy,
            max_simulations: strategy.max_simulations(),
            stop_at_first: true,
            enough: 1,
            population: strategy.population(),
            seed,
            start: Vec::new(),
            prior: Vec::new(),
            candidates: Vec::new(),
        }
    }

    /// Checks them.
    ///
    /// # Errors
    /// A line with the remedy.
    pub fn check(&self) -> Result<(), String> {
        let most = SearchSettings::MOST_SIMULATIONS;
        if self.max_simulations == 0 || self.max_simulations > most {
            return Err(format!("the number of simulations must be from 1 to {most}"));
        }
        let least = match self.strategy {
            Strategy::Assisted => 1,
            Strategy::CmaEs | Strategy::Evolution => SearchSettings::LEAST_POPULATION,
        };
        let most = SearchSettings::MOST_POPULATION;
        if self.population < least || self.population > most {
            let name = self.strategy.name();
            return Err(format!("the population of {name} must be from {least} to {most}"));
        }
        Ok(())
    }
}
