//! Embeddings: scalars to tokens and back, the timestep, the condition with its dropout; the
//! mathematics stand in [`crate::tensor::ops`].

use super::buffer::Pair;
use super::lanes::{axpy, dot, fma, vectorised};
use crate::tensor::{ConditionShape, TokenShape, frequency};

vectorised! {
    pub fn embed_tokens(shape: TokenShape, value: &'a [f32], w: &'a [f32], b: &'a [f32], out: &'a mut [f32]) {
        let TokenShape { rows, tokens, width } = shape;
        for r in 0..rows {
            for t in 0..tokens {
                let s = value[r * tokens + t];
                let (w, b) = (&w[t * width..][..width], &b[t * width..][..width]);
                let out = &mut out[(r * tokens + t) * width..][..width];
                for i in 0..width {
                    out[i] = fma(s, w[i], b[i]);
                }
            }
        }
    }
}

vectorised! {
    pub fn embed_tokens_backward(shape: TokenShape, value: &'a [f32], dout: &'a [f32], dw_db: Pair<'a>) {
        let (dw, db) = dw_db;
        let TokenShape { rows, tokens, width } = shape;
        for r in 0..rows {
            for t in 0..tokens {
                let dout = &dout[(r * tokens + t) * width..][..width];
                axpy(value[r * tokens + t], dout, &mut dw[t * width..][..width]);
                axpy(1.0, dout, &mut db[t * width..][..width]);
            }
        }
    }
}

vectorised! {
    pub fn project_tokens(shape: TokenShape, x: &'a [f32], w: &'a [f32], b: &'a [f32], out: &'a mut [f32]) {
        let TokenShape { rows, tokens, width } = shape;
        for r in 0..rows {
            for t in 0..tokens {
                let x = &x[(r * tokens + t) * width..][..width];
                out[r * tokens + t] = dot(x, &w[t * width..][..width]) + b[t];
            }
        }
    }
}

vectorised! {
    pub fn project_tokens_backward(
        shape: TokenShape, x: &'a [f32], w: &'a [f32], dout: &'a [f32],
        dx: &'a mut [f32], dw_db: Pair<'a>,
    ) {
        let (dw, db) = dw_db;
        let TokenShape { rows, tokens, width } = shape;
        for r in 0..rows {
            for t in 0..tokens {
                let s = dout[r * tokens + t];
                let at = (r * tokens + t) * width;
                let w = &w[t * width..][..width];
                for (dx, w) in dx[at..][..width].iter_mut().zip(w) {
                    *dx = s * w;
                }
                axpy(s, &x[at..][..width], &mut dw[t * width..][..width]);
                db[t] += s;
            }
        }
    }
}

pub fn time_features(width: usize, t: &[f32], features: &mut [f32]) {
    let half = width / 2;
    for (t, row) in t.iter().zip(features.chunks_exact_mut(width)) {
        for i in 0..half {
            let angle = t * frequency(i, half);
            row[i] = angle.cos();
            row[half + i] = angle.sin();
        }
    }
}

vectorised! {
    pub fn mix_condition(
        shape: ConditionShape, keep: &'a [f32], null: &'a [f32], time: &'a [f32], tokens: &'a mut [f32],
    ) {
        let row = shape.tokens * shape.width;
        for r in 0..shape.rows {
            let into = &mut tokens[r * row..][..row];
            if keep[r] <= 0.5 {
                into.copy_from_slice(null);
            }
            let time = &time[r * shape.width..][..shape.width];
            for token in into.chunks_exact_mut(shape.width) {
                axpy(1.0, time, token);
            }
        }
    }
}

vectorised! {
    pub fn mix_condition_backward(
        shape: ConditionShape, keep: &'a [f32], dtokens: &'a mut [f32], dnull: &'a mut [f32], dtime: &'a mut [f32],
    ) {
        let row = shape.tokens * shape.width;
        for r in 0..shape.rows {
            let from = &mut dtokens[r * row..][..row];
            let dtime = &mut dtime[r * shape.width..][..shape.width];
            dtime.fill(0.0);
            for token in from.chunks_exact(shape.width) {
                axpy(1.0, token, dtime);
            }
            if keep[r] <= 0.5 {
                axpy(1.0, from, dnull);
                from.fill(0.0);
            }
        }
    }
}
