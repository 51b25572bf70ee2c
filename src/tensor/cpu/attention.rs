//! Multi-head attention over short sequences; the mathematics stand in [`crate::tensor::ops`].
//!
//! A head's matrices are tiny (14 × 16): too small for a large product's machinery. Scores are kept transposed, a
//! row a key and all queries side by side in vectors, so that softmax runs down the rows without sums across a vector,
//! and every product reads its left factor number by number as it lies. Only the queries, and the gradient of what
//! they attended to, are transposed for it.

use super::buffer::CpuBuffer;
use super::product::{Left, Product, Rows, RowsMut};
use super::simd::{Kernel, Lanes, MOST_LANES, dispatch, exp, first};
use crate::tensor::AttentionShape;
use pulp::Simd;

/// See [`crate::tensor::ops::attention`]. `p` is left as `[batch,heads,keys,queries]`.
pub fn attention(shape: AttentionShape, q: &[f32], kv: &[f32], out: &mut [f32], p: &mut [f32]) {
    dispatch(Forward { shape, q, kv, out, p });
}

/// See [`crate::tensor::ops::attention_backward`].
pub fn attention_backward(
    shape: AttentionShape,
    q: &[f32],
    kv: &[f32],
    p: &[f32],
    dout: &[f32],
    dq: &mut [f32],
    dkv: &mut [f32],
) {
    dispatch(Backward { shape, q, kv, p, dout, dq, dkv });
}

/// Sizes of a head, and how its rows are padded to whole vectors.
#[derive(Clone, Copy)]
struct Head {
    queries: usize,
    channels: usize,
    /// Queries, to a multiple of a vector's lanes.
    padded: usize,
    /// Channels, likewise.
    wide: usize,
    /// `1/√channels`.
    scale: f32,
    /// Where the rows of the last vector of queries lie from its first on; beyond the last query it is repeated, so
    /// that lanes without a query hold numbers as harmless as hers.
    last_rows: [usize; MOST_LANES],
    /// Where those of all others do.
    rows: [usize; MOST_LANES],
}

impl Head {
    fn new<S: Simd>(shape: AttentionShape) -> Head {
        let AttentionShape { heads, queries, width, .. } = shape;
        let channels = width / heads;
        let padded = queries.next_multiple_of(S::F32_LANES);
        let last = (queries + S::F32_LANES - padded).saturating_sub(1);
        Head {
            queries,
            channels,
            padded,
            wide: channels.next_multiple_of(S::F32_LANES),
            scale: 1.0 / (channels as f32).sqrt(),
            last_rows: std::array::from_fn(|i| i.min(last) * width),
            rows: std::array::from_fn(|i| i * width),
        }
    }

    /// `into[channels,padded]` from `[queries,channels]`.
    #[inline(always)]
    fn transpose<S: Lanes>(&self, simd: S, from: Rows, into: &mut [f32]) {
        assert!(from.data.len() >= (self.queries - 1) * from.stride + self.channels, "attention: queries");
        assert!(
            self.rows[1] == from.stride && into.len() == self.channels * self.padded,
            "attention: transpose"
        );
        let tiles = self.padded / S::F32_LANES;
        let into = S::as_mut_simd_f32s(into).0;
        for t in 0..tiles {
            let rows = if t + 1 == tiles { &self.last_rows } else { &self.rows };
            let from = &from.data[t * S::F32_LANES * from.stride..];
            let mut c = 0;
            while c + 4 <= self.channels {
                // SAFETY: the rows lie inside `from`, as asserted above.
                let columns = unsafe { simd.four_columns(from[c..].as_ptr(), rows) };
                for (i, column) in columns.into_iter().enumerate() {
                    into[(c + i) * tiles + t] = column;
                }
                c += 4;
            }
            for c in c..self.channels {
                let mut column = [0.0; MOST_LANES];
                for (value, row) in column[..S::F32_LANES].iter_mut().zip(rows) {
                    *value = from[row + c];
                }
                into[c * tiles + t] = S::as_simd_f32s(&column[..S::F32_LANES]).0[0];
            }
        }
    }

    /// `rows` rows of channels that can be read in whole vectors: as they lie where they fill them, else copied to
    /// `into[rows,wide]`.
    #[inline(always)]
    fn whole<'a>(&self, from: Rows<'a>, rows: usize, into: &'a mut [f32]) -> Rows<'a> {
        if self.channels == self.wide {
            return from;
        }
        for (i, into) in into.chunks_exact_mut(self.wide).enumerate().take(rows) {
            into[..self.channels].copy_from_slice(&from.data[i * from.stride..][..self.channels]);
        }
        Rows { data: into, stride: self.wide }
    }

    /// Scores to probabilities, in place `[keys,padded]` and to `p[keys,queries]`.
    #[inline(always)]
    fn softmax<S: Simd>(&self, simd: S, scores: &mut [f32], p: &mut [f32]) {
        let scores = S::as_mut_simd_f32s(scores).0;
        let tiles = self.padded / S::F32_LANES;
        let scale = simd.splat_f32s(self.scale);
        for t in 0..tiles {
            let mut most = simd.splat_f32s(f32::NEG_INFINITY);
            for score in scores[t..].iter().step_by(tiles) {
                most = simd.max_f32s(most, *score);
            }
            let mut sum = simd.splat_f32s(0.0);
            for score in scores[t..].iter_mut().step_by(tiles) {
                *score = exp(simd, simd.mul_f32s(simd.sub_f32s(*score, most), scale));
                sum = simd.add_f32s(sum, *score);
            }
            let reciprocal = simd.div_f32s(simd.splat_f32s(1.0), sum);
            let mask = first(simd, S::F32_LANES.min(self.queries - t * S::F32_LANES));
            let p = p[t * S::F32_LANES..].chunks_mut(self.queries);
            for (score, p) in scores[t..].iter_mut().step_by(tiles).zip(p) {
                *score = simd.mul_f32s(*score, reciprocal);
                match S::as_mut_simd_f32s(p).0.first_mut() {
                    Some(whole) if t + 1 < tiles => *whole = *score,
                    // SAFETY: of `p` there are at least as many numbers as the mask has lanes.
                    _ => unsafe { simd.mask_store_ptr_f32s(mask, p.as_mut_ptr(), *score) },
                }
            }
        }
    }

    /// `ds[keys,padded]` in the place of `dp`; `p[keys,queries]` and what lies behind it.
    #[inline(always)]
    fn softmax_backward<S: Simd>(&self, simd: S, p: &[f32], ds: &mut [f32]) {
        let ds = S::as_mut_simd_f32s(ds).0;
        let tiles = self.padded / S::F32_LANES;
        let scale = simd.splat_f32s(self.scale);
        for t in 0..tiles {
            let mask = first(simd, S::F32_LANES.min(self.queries - t * S::F32_LANES));
            let p = &p[t * S::F32_LANES..];
            let mut mean = simd.splat_f32s(0.0);
            for (p, dp) in p.chunks(self.queries).zip(ds[t..].iter().step_by(tiles)) {
                // SAFETY: of `p` there are at least as many numbers as the mask has lanes.
                let p = unsafe { simd.mask_load_ptr_f32s(mask, p.as_ptr()) };
                mean = simd.mul_add_e_f32s(p, *dp, mean);
            }
            for (p, ds) in p.chunks(self.queries).zip(ds[t..].iter_mut().step_by(tiles)) {
                // SAFETY: as above.
                let p = unsafe { simd.mask_load_ptr_f32s(mask, p.as_ptr()) };
                *ds = simd.mul_f32s(simd.mul_f32s(p, scale), simd.sub_f32s(*ds, mean));
            }
        }
    }
}

struct Forward<'a> {
    shape: AttentionShape,
    q: &'a [f32],
    kv: &'a [f32],
    out: &'a mut [f32],
    p: &'a mut [f32],
}

impl Kernel for Forward<'_> {
    #[inline(always)]
    fn run<S: Lanes>(self, simd: S) {
        let Forward { shape, q, kv, out, p } = self;
        let AttentionShape { batch, key_batch, heads, queries, keys, width } = shape;
        let head = Head::new::<S>(shape);
        let Head { channels, padded, wide, .. } = head;
        let mut scratch = CpuBuffer::filled(channels * padded + keys * padded + keys * wide, 0.0);
        let (qt, rest) = scratch.as_mut_slice().split_at_mut(channels * padded);
        let (scores, copy) = rest.split_at_mut(keys * padded);
        for b in 0..batch {
            let q = &q[b * queries * width..][..queries * width];
            let kv = &kv[(b % key_batch) * keys * 2 * width..][..keys * 2 * width];
            let out = &mut out[b * queries * width..][..queries * width];
            for h in 0..heads {
                let key = Rows { data: &kv[h * channels..], stride: 2 * width };
                let value = Rows { data: &kv[width + h * channels..], stride: 2 * width };
                let p = &mut p[(b * heads + h) * keys * queries..][..keys * queries];
                head.transpose(simd, Rows { data: &q[h * channels..], stride: width }, qt);
                simd.vectorize(Product {
                    m: keys,
                    k: channels,
                    n: padded,
                    a: Left::Straight(key),
                    b: Rows { data: qt, stride: padded },
                    c: RowsMut { data: scores, stride: padded },
                });
                head.softmax(simd, scores, p);
                simd.vectorize(Product {
                    m: queries,
                    k: keys,
                    n: channels,
                    a: Left::Transposed(Rows { data: scores, stride: padded }),
                    b: head.whole(value, keys, copy),
                    c: RowsMut { data: &mut out[h * channels..], stride: width },
                });
            }
        }
    }
}

struct Backward<'a> {
    shape: AttentionShape,
    q: &'a [f32],
    kv: &'a [f32],
    p: &'a [f32],
    dout: &'a [f32],
    dq: &'a mut [f32],
    dkv: &'a mut [f32],
}

impl Kernel for Backward<'_> {
    #[inline(always)]
    fn run<S: Lanes>(self, simd: S) {
        let Backward { shape, q, kv, p, dout, dq, dkv } = self;
        let AttentionShape { batch, heads, queries, keys, width, .. } = shape;
        let head = Head::new::<S>(shape);
        let Head { channels, padded, wide, .. } = head;
        let mut scratch =
            CpuBuffer::filled(channels * padded + keys * padded + keys.max(queries) * wide, 0.0);
        let (dt, rest) = scratch.as_mut_slice().split_at_mut(channels * padded);
        let (ds, copy) = rest.split_at_mut(keys * padded);
        for b in 0..batch {
            let q = &q[b * queries * width..][..queries * width];
            let dout = &dout[b * queries * width..][..queries * width];
            let dq = &mut dq[b * queries * width..][..queries * width];
            let kv = &kv[b * keys * 2 * width..][..keys * 2 * width];
            let dkv = &mut dkv[b * keys * 2 * width..][..keys * 2 * width];
            for h in 0..heads {
                let query = Rows { data: &q[h * channels..], stride: width };
                let dout = Rows { data: &dout[h * channels..], stride: width };
                let key = Rows { data: &kv[h * channels..], stride: 2 * width };
                let value = Rows { data: &kv[width + h * channels..], stride: 2 * width };
                let p = &p[(b * heads + h) * keys * queries..][..keys * queries];
                // dv = pᵀ·dout
                simd.vectorize(Product {
                    m: keys,
                    k: queries,
                    n: channels,
                    a: Left::Straight(Rows { data: p, stride: queries }),
                    b: head.whole(dout, queries, copy),
                    c: RowsMut { data: &mut dkv[width + h * channels..], stride: 2 * width },
                });
                // dp = dout·vᵀ, then ds in its place
                head.transpose(simd, dout, dt);
                simd.vectorize(Product {
                    m: keys,
                    k: channels,
                    n: padded,
                    a: Left::Straight(value),
                    b: Rows { data: dt, stride: padded },
                    c: RowsMut { data: ds, stride: padded },
                });
                head.softmax_backward(simd, p, ds);
                // dk = dsᵀ·q
                simd.vectorize(Product {
                    m: keys,
                    k: queries,
                    n: channels,
                    a: Left::Straight(Rows { data: ds, stride: padded }),
                    b: head.whole(query, queries, copy),
                    c: RowsMut { data: &mut dkv[h * channels..], stride: 2 * width },
                });
                // dq = ds·k
                simd.vectorize(Product {
                    m: queries,
                    k: keys,
                    n: channels,
                    a: Left::Transposed(Rows { data: ds, stride: padded }),
                    b: head.whole(key, keys, copy),
                    c: RowsMut { data: &mut dq[h * channels..], stride: width },
                });
            }
        }
    }
}

#[cfg(test)]
mod tests;
