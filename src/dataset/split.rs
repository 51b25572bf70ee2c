//! Training rows and held-out rows, parted before anything is augmented, so that no copy of a held-out
//! row is ever trained on.

use super::Row;
use rand::SeedableRng;
use rand::seq::SliceRandom;

/// A dataset in two parts.
#[derive(Clone, Debug)]
pub struct Split {
    /// Rows to train on.
    pub training: Vec<Row>,
    /// Rows that are never trained on.
    pub held_out: Vec<Row>,
}

impl Split {
    /// Holds out `part` of the rows, at least one of each where there are two rows or more, chosen by
    /// `seed`.
    pub fn new(rows: &[Row], part: f64, seed: u64) -> Split {
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.shuffle(&mut rand_chacha::ChaCha8Rng::seed_from_u64(seed ^ 0x5717_0000));
        let most = rows.len().saturating_sub(1);
        let held = ((rows.len() as f64 * part).round() as usize).clamp(1.min(most), most);
        let (held_out, training) = order.split_at(held);
        let pick = |indices: &[usize]| indices.iter().map(|&i| rows[i].clone()).collect();
        Split { training: pick(training), held_out: pick(held_out) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::{Performance, Sizing};

    #[test]
    fn parts_every_row_once_and_the_same_way_for_a_seed() {
        let rows: Vec<Row> = (0..100)
            .map(|i| Row { sizing: Sizing(vec![f64::from(i)]), performance: Performance(vec![]) })
            .collect();
        let split = Split::new(&rows, 0.15, 3);
        assert_eq!((split.training.len(), split.held_out.len()), (85, 15));
        let mut all: Vec<f64> = split.training.iter().chain(&split.held_out).map(|r| r.sizing.0[0]).collect();
        all.sort_by(f64::total_cmp);
        assert!(all.iter().enumerate().all(|(i, v)| *v == i as f64));
        assert_eq!(Split::new(&rows, 0.15, 3).held_out, split.held_out);
        assert_ne!(Split::new(&rows, 0.15, 4).held_out, split.held_out);
        assert_eq!(Split::new(&rows[..1], 0.15, 3).training.len(), 1);
    }
}
