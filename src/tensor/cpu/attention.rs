//! Multi-head attention over short sequences; the mathematics stand in [`crate::tensor::ops`].
//!
//! A head's matrices are tiny (14 × 16): too small for a large product's machinery. [`pack`] lays
//! each factor out in panels of eight, [`product`] multiplies two packed factors in registers.

use super::lanes::{LANES, dot, exp, fma, sum, vectorised};
use crate::tensor::AttentionShape;

/// A matrix read by strides: element `(i, p)` is `data[i·row + p·column]`; one of the two is 1.
#[derive(Clone, Copy)]
struct Strided<'a> {
    data: &'a [f32],
    row: usize,
    column: usize,
}

impl<'a> Strided<'a> {
    #[inline(always)]
    fn rows(data: &'a [f32], row: usize) -> Self {
        Strided { data, row, column: 1 }
    }

    #[inline(always)]
    fn columns(data: &'a [f32], column: usize) -> Self {
        Strided { data, row: 1, column }
    }
}

/// The length of a packed factor of `count` rows contracted over `k`.
fn packed_len(count: usize, k: usize) -> usize {
    count.next_multiple_of(LANES) * k
}

/// Lays `count` rows of length `k` out as `[count/8][k][8]`, padded with zeros: the left factor by its
/// rows, the right factor by its columns.
#[inline(always)]
fn pack(from: Strided, count: usize, k: usize, into: &mut [f32]) {
    let (panels, _) = into[..packed_len(count, k)].as_chunks_mut::<LANES>();
    for (block, panel) in panels.chunks_exact_mut(k).enumerate() {
        let first = block * LANES;
        let here = LANES.min(count - first);
        if from.row == 1 {
            for (p, line) in panel.iter_mut().enumerate() {
                let source = &from.data[p * from.column + first..];
                *line = match source.first_chunk::<LANES>() {
                    Some(whole) if here == LANES => *whole,
                    _ => padded(&source[..here]),
                };
            }
        } else if here == LANES {
            // eight rows side by side
            let row = |i: usize| &from.data[(first + i) * from.row..][..k];
            let (r0, r1, r2, r3) = (row(0), row(1), row(2), row(3));
            let (r4, r5, r6, r7) = (row(4), row(5), row(6), row(7));
            for (p, line) in panel.iter_mut().enumerate() {
                *line = [r0[p], r1[p], r2[p], r3[p], r4[p], r5[p], r6[p], r7[p]];
            }
        } else {
            panel.fill([0.0; LANES]);
            for i in 0..here {
                let row = &from.data[(first + i) * from.row..][..k];
                for (line, value) in panel.iter_mut().zip(row) {
                    line[i] = *value;
                }
            }
        }
    }
}

/// Up to eight values, then zeros.
#[inline(always)]
fn padded(values: &[f32]) -> [f32; LANES] {
    let mut line = [0.0; LANES];
    for (into, value) in line.iter_mut().zip(values) {
        *into = *value;
    }
    line
}

/// `s·x + y`, by value so that it stays in a register.
#[inline(always)]
fn multiply_add(s: f32, x: &[f32; LANES], y: [f32; LANES]) -> [f32; LANES] {
    [
        fma(s, x[0], y[0]),
        fma(s, x[1], y[1]),
        fma(s, x[2], y[2]),
        fma(s, x[3], y[3]),
        fma(s, x[4], y[4]),
        fma(s, x[5], y[5]),
        fma(s, x[6], y[6]),
        fma(s, x[7], y[7]),
    ]
}

/// `C[m,n] = A[m,k]·B[k,n]` from packed factors; rows of `C` lie `c_row` apart.
#[inline(always)]
fn product((m, k, n): (usize, usize, usize), a: &[f32], b: &[f32], c: &mut [f32], c_row: usize) {
    let (a, _) = a[..packed_len(m, k)].as_chunks::<LANES>();
    let (b, _) = b[..packed_len(n, k)].as_chunks::<LANES>();
    for (i, a) in a.chunks_exact(k).enumerate() {
        for (j, b) in b.chunks_exact(k).enumerate() {
            // eight named rows: an array of them would live in memory, not in registers
            let zero = [0.0f32; LANES];
            let (mut c0, mut c1, mut c2, mut c3) = (zero, zero, zero, zero);
            let (mut c4, mut c5, mut c6, mut c7) = (zero, zero, zero, zero);
            for (a, b) in a.iter().zip(b) {
                c0 = multiply_add(a[0], b, c0);
                c1 = multiply_add(a[1], b, c1);
                c2 = multiply_add(a[2], b, c2);
                c3 = multiply_add(a[3], b, c3);
                c4 = multiply_add(a[4], b, c4);
                c5 = multiply_add(a[5], b, c5);
                c6 = multiply_add(a[6], b, c6);
                c7 = multiply_add(a[7], b, c7);
            }
            let tile = [c0, c1, c2, c3, c4, c5, c6, c7];
            let columns = LANES.min(n - j * LANES);
            for (r, line) in tile.iter().enumerate().take(m - (i * LANES).min(m)) {
                let c = &mut c[(i * LANES + r) * c_row + j * LANES..];
                match c.first_chunk_mut::<LANES>() {
                    Some(whole) if columns == LANES => *whole = *line,
                    _ => {
                        for (into, value) in c[..columns].iter_mut().zip(line) {
                            *into = *value;
                        }
                    }
                }
            }
        }
    }
}

vectorised! {
    pub fn attention(shape: AttentionShape, q: &'a [f32], kv: &'a [f32], out: &'a mut [f32], p: &'a mut [f32]) {
        let AttentionShape { batch, key_batch, heads, queries, keys, width } = shape;
        let d = width / heads;
        let scale = 1.0 / (d as f32).sqrt();
        let padded = keys.next_multiple_of(LANES);
        let mut left = vec![0.0f32; packed_len(queries, d.max(keys))];
        let mut right = vec![0.0f32; packed_len(keys.max(d), d.max(keys))];
        let mut scores = vec![0.0f32; queries * padded];
        for b in 0..batch {
            let kv = &kv[(b % key_batch) * keys * 2 * width..][..keys * 2 * width];
            let q = &q[b * queries * width..][..queries * width];
            let out = &mut out[b * queries * width..][..queries * width];
            for h in 0..heads {
                let p = &mut p[(b * heads + h) * queries * keys..][..queries * keys];
                pack(Strided::rows(&q[h * d..], width), queries, d, &mut left);
                pack(Strided::rows(&kv[h * d..], 2 * width), keys, d, &mut right);
                product((queries, d, keys), &left, &right, &mut scores, padded);
                for (p, scores) in p.chunks_exact_mut(keys).zip(scores.chunks_exact_mut(padded)) {
                    softmax(scores, keys, scale);
                    p.copy_from_slice(&scores[..keys]);
                }
                pack(Strided::rows(&scores, padded), queries, keys, &mut left);
                pack(Strided::columns(&kv[width + h * d..], 2 * width), d, keys, &mut right);
                product((queries, keys, d), &left, &right, &mut out[h * d..], width);
            }
        }
    }
}

/// In place, over the first `keys` scores; the padding becomes 0.
#[inline(always)]
fn softmax(scores: &mut [f32], keys: usize, scale: f32) {
    scores[keys..].fill(f32::NEG_INFINITY);
    let (chunks, _) = scores.as_chunks_mut::<LANES>();
    let mut most = [f32::NEG_INFINITY; LANES];
    for chunk in chunks.iter() {
        for l in 0..LANES {
            most[l] = most[l].max(chunk[l]);
        }
    }
    let largest = most.into_iter().fold(f32::NEG_INFINITY, f32::max);
    for chunk in chunks.iter_mut() {
        for s in chunk {
            *s = exp((*s - largest) * scale);
        }
    }
    scores[keys..].fill(0.0);
    let reciprocal = 1.0 / sum(scores);
    for s in scores.iter_mut() {
        *s *= reciprocal;
    }
}

vectorised! {
    pub fn attention_backward(
        shape: AttentionShape, q: &'a [f32], kv: &'a [f32], p: &'a [f32], dout: &'a [f32],
        dq: &'a mut [f32], dkv: &'a mut [f32],
    ) {
        let AttentionShape { batch, heads, queries, keys, width, .. } = shape;
        let d = width / heads;
        let scale = 1.0 / (d as f32).sqrt();
        let padded = keys.next_multiple_of(LANES);
        let most = d.max(keys).max(queries);
        let mut left = vec![0.0f32; packed_len(most, most)];
        let mut right = vec![0.0f32; packed_len(most, most)];
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
                // dp = dout·vᵀ, then ds in its place
                pack(Strided::rows(&dout[h * d..], width), queries, d, &mut left);
                pack(Strided::rows(&kv[width + h * d..], 2 * width), keys, d, &mut right);
                product((queries, d, keys), &left, &right, &mut ds, padded);
                for (ds, p) in ds.chunks_exact_mut(padded).zip(p.chunks_exact(keys)) {
                    line[..keys].copy_from_slice(p);
                    ds[keys..].fill(0.0);
                    let mean = dot(&line, ds);
                    for (ds, p) in ds.iter_mut().zip(&line) {
                        *ds = p * (*ds - mean) * scale;
                    }
                }
                pack(Strided::rows(&ds, padded), queries, keys, &mut left);
                pack(Strided::columns(&kv[h * d..], 2 * width), d, keys, &mut right);
                product((queries, keys, d), &left, &right, &mut dq[h * d..], width);
                pack(Strided::columns(&ds, padded), keys, queries, &mut left);
                pack(Strided::columns(&q[h * d..], width), d, queries, &mut right);
                product((keys, queries, d), &left, &right, &mut dkv[h * d..], 2 * width);
                pack(Strided::columns(p, keys), keys, queries, &mut left);
                pack(Strided::columns(&dout[h * d..], width), d, queries, &mut right);
                product((keys, queries, d), &left, &right, &mut dkv[width + h * d..], 2 * width);
            }
        }
    }
}
