//! Every unit of this machine against products in `f64`, within the error that is promised.

use super::*;
use crate::tensor::Precision;
use crate::tensor::cpu::Cpu;
use crate::tensor::cpu::panels::tests::{finishes, reference};
use crate::tensor::ops::{all, all_mut};
use crate::tensor::tests::Draw;
use crate::tensor::{Epilogue, Machine, ops};

const SHAPES: [(usize, usize, usize); 7] =
    [(1, 1, 16), (5, 3, 48), (32, 64, 64), (13, 129, 112), (2, 0, 16), (67, 33, 32), (0, 4, 16)];

#[test]
fn products_are_off_by_no_more_than_rounded_factors_make_them() {
    if units().is_empty() {
        eprintln!("SKIPPED: this processor has no instructions for bfloat16");
    }
    let mut draw = Draw::new(210);
    for (m, k, n) in SHAPES {
        let (x, y, bias, before) =
            (draw.numbers(m * k), draw.numbers(k * n), draw.numbers(n), draw.numbers(m * n));
        for (unit, finish) in units().into_iter().flat_map(|unit| finishes(&bias).map(move |f| (unit, f))) {
            for transpose in [Transpose::Neither, Transpose::First, Transpose::Second] {
                for pack in [true, false] {
                    let turned = transpose == Transpose::Second;
                    if turned && !pack {
                        continue;
                    }
                    let kept = packed(&y, k, n, turned);
                    let b = if pack { Right::Packed(&kept) } else { Right::Rows(&y) };
                    let mut c = before.clone();
                    if !finish.accumulate {
                        c.fill(f32::NAN);
                    }
                    product(unit, MatmulShape { m, k, n, transpose }, &x, b, &mut c, finish);
                    let left = |i: usize, p: usize| {
                        if transpose == Transpose::First { x[p * m + i] } else { x[i * k + p] }
                    };
                    let right = |p: usize, j: usize| if turned { y[j * k + p] } else { y[p * n + j] };
                    for (found, (expected, size)) in
                        c.iter().zip(reference((m, k, n), left, right, &before, finish))
                    {
                        let error = (f64::from(*found) - expected).abs();
                        // two factors off by 2⁻⁸ each, and a little for the sums in `f32`
                        let most = size * (2f64.powi(-7) + 2f64.powi(-16)) + 1e-6 * (2.0 + size);
                        assert!(
                            error <= most,
                            "{unit:?}, {m} × {k} × {n}, {transpose:?}: {found}, not {expected}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn units_agree_but_for_the_order_of_sums() {
    let [first, second] = units()[..] else { return };
    let mut draw = Draw::new(220);
    for (m, k, n) in SHAPES {
        let (x, y) = (draw.numbers(m * k), draw.numbers(k * n));
        let finish = Finish { bias: None, relu: false, accumulate: false };
        let of = |unit| {
            let mut c = vec![f32::NAN; m * n];
            let shape = MatmulShape { m, k, n, transpose: Transpose::Neither };
            product(unit, shape, &x, Right::Rows(&y), &mut c, finish);
            c
        };
        for (a, b) in of(first).into_iter().zip(of(second)) {
            assert!((a - b).abs() <= 1e-5 * (1.0 + a.abs()), "{m} × {k} × {n}: {a} and {b}");
        }
    }
}

#[test]
fn what_is_exact_in_few_bits_stays_exact() {
    for unit in units() {
        let (m, k, n) = (3, 40, 16);
        let x: Vec<f32> = (0..m * k).map(|i| (i % 7) as f32 - 3.0).collect();
        let y: Vec<f32> = (0..k * n).map(|i| (i % 5) as f32 * 0.25).collect();
        let mut c = vec![0.0; m * n];
        let finish = Finish { bias: None, relu: false, accumulate: false };
        let shape = MatmulShape { m, k, n, transpose: Transpose::Neither };
        product(unit, shape, &x, Right::Rows(&y), &mut c, finish);
        let expected = reference((m, k, n), |i, p| x[i * k + p], |p, j| y[p * n + j], &[], finish);
        assert!(c.iter().zip(expected).all(|(c, (e, _))| f64::from(*c) == e));
    }
}

/// Weights that were written are packed anew, and only what is held is rounded.
#[test]
fn products_follow_the_weights() {
    let cpu = Cpu::new(1).expect("a thread");
    let (m, k, n) = (9, 24, 32);
    let mut draw = Draw::new(230);
    let x = draw.numbers(m * k);
    for precision in [Precision::Single, Precision::Half] {
        let mut weights = cpu.alloc(k * n);
        cpu.hold(&mut weights, precision);
        let (mut a, mut c) = (cpu.alloc(m * k), cpu.alloc(m * n));
        ops::write(&cpu, all_mut(&cpu, &mut a), &x);
        for _ in 0..2 {
            let y = draw.numbers(k * n);
            ops::write(&cpu, all_mut(&cpu, &mut weights), &y);
            for transpose in [Transpose::Neither, Transpose::Second] {
                let shape = MatmulShape { m, k, n, transpose };
                let (a, b) = (all(&cpu, &a), all(&cpu, &weights));
                ops::matmul(&cpu, shape, a, b, all_mut(&cpu, &mut c), Epilogue::store());
                let right = |p: usize, j: usize| {
                    if transpose == Transpose::Second { y[j * k + p] } else { y[p * n + j] }
                };
                let finish = Finish { bias: None, relu: false, accumulate: false };
                let found = cpu.read(all(&cpu, &c)).expect("the CPU answers");
                let most = if precision == Precision::Half { 2f64.powi(-7) } else { 1e-6 };
                for (found, (expected, size)) in
                    found.iter().zip(reference((m, k, n), |i, p| x[i * k + p], right, &[], finish))
                {
                    let error = (f64::from(*found) - expected).abs();
                    assert!(error <= most * (size + 1.0), "{precision:?}: {found}, not {expected}");
                }
            }
        }
    }
}
