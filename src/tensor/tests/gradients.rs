//! Every backward operation of the CPU against central differences of its forward operation.
//!
//! The loss is `Σ r·out` for random `r`, summed in `f64`. Steps of 0.01 on arguments in −1 … 1 leave
//! errors of some 1e-4 from the third derivative and 1e-5 from rounding: tolerance 2e-3, relative to
//! 1 + |expected|. What accumulates starts from random numbers, what is overwritten from NaN.

use super::operations::{self as run, Results};
use super::{Draw, assert_close, cpu};
use crate::tensor::{AttentionShape, FilmShape, Loss, MatmulShape, TokenShape, Transpose, UnaryOp};

const STEP: f32 = 1e-2;
const TOLERANCE: f32 = 2e-3;

/// The gradient of `Σ r·out(x)` by central differences.
fn differences(x: &[f32], r: &[f32], out: impl Fn(&[f32]) -> Vec<f32>) -> Vec<f32> {
    let loss = |x: &[f32]| -> f64 {
        let out = out(x);
        assert_eq!(out.len(), r.len(), "the loss has a weight for each result");
        out.iter().zip(r).map(|(o, r)| f64::from(*o) * f64::from(*r)).sum()
    };
    let mut moved = x.to_vec();
    let mut gradient = Vec::with_capacity(x.len());
    for i in 0..x.len() {
        moved[i] = x[i] + STEP;
        let above = loss(&moved);
        moved[i] = x[i] - STEP;
        let below = loss(&moved);
        moved[i] = x[i];
        gradient.push(((above - below) / (2.0 * f64::from(STEP))) as f32);
    }
    gradient
}

fn first(mut results: Results) -> Vec<f32> {
    results.swap_remove(0)
}

fn sum(a: &[f32], b: &[f32]) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

#[test]
fn activations() {
    let mut draw = Draw(0);
    let (x, r) = (draw.numbers(37), draw.numbers(37));
    // away from a kink at 0 by more than a step
    let x: Vec<f32> = x.iter().map(|x| 4.0 * x + 0.02f32.copysign(*x)).collect();
    for op in UnaryOp::ALL {
        let expected = differences(&x, &r, |x| first(run::unary(cpu(), op, x)));
        assert_close(&format!("{op:?}"), &run::unary_backward(cpu(), op, &x, &r), &[expected], TOLERANCE);
    }
    // relu's gradient is a mask; at 0 it is 0
    let (y, masked) = ([0.0, 1.0, 0.0, 2.0], vec![vec![0.0, 6.0, 0.0, 8.0]]);
    assert_eq!(run::unary_backward(cpu(), UnaryOp::Relu, &y, &[5.0, 6.0, 7.0, 8.0]), masked);
}

/// GELU against `½x·(1 + erf(x/√2))`, whose tanh form it is, by its values at whole numbers.
#[test]
fn gelu_is_close_to_the_exact_one() {
    let x = [-4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0];
    let exact = [-1.27e-4, -4.05e-3, -4.55e-2, -0.158_655, 0.0, 0.841_345, 1.954_5, 2.995_95, 3.999_873];
    for (found, exact) in run::unary(cpu(), UnaryOp::Gelu, &x)[0].iter().zip(exact) {
        assert!((found - exact).abs() < 5e-4, "{found}, not {exact}");
    }
}

#[test]
fn learnt_slopes() {
    let mut draw = Draw(90);
    for (rows, channels) in [(1, 1), (5, 3), (2, 19)] {
        // away from the kink by more than a step
        let x: Vec<f32> = draw.numbers(rows * channels).iter().map(|x| x + 0.02f32.copysign(*x)).collect();
        let (slope, r, dslope) =
            (draw.numbers(channels), draw.numbers(rows * channels), draw.numbers(channels));
        let expected = [
            differences(&x, &r, |x| first(run::prelu(cpu(), x, &slope))),
            sum(&dslope, &differences(&slope, &r, |slope| first(run::prelu(cpu(), &x, slope)))),
        ];
        let found = run::prelu_backward(cpu(), &x, &slope, &r, &dslope);
        assert_close("prelu_backward", &found, &expected, TOLERANCE);
    }
}

/// What the modulation is added to keeps its gradient; scales, shifts and embeddings get theirs.
#[test]
fn modulation() {
    let mut draw = Draw(95);
    for (rows, width) in [(1, 1), (4, 3), (2, 17)] {
        let shape = FilmShape { rows, condition_rows: rows, width };
        let (gamma_beta, t) = (draw.numbers(rows * 2 * width), draw.numbers(rows * width));
        let (x, r) = (draw.numbers(rows * width), draw.numbers(rows * width));
        let out = |gamma_beta: &[f32], t: &[f32], x: &[f32]| first(run::film(cpu(), shape, gamma_beta, t, x));
        let expected = [
            differences(&gamma_beta, &r, |gamma_beta| out(gamma_beta, &t, &x)),
            differences(&t, &r, |t| out(&gamma_beta, t, &x)),
        ];
        let found = run::film_backward(cpu(), shape, &gamma_beta, &t, &r);
        assert_close("film_backward", &found, &expected, TOLERANCE);
        assert_close(
            "film",
            std::slice::from_ref(&r),
            &[differences(&x, &r, |x| out(&gamma_beta, &t, x))],
            TOLERANCE,
        );
        // one condition for all rows is the same as that condition repeated
        let (gamma_beta, t) = (&gamma_beta[..2 * width], &t[..width]);
        let shared = FilmShape { condition_rows: 1, ..shape };
        let expected = out(&gamma_beta.repeat(rows), &t.repeat(rows), &x);
        assert_eq!(run::film(cpu(), shared, gamma_beta, t, &x), vec![expected]);
    }
}

/// A layer's three products: `dx = dy·wᵀ`, `dw += xᵀ·dy`, `dbias += Σ dy`.
#[test]
fn linear_layer() {
    let mut draw = Draw(10);
    for (m, k, n) in [(1, 1, 1), (5, 3, 4), (2, 9, 17)] {
        let (x, w, bias) = (draw.numbers(m * k), draw.numbers(k * n), draw.numbers(n));
        let r = draw.numbers(m * n);
        let shape = MatmulShape { m, k, n, transpose: Transpose::Neither };
        let out = |x: &[f32], w: &[f32], bias: &[f32]| {
            first(run::matmul(cpu(), shape, x, w, Some(bias), false, None))
        };
        let dx = MatmulShape { m, k: n, n: k, transpose: Transpose::Second };
        let expected = differences(&x, &r, |x| out(x, &w, &bias));
        assert_close("dx", &run::matmul(cpu(), dx, &r, &w, None, false, None), &[expected], TOLERANCE);
        let dw = MatmulShape { m: k, k: m, n, transpose: Transpose::First };
        let before = draw.numbers(k * n);
        let expected = sum(&before, &differences(&w, &r, |w| out(&x, w, &bias)));
        let found = run::matmul(cpu(), dw, &x, &r, None, false, Some(&before));
        assert_close("dw", &found, &[expected], TOLERANCE);
        let before = draw.numbers(n);
        let expected = sum(&before, &differences(&bias, &r, |bias| out(&x, &w, bias)));
        assert_close("dbias", &run::column_sums(cpu(), &r, &before), &[expected], TOLERANCE);
    }
}

/// Products against a triple loop in `f64`, with the fused epilogue.
#[test]
fn products_and_their_epilogue() {
    let mut draw = Draw(20);
    for (m, k, n) in [(1, 1, 1), (7, 5, 3), (33, 40, 9)] {
        for transpose in [Transpose::Neither, Transpose::First, Transpose::Second] {
            let shape = MatmulShape { m, k, n, transpose };
            let (a, b) = (draw.numbers(m * k), draw.numbers(k * n));
            let (bias, c) = (draw.numbers(n), draw.numbers(m * n));
            for (with_bias, relu, accumulate) in
                [(false, false, false), (true, true, false), (true, false, true), (false, true, true)]
            {
                let mut expected = vec![0.0; m * n];
                for (at, e) in expected.iter_mut().enumerate() {
                    let (i, j) = (at / n, at % n);
                    let product = (0..k).map(|p| {
                        let a = if transpose == Transpose::First { a[p * m + i] } else { a[i * k + p] };
                        let b = if transpose == Transpose::Second { b[j * k + p] } else { b[p * n + j] };
                        f64::from(a) * f64::from(b)
                    });
                    let mut total: f64 = product.sum();
                    total += if with_bias { f64::from(bias[j]) } else { 0.0 };
                    total += if accumulate { f64::from(c[at]) } else { 0.0 };
                    *e = if relu { total.max(0.0) } else { total } as f32;
                }
                let (bias, c) = (with_bias.then_some(&bias[..]), accumulate.then_some(&c[..]));
                let found = run::matmul(cpu(), shape, &a, &b, bias, relu, c);
                assert_close("matmul", &found, &[expected], 1e-5);
            }
        }
    }
}

#[test]
fn layer_norm() {
    let mut draw = Draw(30);
    for (rows, width) in [(1, 5), (4, 16), (3, 19)] {
        let (x, r) = (draw.numbers(rows * width), draw.numbers(rows * width));
        let (gamma, beta) = (draw.numbers(width), draw.numbers(width));
        let (dx, dgamma, dbeta) = (draw.numbers(rows * width), draw.numbers(width), draw.numbers(width));
        let out = |x: &[f32], gamma: &[f32], beta: &[f32]| first(run::layer_norm(cpu(), x, gamma, beta));
        let expected = [
            sum(&dx, &differences(&x, &r, |x| out(x, &gamma, &beta))),
            sum(&dgamma, &differences(&gamma, &r, |gamma| out(&x, gamma, &beta))),
            sum(&dbeta, &differences(&beta, &r, |beta| out(&x, &gamma, beta))),
        ];
        let found = run::layer_norm_backward(cpu(), &x, &gamma, &r, [&dx, &dgamma, &dbeta]);
        assert_close("layer_norm_backward", &found, &expected, TOLERANCE);
    }
}

#[test]
fn attention() {
    let mut draw = Draw(40);
    for (batch, heads, queries, keys, width) in
        [(1, 1, 1, 1, 1), (2, 2, 3, 5, 6), (1, 4, 14, 9, 8), (2, 1, 5, 8, 16)]
    {
        let shape = AttentionShape { batch, key_batch: batch, heads, queries, keys, width };
        let q = draw.numbers(batch * queries * width);
        let kv = draw.numbers(batch * keys * 2 * width);
        let r = draw.numbers(batch * queries * width);
        let expected = [
            differences(&q, &r, |q| first(run::attention(cpu(), shape, q, &kv))),
            differences(&kv, &r, |kv| first(run::attention(cpu(), shape, &q, kv))),
        ];
        let found = run::attention_backward(cpu(), shape, &q, &kv, &r);
        assert_close("attention_backward", &found, &expected, TOLERANCE);
    }
}

/// One set of keys for all rows is the same as that set repeated.
#[test]
fn attention_with_shared_keys() {
    let mut draw = Draw(50);
    let shape = AttentionShape { batch: 3, key_batch: 3, heads: 2, queries: 4, keys: 5, width: 6 };
    let (q, kv) = (draw.numbers(3 * 4 * 6), draw.numbers(5 * 12));
    let repeated = [&kv[..], &kv[..], &kv[..]].concat();
    let shared = AttentionShape { key_batch: 1, ..shape };
    assert_eq!(run::attention(cpu(), shared, &q, &kv), run::attention(cpu(), shape, &q, &repeated));
}

#[test]
fn embedding_and_projection() {
    let mut draw = Draw(60);
    for (rows, tokens, width) in [(1, 1, 1), (5, 3, 9), (2, 4, 8)] {
        let shape = TokenShape { rows, tokens, width };
        let (value, x) = (draw.numbers(rows * tokens), draw.numbers(rows * tokens * width));
        let (w, b) = (draw.numbers(tokens * width), draw.numbers(tokens * width));
        let (dw, db) = (draw.numbers(tokens * width), draw.numbers(tokens * width));

        let r = draw.numbers(rows * tokens * width);
        let out = |w: &[f32], b: &[f32]| first(run::embed_tokens(cpu(), shape, &value, w, b));
        let expected =
            [sum(&dw, &differences(&w, &r, |w| out(w, &b))), sum(&db, &differences(&b, &r, |b| out(&w, b)))];
        let found = run::embed_tokens_backward(cpu(), shape, &value, &r, [&dw, &db]);
        assert_close("embed_tokens_backward", &found, &expected, TOLERANCE);

        let (r, b, db) = (draw.numbers(rows * tokens), &b[..tokens], &db[..tokens]);
        let out = |x: &[f32], w: &[f32], b: &[f32]| first(run::project_tokens(cpu(), shape, x, w, b));
        let expected = [
            differences(&x, &r, |x| out(x, &w, b)),
            sum(&dw, &differences(&w, &r, |w| out(&x, w, b))),
            sum(db, &differences(b, &r, |b| out(&x, &w, b))),
        ];
        let found = run::project_tokens_backward(cpu(), shape, &x, &w, &r, [&dw, db]);
        assert_close("project_tokens_backward", &found, &expected, TOLERANCE);
    }
}

#[test]
fn condition_dropout() {
    let mut draw = Draw(70);
    let (rows, tokens, width) = (4, 3, 5);
    let shape = TokenShape { rows, tokens, width };
    let keep = [1.0, 0.0, 0.0, 1.0];
    let (null, time) = (draw.numbers(tokens * width), draw.numbers(rows * width));
    let (before, r) = (draw.numbers(rows * tokens * width), draw.numbers(rows * tokens * width));
    let dnull = draw.numbers(tokens * width);
    let out = |null: &[f32], time: &[f32], tokens: &[f32]| {
        first(run::mix_condition(cpu(), shape, &keep, null, time, tokens))
    };
    let expected = [
        differences(&before, &r, |tokens| out(&null, &time, tokens)),
        sum(&dnull, &differences(&null, &r, |null| out(null, &time, &before))),
        differences(&time, &r, |time| out(&null, time, &before)),
    ];
    let found = run::mix_condition_backward(cpu(), shape, &keep, &r, &dnull);
    assert_close("mix_condition_backward", &found, &expected, TOLERANCE);
}

/// The gradient of each loss itself; the loss adds to what is there.
#[test]
fn losses() {
    let mut draw = Draw(80);
    let (t, mut p) = (draw.numbers(23), draw.numbers(23));
    // apart by more than a step, except for one pair without a gradient
    for (p, t) in p.iter_mut().zip(&t) {
        *p += 0.02f32.copysign(*p - t);
    }
    p[7] = t[7];
    for loss in Loss::ALL {
        let total = |p: &[f32]| run::loss(cpu(), loss, 0.5, p, &t, 0.0).swap_remove(1);
        let found = run::loss(cpu(), loss, 0.5, &p, &t, 4.0);
        let expected = [differences(&p, &[1.0], total), vec![4.0 + total(&p)[0]]];
        assert_close(&format!("{loss:?}"), &found, &expected, TOLERANCE);
        assert_eq!(found[0][7], 0.0);
    }
}

#[test]
fn losses_have_their_formulas() {
    let (p, t) = ([0.5, -1.0, 2.0], [0.0, 1.0, 2.0]);
    assert_eq!(run::loss(cpu(), Loss::Squared, 0.5, &p, &t, 0.0), [vec![0.5, -2.0, 0.0], vec![2.125]]);
    assert_eq!(run::loss(cpu(), Loss::Absolute, 0.5, &p, &t, 0.0), [vec![0.5, -0.5, 0.0], vec![1.25]]);
}

#[test]
fn clamping() {
    let found = run::clamp(cpu(), &[-3.0, -0.5, 0.0, 0.25, 9.0], -0.5, 1.0);
    assert_eq!(found, vec![vec![-0.5, -0.5, 0.0, 0.25, 1.0]]);
}
