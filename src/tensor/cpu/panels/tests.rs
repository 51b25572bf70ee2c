//! Every instruction set of this machine against products in `f64`, on ragged shapes.

use super::*;
use crate::tensor::cpu::simd::{dispatch_on, instruction_sets};
use crate::tensor::tests::Draw;

/// `relu?(accumulate?·C + A·B + bias)` and `Σ|a·b|` of each number.
pub fn reference(
    (m, k, n): (usize, usize, usize),
    a: impl Fn(usize, usize) -> f32,
    b: impl Fn(usize, usize) -> f32,
    c: &[f32],
    finish: Finish,
) -> Vec<(f64, f64)> {
    let one = |at: usize| {
        let (i, j) = (at / n, at % n);
        let terms = (0..k).map(|p| f64::from(a(i, p)) * f64::from(b(p, j)));
        let (mut sum, size) = terms.fold((0.0, 0.0), |(sum, size), term| (sum + term, size + term.abs()));
        sum += finish.bias.map_or(0.0, |bias| f64::from(bias[j]));
        sum += if finish.accumulate { f64::from(c[at]) } else { 0.0 };
        (if finish.relu { sum.max(0.0) } else { sum }, size)
    };
    (0..m * n).map(one).collect()
}

/// Bias, ReLU and accumulation, each with and without.
pub fn finishes(bias: &[f32]) -> impl Iterator<Item = Finish<'_>> {
    (0..8).map(move |i| Finish { bias: (i & 1 > 0).then_some(bias), relu: i & 2 > 0, accumulate: i & 4 > 0 })
}

#[test]
fn products_of_all_shapes_are_those_of_f64() {
    let mut draw = Draw::new(200);
    for (m, k, n) in
        [(1, 1, 16), (5, 3, 48), (6, 64, 64), (13, 129, 112), (2, 0, 16), (27, 300, 32), (0, 4, 16)]
    {
        let (x, y, bias, before) =
            (draw.numbers(m * k), draw.numbers(k * n), draw.numbers(n), draw.numbers(m * n));
        for (arch, finish) in
            instruction_sets().into_iter().flat_map(|arch| finishes(&bias).map(move |f| (arch, f)))
        {
            for (left_turned, right_turned, pack) in
                [(false, false, true), (false, true, true), (false, false, false), (true, false, false)]
            {
                let a = if left_turned {
                    Left::Transposed(Rows { data: &x, stride: m })
                } else {
                    Left::Straight(Rows { data: &x, stride: k })
                };
                let mut panels = vec![f32::NAN; k * n];
                dispatch_on(arch, Pack { k, n, b: &y, transposed: right_turned, into: &mut panels });
                let b = if pack { Right::Packed(&panels) } else { Right::Rows(&y) };
                let mut c = before.clone();
                if !finish.accumulate {
                    c.fill(f32::NAN);
                }
                dispatch_on(arch, Dense { m, k, n, a, b, c: &mut c, finish });
                let left = |i: usize, p: usize| if left_turned { x[p * m + i] } else { x[i * k + p] };
                let right = |p: usize, j: usize| if right_turned { y[j * k + p] } else { y[p * n + j] };
                for (found, (expected, size)) in
                    c.iter().zip(reference((m, k, n), left, right, &before, finish))
                {
                    let error = (f64::from(*found) - expected).abs();
                    assert!(error <= 1e-6 * (2.0 + size), "{m} × {k} × {n}: {found}, not {expected}");
                }
            }
        }
    }
}
