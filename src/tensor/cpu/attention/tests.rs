//! Every instruction set of this machine against attention in `f64`, on ragged shapes.

use super::*;
use crate::tensor::cpu::simd::{dispatch_on, instruction_sets};
use crate::tensor::tests::Draw;

/// Numbers before and after what a kernel may write.
const AROUND: usize = 3;

struct Reference {
    out: Vec<f64>,
    dq: Vec<f64>,
    dkv: Vec<f64>,
}

/// As [`crate::tensor::ops`] has it, with `Σ out·dout` for a loss.
fn reference(shape: AttentionShape, q: &[f32], kv: &[f32], dout: &[f32]) -> Reference {
    let AttentionShape { batch, key_batch, heads, queries, keys, width } = shape;
    let d = width / heads;
    let scale = 1.0 / (d as f64).sqrt();
    let dot =
        |a: &[f32], b: &[f32]| -> f64 { a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum() };
    let mut result = Reference { out: vec![0.0; q.len()], dq: vec![0.0; q.len()], dkv: vec![0.0; kv.len()] };
    for (b, h, i) in
        (0..batch * heads * queries).map(|at| (at / queries / heads, at / queries % heads, at % queries))
    {
        let at = (b * queries + i) * width + h * d;
        let key_at = |j: usize| ((b % key_batch) * keys + j) * 2 * width + h * d;
        let (q, dout) = (&q[at..][..d], &dout[at..][..d]);
        let scores: Vec<f64> = (0..keys).map(|j| dot(q, &kv[key_at(j)..][..d]) * scale).collect();
        let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = scores.iter().map(|s| (s - most).exp()).sum();
        let p: Vec<f64> = scores.iter().map(|s| (s - most).exp() / sum).collect();
        let dp: Vec<f64> = (0..keys).map(|j| dot(dout, &kv[key_at(j) + width..][..d])).collect();
        let mean: f64 = p.iter().zip(&dp).map(|(p, dp)| p * dp).sum();
        for j in 0..keys {
            let ds = p[j] * (dp[j] - mean) * scale;
            for c in 0..d {
                let (key, value) = (key_at(j) + c, key_at(j) + width + c);
                result.out[at + c] += p[j] * f64::from(kv[value]);
                result.dq[at + c] += ds * f64::from(kv[key]);
                result.dkv[key] += ds * f64::from(q[c]);
                result.dkv[value] += p[j] * f64::from(dout[c]);
            }
        }
    }
    result
}

/// NaN where a kernel is to write and around it.
fn fresh(len: usize) -> Vec<f32> {
    vec![f32::NAN; len + 2 * AROUND]
}

fn inside(memory: &mut [f32]) -> &mut [f32] {
    let len = memory.len();
    &mut memory[AROUND..len - AROUND]
}

/// |found − expected| ≤ 2e-6·(1 + |expected|), and nothing written around.
fn assert_close(what: &str, found: &[f32], expected: &[f64]) {
    let (before, rest) = found.split_at(AROUND);
    let (found, after) = rest.split_at(expected.len());
    assert!(before.iter().chain(after).all(|x| x.is_nan()), "{what}: memory around was written");
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!((f64::from(*f) - e).abs() <= 2e-6 * (1.0 + e.abs()), "{what}: element {i} is {f}, not {e}");
    }
}

fn check(shape: AttentionShape, draw: &mut Draw) {
    let AttentionShape { batch, key_batch, heads, queries, keys, width } = shape;
    let q: Vec<f32> = draw.numbers(batch * queries * width).iter().map(|x| 2.0 * x).collect();
    let kv = draw.numbers(key_batch * keys * 2 * width);
    let dout = draw.numbers(q.len());
    let expected = reference(shape, &q, &kv, &dout);
    for arch in instruction_sets() {
        let what = |result: &str| format!("{result} of {shape:?} on {arch:?}");
        let (mut out, mut p) = (fresh(q.len()), fresh(batch * heads * queries * keys));
        let forward = Forward { shape, q: &q, kv: &kv, out: inside(&mut out), p: inside(&mut p) };
        dispatch_on(arch, forward);
        assert_close(&what("out"), &out, &expected.out);
        if key_batch == batch {
            let (mut dq, mut dkv) = (fresh(q.len()), fresh(kv.len()));
            let (p, dq_in, dkv_in) = (inside(&mut p), inside(&mut dq), inside(&mut dkv));
            dispatch_on(arch, Backward { shape, q: &q, kv: &kv, p, dout: &dout, dq: dq_in, dkv: dkv_in });
            assert_close(&what("dq"), &dq, &expected.dq);
            assert_close(&what("dkv"), &dkv, &expected.dkv);
        }
    }
}

#[test]
fn heads_of_any_width() {
    let mut draw = Draw::new(1);
    let tokens = [(1, 1), (14, 14), (7, 15), (16, 16), (17, 31), (33, 9), (5, 64), (48, 3), (64, 64)];
    for channels in [1, 3, 4, 8, 12, 16, 20, 32, 64] {
        for (i, (queries, keys)) in tokens.into_iter().enumerate() {
            let heads = 1 + i % 3;
            for key_batch in [1, 2] {
                let width = heads * channels;
                check(AttentionShape { batch: 2, key_batch, heads, queries, keys, width }, &mut draw);
            }
        }
    }
}

#[test]
fn any_number_of_tokens() {
    let mut draw = Draw::new(2);
    for tokens in 1..=64 {
        for (queries, keys) in
            [(tokens, 65 - tokens), (tokens, 1 + tokens * 7 % 64), (1 + tokens * 11 % 64, tokens)]
        {
            check(AttentionShape { batch: 1, key_batch: 1, heads: 2, queries, keys, width: 32 }, &mut draw);
        }
    }
}

/// Scores far apart: the least probabilities underflow to nothing, the largest stay.
#[test]
fn scores_that_are_far_apart() {
    let shape = AttentionShape { batch: 1, key_batch: 1, heads: 1, queries: 2, keys: 3, width: 4 };
    let q = [100.0, 0.0, 0.0, 0.0, -100.0, 0.0, 0.0, 0.0];
    let mut kv = [0.0; 24];
    for (key, (score, value)) in [(10.0, 1.0), (0.0, 2.0), (-10.0, 3.0)].into_iter().enumerate() {
        (kv[key * 8], kv[key * 8 + 4]) = (score, value);
    }
    for arch in instruction_sets() {
        let (mut out, mut p) = ([f32::NAN; 8], [f32::NAN; 6]);
        dispatch_on(arch, Forward { shape, q: &q, kv: &kv, out: &mut out, p: &mut p });
        assert_eq!((out[0], out[4]), (1.0, 3.0), "{arch:?}");
    }
}

/// What was never written must show.
#[test]
fn nan_stays_nan() {
    let shape = AttentionShape { batch: 1, key_batch: 1, heads: 1, queries: 2, keys: 3, width: 4 };
    let (mut q, kv) = ([0.5; 8], [0.25; 24]);
    q[5] = f32::NAN;
    for arch in instruction_sets() {
        let (mut out, mut p) = ([0.0; 8], [0.0; 6]);
        dispatch_on(arch, Forward { shape, q: &q, kv: &kv, out: &mut out, p: &mut p });
        assert!(out[..4].iter().all(|x| x.is_finite()) && out[4..].iter().all(|x| x.is_nan()), "{arch:?}");
    }
}
