//! The evolutionary strategies, on `fcmaes-core`: it asks for a whole generation and is told all costs.
//! Constraints are handled by violation, see [`Score::cost`](crate::circuit::Score::cost).

use super::record::{Record, SearchEnd};
use fcmaes_core::{Cmaes, CmaesParams, De, DeParams, Fitness};

/// The first step of a covariance matrix adaptation, in the unit cube.
const FIRST_STEP: f64 = 0.3;
/// Restarts double the population up to this many times.
const MOST_DOUBLINGS: u32 = 5;
/// Rounds without a new design, by which a strategy has come to rest.
const IDLE_ROUNDS: usize = 50;

fn unit_cube(dimensions: usize) -> Fitness {
    Fitness::new(dimensions, 1, vec![0.0; dimensions], vec![1.0; dimensions])
}

/// Differential evolution until the search is over.
pub(super) fn differential(record: &mut Record<'_>) -> SearchEnd {
    let parameters = DeParams {
        popsize: record.settings.population as i32,
        max_evaluations: u64::MAX,
        seed: record.settings.seed,
        ..DeParams::default()
    };
    let mut strategy = De::new(unit_cube(record.space.len()), &[], &[], None, &parameters);
    let mut idle = 0;
    loop {
        let before = record.left();
        let costs = match record.measure(&strategy.ask()) {
            Ok(costs) => costs,
            Err(end) => return end,
        };
        strategy.tell(&costs);
        idle = if record.left() == before { idle + 1 } else { 0 };
        if idle >= IDLE_ROUNDS {
            return SearchEnd::Budget;
        }
    }
}

/// Covariance matrix adaptation, started again with twice the population whenever it has converged
/// (Auger and Hansen 2005).
pub(super) fn covariance(record: &mut Record<'_>) -> SearchEnd {
    let dimensions = record.space.len();
    let mut guess = vec![0.5; dimensions];
    for restart in 0.. {
        let doubled = record.settings.population << restart.min(MOST_DOUBLINGS);
        let parameters = CmaesParams {
            popsize: doubled.min(super::SearchSettings::MOST_POPULATION) as i32,
            max_evaluations: record.settings.max_simulations as u64,
            seed: record.settings.seed,
            runid: i64::from(restart),
            ..CmaesParams::default()
        };
        let mut strategy = Cmaes::new(unit_cube(dimensions), &guess, &[FIRST_STEP], &parameters);
        let mut idle = 0;
        loop {
            let before = record.left();
            let costs = match record.measure(&strategy.ask()) {
                Ok(costs) => costs,
                Err(end) => return end,
            };
            idle = if record.left() == before { idle + 1 } else { 0 };
            if strategy.tell(&costs) != 0 || idle >= IDLE_ROUNDS {
                break;
            }
        }
        guess = super::assisted::scattered(dimensions, 1, restart + 1, record.settings.seed).remove(0);
    }
    unreachable!("restarts go on until the search is over")
}
