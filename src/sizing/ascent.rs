//! Better designs near those that are there, found in the performance model without a simulation.
//!
//! Where a target leaves little room, few draws land inside it, and the model knows which neighbours of theirs would. Each
//! design is moved by differences of others (differential evolution, Storn and Price 1997: these have the length and the
//! direction of what the designs leave open) and by small steps of its own, and a move is kept that brings it nearer to the
//! goal. A design that has reached it is left as it is, and none is moved towards the best, so that a set stays as
//! different as it was.

use super::verdict::{Candidate, Origin, Predicted};
use crate::circuit::{Circuit, Sizing};
use crate::dataset::{Coordinates, normal};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How much of a difference is taken.
const PART: (f64, f64) = (0.2, 0.9);
/// The largest step of a design's own, in standard deviations of the rows; it falls to a twentieth.
const STEP: f64 = 0.3;

/// What designs are moved in.
pub(super) struct Ground<'a> {
    pub circuit: &'a Circuit,
    /// The circuit narrowed to the region.
    pub within: &'a Circuit,
    pub coordinates: &'a Coordinates,
}

/// Where to.
pub(super) struct Goal<'a> {
    /// What is to be large.
    pub of: &'a dyn Fn(&Predicted) -> f64,
    /// How large it has to be.
    pub enough: f64,
    /// Which of the designs are left as they are from the first.
    pub left: &'a dyn Fn(&Predicted) -> bool,
}

/// How hard it is tried.
#[derive(Clone, Copy)]
pub(super) struct Effort {
    pub rounds: usize,
    /// Of each design in a round.
    pub moves: usize,
}

/// Says what a model thinks of designs.
pub(super) type Predict<'a, E> = dyn FnMut(&[Sizing]) -> Result<Vec<Predicted>, E> + 'a;

/// The designs, each with its prediction, moved. `predict` says what the model thinks of designs.
///
/// # Errors
/// That of `predict`.
pub(super) fn ascend<E>(
    ground: &Ground<'_>,
    goal: &Goal<'_>,
    mut designs: Vec<Candidate>,
    effort: Effort,
    seed: u64,
    predict: &mut Predict<'_, E>,
) -> Result<Vec<Candidate>, E> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let encode = |sizing: &Sizing| ground.coordinates.encode(ground.circuit, sizing);
    let mut points: Vec<Vec<f32>> = designs.iter().map(|c| encode(&c.sizing)).collect();
    let value = |c: &Candidate| c.predicted.as_ref().map_or(f64::NEG_INFINITY, |p| (goal.of)(p));
    let mut values: Vec<f64> = designs.iter().map(value).collect();
    let is_left = |c: &Candidate| c.predicted.as_ref().is_some_and(|p| (goal.left)(p));
    let movable: Vec<usize> = (0..designs.len()).filter(|&i| !is_left(&designs[i])).collect();
    for round in 0..effort.rounds {
        let open: Vec<usize> = movable.iter().copied().filter(|&i| values[i] < goal.enough).collect();
        let step = STEP * 0.05f64.powf(round as f64 / effort.rounds as f64);
        let moves: Vec<(usize, Sizing)> = open
            .iter()
            .flat_map(|&i| std::iter::repeat_n(i, effort.moves))
            .map(|i| {
                let moved = moved(i, &points, step, &mut rng);
                (i, ground.coordinates.decode_within(ground.circuit, ground.within, &moved))
            })
            .filter(|(i, sizing)| *sizing != designs[*i].sizing)
            .collect();
        if moves.is_empty() {
            break;
        }
        let sizings: Vec<Sizing> = moves.iter().map(|(_, sizing)| sizing.clone()).collect();
        for ((i, sizing), predicted) in moves.into_iter().zip(predict(&sizings)?) {
            let nearer = (goal.of)(&predicted);
            if nearer > values[i] {
                values[i] = nearer;
                points[i] = encode(&sizing);
                designs[i] = Candidate {
                    predicted: Some(predicted),
                    origin: Origin::Refined,
                    ..Candidate::new(sizing)
                };
            }
        }
    }
    Ok(designs)
}

/// A neighbour of a point: by a part of the difference of two others, or by a step of its own in some coordinates.
fn moved(of: usize, points: &[Vec<f32>], step: f64, rng: &mut impl Rng) -> Vec<f32> {
    let point = &points[of];
    if rng.random::<f64>() < 0.5 {
        let (a, b) = (rng.random_range(0..points.len()), rng.random_range(0..points.len()));
        let part = rng.random_range(PART.0..PART.1) as f32;
        let differences = points[a].iter().zip(&points[b]).map(|(a, b)| a - b);
        return point.iter().zip(differences).map(|(p, d)| p + part * d).collect();
    }
    let share = rng.random_range(0.1..0.6);
    let mut one = |p: &f32| if rng.random::<f64>() < share { p + (step * normal(rng)) as f32 } else { *p };
    point.iter().map(&mut one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::{Performance, Region};
    use crate::dataset::{CoordinateKind, random};

    /// A model that knows the first gate's area alone.
    fn predicted(sizing: &Sizing) -> Predicted {
        let area = sizing.0[2] * sizing.0[3] * sizing.0[4];
        Predicted { performance: Performance(vec![area]), spread: vec![0.0] }
    }

    #[test]
    fn designs_come_nearer_to_the_goal_stay_in_the_region_and_are_left_once_there() {
        let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        let region = Region::parse(&circuit, &["W1=2u"], &["L3=1u..2u"]).expect("sound");
        let within = region.applied(&circuit);
        let rows = random(&within, 60, 3);
        let coordinates = Coordinates::fit(&circuit, CoordinateKind::RatioArea, &rows);
        let ground = Ground { circuit: &circuit, within: &within, coordinates: &coordinates };
        let designs: Vec<Candidate> = rows
            .iter()
            .take(20)
            .map(|row| Candidate { predicted: Some(predicted(row)), ..Candidate::new(row.clone()) })
            .collect();
        let area = |c: &Candidate| c.predicted.as_ref().expect("predicted").performance.0[0];
        let least = designs.iter().min_by(|a, b| area(a).total_cmp(&area(b))).cloned();
        // the one that could gain most
        let left = |p: &Predicted| least.as_ref().is_some_and(|least| least.predicted.as_ref() == Some(p));
        let goal = Goal { of: &|p| p.performance.0[0], enough: 40e-12, left: &left };
        let mut asked = 0;
        let mut predict = |sizings: &[Sizing]| -> Result<Vec<Predicted>, ()> {
            asked += sizings.len();
            Ok(sizings.iter().map(predicted).collect())
        };
        let effort = Effort { rounds: 20, moves: 4 };
        let moved = ascend(&ground, &goal, designs.clone(), effort, 1, &mut predict).expect("no error");
        assert!(asked > 0);
        for (before, after) in designs.iter().zip(&moved) {
            assert!(region.contains(&circuit, &after.sizing), "{:?}", after.sizing);
            match after.origin {
                Origin::Refined => {
                    assert!(area(after) > area(before) && area(before) < goal.enough);
                    assert!(!left(before.predicted.as_ref().expect("predicted")));
                }
                _ => assert_eq!(before, after),
            }
        }
        let there = |set: &[Candidate]| set.iter().filter(|c| area(c) >= goal.enough).count();
        assert!(there(&moved) > there(&designs) + 5, "{} of {}", there(&moved), there(&designs));
        let again = ascend(&ground, &goal, moved.clone(), effort, 1, &mut |_| Err::<Vec<Predicted>, ()>(()));
        // nothing is asked where all are there, but for those that are left
        let over = |c: &Candidate| area(c) >= goal.enough || c.predicted.as_ref().is_some_and(left);
        assert_eq!(again.is_ok(), moved.iter().all(over));
        assert!(moved.iter().any(|c| Some(c) == least.as_ref()), "it was left");
    }
}
