//! The GPU against the CPU, operation by operation, on ragged shapes. The tolerance of a sum grows
//! with its length; it is stated with each test, relative to 1 + |expected|.

use super::operations as run;
use super::{Draw, assert_close, cpu, gpu};
use crate::tensor::{AdamW, AttentionShape, FilmShape, Loss, MatmulShape, TokenShape, Transpose, UnaryOp};

/// Runs an operation on both devices and compares.
macro_rules! agree {
    ($gpu:ident, $tolerance:expr, $operation:ident($($argument:expr),* $(,)?)) => {{
        let found = run::$operation($gpu, $($argument),*);
        let expected = run::$operation(cpu(), $($argument),*);
        let what = format!("{}{:?}", stringify!($operation), stringify!($($argument),*));
        assert_close(&what, &found, &expected, $tolerance);
    }};
}

/// `gpu_test!(name, draw, gpu, body)`: a test that needs an adapter and says so if there is none.
macro_rules! gpu_test {
    ($name:ident, |$gpu:ident, $draw:ident| $body:block) => {
        #[test]
        fn $name() {
            let Some($gpu) = gpu(stringify!($name)) else { return };
            let mut $draw = Draw(100);
            $body
        }
    };
}

gpu_test!(elementwise_operations_agree, |gpu, draw| {
    for len in [1, 2, 255, 256, 257, 5000] {
        let (x, y, z) = (draw.numbers(len), draw.numbers(len), draw.numbers(len));
        agree!(gpu, 0.0, copy(&x));
        agree!(gpu, 1e-6, add(&x, &y));
        agree!(gpu, 1e-6, combine(0.5, &x, (-2.0, &y), (0.25, &z)));
        agree!(gpu, 1e-6, combine(0.0, &x, (1.0, &y), (-3.0, &z)));
        let wide: Vec<f32> = x.iter().map(|x| 30.0 * x).collect();
        for op in UnaryOp::ALL {
            agree!(gpu, 1e-5, unary(op, &wide));
            agree!(gpu, 1e-5, unary_backward(op, &wide, &y));
        }
        agree!(gpu, 0.0, clamp(&wide, -4.0, 5.0));
    }
    let extremes = [-1e4, -90.0, -0.0, 0.0, 90.0, 1e4];
    for op in UnaryOp::ALL {
        agree!(gpu, 1e-5, unary(op, &extremes));
        agree!(gpu, 1e-5, unary_backward(op, &extremes, &[1.0; 6]));
    }
});

gpu_test!(learnt_slopes_agree, |gpu, draw| {
    for (rows, channels) in [(1, 1), (300, 1), (3, 8), (70, 9), (33, 467)] {
        let (mut x, dy) = (draw.numbers(rows * channels), draw.numbers(rows * channels));
        x[0] = 0.0;
        let (slope, dslope) = (draw.numbers(channels), draw.numbers(channels));
        agree!(gpu, 0.0, prelu(&x, &slope));
        agree!(gpu, 2e-5, prelu_backward(&x, &slope, &dy, &dslope));
    }
});

gpu_test!(modulations_agree, |gpu, draw| {
    for (rows, condition_rows, width) in [(1, 1, 1), (5, 5, 3), (70, 1, 9), (33, 33, 467)] {
        let shape = FilmShape { rows, condition_rows, width };
        let (gamma_beta, t) =
            (draw.numbers(condition_rows * 2 * width), draw.numbers(condition_rows * width));
        let x = draw.numbers(rows * width);
        agree!(gpu, 1e-6, film(shape, &gamma_beta, &t, &x));
        if condition_rows == rows {
            agree!(gpu, 1e-6, film_backward(shape, &gamma_beta, &t, &x));
        }
    }
});

// Tolerance 2e-5 for contractions to 700, 2e-4 for the long ones.
gpu_test!(products_agree, |gpu, draw| {
    let shapes = [
        (1, 1, 1, 2e-5),
        (1, 3, 130, 2e-5),
        (65, 1, 2, 2e-5),
        (64, 64, 64, 2e-5),
        (63, 17, 65, 2e-5),
        (130, 100, 70, 2e-5),
        (5, 700, 3, 2e-5),
        (64, 3000, 192, 2e-4),
        (175, 467, 292, 2e-5),
        (1, 14, 935, 2e-5),
    ];
    for (m, k, n, tolerance) in shapes {
        for transpose in [Transpose::Neither, Transpose::First, Transpose::Second] {
            let shape = MatmulShape { m, k, n, transpose };
            let (a, b) = (draw.numbers(m * k), draw.numbers(k * n));
            let (bias, c) = (draw.numbers(n), draw.numbers(m * n));
            agree!(gpu, tolerance, matmul(shape, &a, &b, None, false, None));
            agree!(gpu, tolerance, matmul(shape, &a, &b, Some(&bias), true, None));
            agree!(gpu, tolerance, matmul(shape, &a, &b, Some(&bias), false, Some(&c)));
            agree!(gpu, tolerance, matmul(shape, &a, &b, None, true, Some(&c)));
        }
    }
});

gpu_test!(sums_agree, |gpu, draw| {
    for (rows, columns) in [(1, 1), (2, 9), (33, 8), (100, 7), (1000, 65)] {
        let (x, into) = (draw.numbers(rows * columns), draw.numbers(columns));
        agree!(gpu, 2e-5, column_sums(&x, &into));
    }
    for len in [1, 100, 256, 4001, 100_000] {
        let (x, y) = (draw.numbers(len), draw.numbers(len));
        agree!(gpu, 1e-5, sum_of_squares(&x));
        let mut y = y;
        for kind in Loss::ALL {
            agree!(gpu, 1e-5, loss(kind, 1.0 / len as f32, &x, &y, 0.5));
        }
        // a difference of 0, where a derivative may jump
        y[0] = x[0];
        for kind in Loss::ALL {
            agree!(gpu, 1e-5, loss(kind, 1.0 / len as f32, &x, &y, 0.5));
        }
    }
});

// Tolerance 2e-5; a row of one channel and a constant row have no variance, where 1/σ is 316.
gpu_test!(layer_norms_agree, |gpu, draw| {
    for (rows, width) in [(1, 1), (1, 64), (9, 33), (70, 7), (257, 64), (3, 1115)] {
        let x = draw.numbers(rows * width);
        let (gamma, beta, dy) = (draw.numbers(width), draw.numbers(width), draw.numbers(rows * width));
        agree!(gpu, 2e-5, layer_norm(&x, &gamma, &beta));
        let before = [draw.numbers(rows * width), draw.numbers(width), draw.numbers(width)];
        let before = [&before[0][..], &before[1][..], &before[2][..]];
        agree!(gpu, 1e-4, layer_norm_backward(&x, &gamma, &dy, before));
    }
    // a mean that is large against the spread must not cancel
    let x: Vec<f32> = draw.numbers(10 * 64).iter().map(|x| 1000.0 + x).collect();
    let (gamma, beta) = (draw.numbers(64), draw.numbers(64));
    agree!(gpu, 1e-3, layer_norm(&x, &gamma, &beta));
});

gpu_test!(attention_agrees, |gpu, draw| {
    // batch, key batch, heads, queries, keys, width; the last two need several blocks of queries
    let shapes = [
        (1, 1, 1, 1, 1, 1),
        (3, 3, 2, 5, 7, 6),
        (4, 4, 4, 14, 14, 64),
        (5, 1, 4, 14, 15, 64),
        (2, 2, 3, 17, 1, 9),
        (2, 2, 2, 100, 65, 6),
        (1, 1, 1, 5, 3000, 4),
    ];
    for (batch, key_batch, heads, queries, keys, width) in shapes {
        let shape = AttentionShape { batch, key_batch, heads, queries, keys, width };
        let scaled = |x: Vec<f32>| -> Vec<f32> { x.into_iter().map(|x| 3.0 * x).collect() };
        let q = scaled(draw.numbers(batch * queries * width));
        let kv = scaled(draw.numbers(key_batch * keys * 2 * width));
        agree!(gpu, 2e-5, attention(shape, &q, &kv));
        if key_batch == batch {
            let dout = draw.numbers(batch * queries * width);
            agree!(gpu, 1e-4, attention_backward(shape, &q, &kv, &dout));
        }
    }
});

gpu_test!(token_operations_agree, |gpu, draw| {
    for (rows, tokens, width) in [(1, 1, 1), (3, 14, 64), (70, 3, 5), (257, 2, 9)] {
        let shape = TokenShape { rows, tokens, width };
        let (value, x) = (draw.numbers(rows * tokens), draw.numbers(rows * tokens * width));
        let (w, b) = (draw.numbers(tokens * width), draw.numbers(tokens * width));
        agree!(gpu, 1e-6, embed_tokens(shape, &value, &w, &b));
        let before = (draw.numbers(tokens * width), draw.numbers(tokens * width));
        agree!(gpu, 2e-5, embed_tokens_backward(shape, &value, &x, [&before.0, &before.1]));
        agree!(gpu, 1e-5, project_tokens(shape, &x, &w, &b[..tokens]));
        let before = [&before.0[..], &before.1[..tokens]];
        agree!(gpu, 2e-5, project_tokens_backward(shape, &x, &w, &value, before));
    }
});

gpu_test!(conditions_agree, |gpu, draw| {
    for (rows, tokens, width) in [(1, 1, 1), (4, 15, 64), (70, 3, 5), (300, 2, 9)] {
        let shape = TokenShape { rows, tokens, width };
        let keep: Vec<f32> = draw.numbers(rows).iter().map(|x| f32::from(u8::from(*x > 0.0))).collect();
        let (null, time) = (draw.numbers(tokens * width), draw.numbers(rows * width));
        let tokens_before = draw.numbers(rows * tokens * width);
        agree!(gpu, 1e-6, mix_condition(shape, &keep, &null, &time, &tokens_before));
        agree!(gpu, 2e-5, mix_condition_backward(shape, &keep, &tokens_before, &null));
    }
});

// Tolerance 1e-6 at angles to 1000 radians.
gpu_test!(time_features_agree, |gpu, draw| {
    for (rows, width) in [(1, 2), (3, 64), (50, 10)] {
        let t: Vec<f32> = draw.fractions(rows).iter().map(|x| (1000.0 * x).round()).collect();
        agree!(gpu, 1e-6, time_features(width, &t));
    }
    agree!(gpu, 1e-6, time_features(64, &[0.0, 1.0, 999.0, 1000.0]));
});

// Ten steps with and without clipping.
gpu_test!(optimiser_steps_agree, |gpu, draw| {
    for (len, clip_norm) in [(1, f32::INFINITY), (1000, 1.0), (5003, 1e4)] {
        let mask: Vec<f32> = draw.numbers(len).iter().map(|x| f32::from(u8::from(*x > 0.0))).collect();
        let mut state = vec![draw.numbers(len), vec![0.0; len], vec![0.0; len], draw.numbers(len)];
        for step in 1..=10 {
            let settings = AdamW {
                step,
                learning_rate: 1e-2,
                beta1: 0.9,
                beta2: 0.999,
                epsilon: 1e-8,
                weight_decay: 0.1,
                clip_norm,
                ema_decay: 0.99,
            };
            let gradients = draw.numbers(len);
            let before = [&state[0][..], &state[1][..], &state[2][..], &state[3][..]];
            agree!(gpu, 1e-5, adam_w(settings, &gradients, &mask, before));
            state = run::adam_w(cpu(), settings, &gradients, &mask, before);
        }
    }
});
