//! Multi-head attention over short sequences; the mathematics stand in [`crate::tensor::ops`].
//!
//! A head's matrices are tiny (14 × 16), so they are multiplied in registers by [`small_matmul`]
//! rather than packed for a large product; keys and values are transposed once a head so that every
//! inner loop runs along contiguous memory.

use super::lanes::{LANES, dot, exp, fma, sum, vectorised};
use crate::tensor::AttentionShape;

/// A matrix read by strides.
#[derive(Clone, Copy)]
struct Strided<'a> {
    data: &'a [f32],
    row: usize,
    column: usize,
}

/// `C[m,n] = A[m,k]·B[k,n]`, `B` and `C` with contiguous rows `b_row` and `c_row` apart.
#[inline(always)]
fn small_matmul(
    (m, k, n): (usize, usize, usize),
    a: Strided,
    b: &[f32],
    b_row: usize,
    c: &mut [f32],
    c_row: usize,
) {
    const ROWS: usize = 4;
    let mut i = 0;
    while i < m {
        let rows = ROWS.min(m - i);
        let mut j = 0;
        while j + LANES <= n {
            let mut tile = [[0.0f32; LANES]; ROWS];
            if rows == ROWS {
                for p in 0..k {
                    let b = &b[p * b_row + j..][..LANES];
                    for r in 0..ROWS {
                        let s = a.data[(i + r) * a.row + p * a.column];
                        for l in 0..LANES {
                            tile[r][l] = fma(s, b[l], tile[r][l]);
                        }
                    }
                }
            } else {
                for r in 0..rows {
                    let mut line = [0.0f32; LANES];
                    for p in 0..k {
                        let b = &b[p * b_row + j..][..LANES];
                        let s = a.data[(i + r) * a.row + p * a.column];
                        for l in 0..LANES {
                            line[l] = fma(s, b[l], line[l]);
                        }
                    }
                    tile[r] = line;
                }
            }
            for r in 0..rows {
                c[(i + r) * c_row + j..][..LANES].copy_from_slice(&tile[r]);
            }
            j += LANES;
        }
        for r in 0..rows {
            for j in j..n {
                let mut total = 0.0;
                for p in 0..k {
                    total = fma(a.data[(i + r) * a.row + p * a.column], b[p * b_row + j], total);
                }
                c[(i + r) * c_row + j] = total;
            }
        }
        i += rows;
    }
}

/// `into[columns, padded] = from[rows, columns]ᵀ`, rows of `from` `stride` apart; padding stays 0.
#[inline(always)]
fn transpose(from: &[f32], stride: usize, (rows, columns): (usize, usize), into: &mut [f32], padded: usize) {
    for r in 0..rows {
        let row = &from[r * stride..][..columns];
        for (c, value) in row.iter().enumerate() {
            into[c * padded + r] = *value;
        }
    }
}

vectorised! {
    pub fn forward(shape: AttentionShape, q: &'a [f32], kv: &'a [f32], out: &'a mut [f32], p: &'a mut [f32]) {
        let AttentionShape { batch, key_batch, heads, queries, keys, width } = shape;
        let d = width / heads;
        let scale = 1.0 / (d as f32).sqrt();
        let padded = keys.next_multiple_of(LANES);
        let mut kt = vec![0.0f32; d * padded];
        let mut scores = vec![0.0f32; queries * padded];
        for b in 0..batch {
            let kv = &kv[(b % key_batch) * keys * 2 * width..][..keys * 2 * width];
            let q = &q[b * queries * width..][..queries * width];
            let out = &mut out[b * queries * width..][..queries * width];
            for h in 0..heads {
                let p = &mut p[(b * heads + h) * queries * keys..][..queries * keys];
                transpose(&kv[h * d..], 2 * width, (keys, d), &mut kt, padded);
                let queries_view = Strided { data: &q[h * d..], row: width, column: 1 };
                small_matmul((queries, d, padded), queries_view, &kt, padded, &mut scores, padded);
                for (p, scores) in p.chunks_exact_mut(keys).zip(scores.chunks_exact_mut(padded)) {
                    softmax(scores, keys, scale);
                    p.copy_from_slice(&scores[..keys]);
                }
                let probabilities = Strided { data: &scores, row: padded, column: 1 };
                let values = &kv[width + h * d..];
                small_matmul((queries, keys, d), probabilities, values, 2 * width, &mut out[h * d..], width);
            }
        }
    }
}

/// In place, over the first `keys` scores; the padding becomes 0.
#[inline(always)]
fn softmax(scores: &mut [f32], keys: usize, scale: f32) {
    let largest = scores[..keys].iter().fold(f32::NEG_INFINITY, |m, s| m.max(*s));
    for s in scores.iter_mut() {
        *s = exp((*s - largest) * scale);
    }
    scores[keys..].fill(0.0);
    let reciprocal = 1.0 / sum(scores);
    for s in scores.iter_mut() {
        *s *= reciprocal;
    }
}

vectorised! {
    pub fn backward(
        shape: AttentionShape, q: &'a [f32], kv: &'a [f32], p: &'a [f32], dout: &'a [f32],
        dq: &'a mut [f32], dkv: &'a mut [f32],
    ) {
        let AttentionShape { batch, heads, queries, keys, width, .. } = shape;
        let d = width / heads;
        let scale = 1.0 / (d as f32).sqrt();
        let padded = keys.next_multiple_of(LANES);
        let mut vt = vec![0.0f32; d * padded];
        let mut ds = vec![0.0f32; queries * padded];
        let mut line = vec![0.0f32; padded];
        for b in 0..batch {
            let q = &q[b * queries * width..][..queries * width];
            let dout = &dout[b * queries * width..][..queries * width];
            let dq = &mut dq[b * queries * width..][..queries * width];
            let kv = &kv[b * keys * 2 * width..][..keys * 2 * width];
            let dkv = &mut dkv[b * keys * 2 * width..][..keys * 2 * width];
            for h in 0..heads {
                let p = &p[(b * heads + h) * queries * keys..][..queries * keys];
                transpose(&kv[width + h * d..], 2 * width, (keys, d), &mut vt, padded);
                let dout_head = Strided { data: &dout[h * d..], row: width, column: 1 };
                small_matmul((queries, d, padded), dout_head, &vt, padded, &mut ds, padded);
                for (ds, p) in ds.chunks_exact_mut(padded).zip(p.chunks_exact(keys)) {
                    line[..keys].copy_from_slice(p);
                    let mean = dot(&line, ds);
                    for (ds, p) in ds.iter_mut().zip(&line) {
                        *ds = p * (*ds - mean) * scale;
                    }
                }
                let ds_view = Strided { data: &ds, row: padded, column: 1 };
                small_matmul((queries, keys, d), ds_view, &kv[h * d..], 2 * width, &mut dq[h * d..], width);
                let ds_transposed = Strided { data: &ds, row: 1, column: padded };
                small_matmul((keys, queries, d), ds_transposed, &q[h * d..], width, &mut dkv[h * d..], 2 * width);
                let p_transposed = Strided { data: p, row: 1, column: keys };
                let dv = &mut dkv[width + h * d..];
                small_matmul((keys, queries, d), p_transposed, &dout[h * d..], width, dv, 2 * width);
            }
        }
    }
}
