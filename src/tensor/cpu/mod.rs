//! The native CPU backend: `gemm` for products, vectorised loops for the rest, rayon over lanes.
//!
//! One operation runs on one thread. Parallelism lies above: a batch is cut into lanes small enough
//! that a lane's activations stay in the core's cache from one operation to the next, and lanes run
//! side by side (see [`Backend::for_each_lane`]). Loops are compiled for SSE2, AVX2 and AVX-512 and
//! chosen at run time through `pulp`.

mod activation;
mod attention;
mod elementwise;
mod lanes;
mod matmul;
mod norm;
mod optimiser;
mod tokens;

use super::loss::with_loss;
use super::unary::with_unary;
use super::{
    AdamW, AttentionShape, Backend, ConditionShape, Epilogue, FilmShape, Loss, MatmulShape, PairMut,
    TensorError, TokenShape, UnaryOp, View, ViewMut, random,
};
pub(in crate::tensor) use lanes::exp;
use rayon::prelude::*;

/// Rows of a batch that one lane takes: 16 rows of 14 tokens of 64 channels are 56 KiB, so that an
/// operation's arguments and results fit a core's second-level cache.
const LANE_ROWS: usize = 16;

/// The native CPU.
#[derive(Debug)]
pub struct Cpu {
    pool: rayon::ThreadPool,
    poison: bool,
}

/// A plain vector.
#[derive(Debug)]
pub struct CpuBuffer(Vec<f32>);

impl Cpu {
    /// A backend on `threads` threads; 0 for as many as there are cores.
    ///
    /// # Errors
    /// The threads cannot be started.
    pub fn new(threads: usize) -> Result<Cpu, TensorError> {
        let builder = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let pool = builder.thread_name(|i| format!("sizewright-cpu-{i}")).build();
        let pool = pool.map_err(|e| TensorError::NoDevice {
            wanted: "CPU thread pool".to_owned(),
            remedy: format!("{e}; free some memory or raise the limit on threads"),
        })?;
        Ok(Cpu { pool, poison: false })
    }

    /// A backend whose fresh buffers hold NaN, to find reads of what was never written.
    ///
    /// # Errors
    /// As [`Cpu::new`].
    pub fn poisoned() -> Result<Cpu, TensorError> {
        Ok(Cpu { poison: true, ..Cpu::new(0)? })
    }
}

fn slice<'a>(view: View<'a, CpuBuffer>) -> &'a [f32] {
    &view.buffer.0[view.start..view.start + view.len]
}

fn slice_mut<'a>(view: ViewMut<'a, CpuBuffer>) -> &'a mut [f32] {
    &mut view.buffer.0[view.start..view.start + view.len]
}

fn pair_mut<'a>(pair: PairMut<'a, CpuBuffer>) -> (&'a mut [f32], &'a mut [f32]) {
    let range = |(start, len): (usize, usize)| start..start + len;
    let [first, second] = pair
        .buffer
        .0
        .get_disjoint_mut([range(pair.first), range(pair.second)])
        .expect("the two parts lie inside the buffer and apart");
    (first, second)
}

type In<'a> = View<'a, CpuBuffer>;
type Out<'a> = ViewMut<'a, CpuBuffer>;

impl Backend for Cpu {
    type Buffer = CpuBuffer;

    fn name(&self) -> String {
        #[cfg(target_arch = "x86_64")]
        let instructions = if is_x86_feature_detected!("avx512f") {
            "AVX-512, "
        } else if is_x86_feature_detected!("avx2") {
            "AVX2, "
        } else {
            "SSE2, "
        };
        #[cfg(not(target_arch = "x86_64"))]
        let instructions = "";
        let threads = self.pool.current_num_threads();
        format!("CPU ({instructions}{threads} thread{})", if threads == 1 { "" } else { "s" })
    }

    fn lane_rows(&self) -> usize {
        LANE_ROWS
    }

    fn for_each_lane<L: Send>(&self, lanes: &mut [L], work: impl Fn(usize, &mut L) + Send + Sync) {
        self.pool.install(|| {
            // one lane at a time a thread: a lane is long, and a stolen core must not hold others back
            lanes.par_iter_mut().with_max_len(1).enumerate().for_each(|(index, lane)| work(index, lane));
        });
    }

    fn alloc(&self, len: usize) -> CpuBuffer {
        CpuBuffer(vec![if self.poison { f32::NAN } else { 0.0 }; len])
    }

    fn len(&self, buffer: &CpuBuffer) -> usize {
        buffer.0.len()
    }

    unsafe fn write(&self, into: Out, data: &[f32]) {
        slice_mut(into).copy_from_slice(data);
    }

    fn read(&self, from: In) -> Result<Vec<f32>, TensorError> {
        Ok(slice(from).to_vec())
    }

    unsafe fn fill(&self, into: Out, value: f32) {
        slice_mut(into).fill(value);
    }

    unsafe fn copy(&self, from: In, into: Out) {
        slice_mut(into).copy_from_slice(slice(from));
    }

    unsafe fn combine(&self, into: Out, a: f32, x: (f32, In), y: (f32, In)) {
        elementwise::combine(slice_mut(into), a, x.0, slice(x.1), y.0, slice(y.1));
    }

    unsafe fn clamp(&self, into: Out, low: f32, high: f32) {
        elementwise::clamp(slice_mut(into), low, high);
    }

    unsafe fn add(&self, from: In, into: Out) {
        elementwise::add(slice(from), slice_mut(into));
    }

    unsafe fn normal(&self, into: Out, seed: u64, stream: u64) {
        random::fill_normal(slice_mut(into), seed, stream);
    }

    unsafe fn dropout(&self, into: Out, p: f32, seed: u64, stream: u64) {
        elementwise::dropout(slice_mut(into), p, seed, stream);
    }

    unsafe fn matmul(&self, shape: MatmulShape, a: In, b: In, c: Out, epilogue: Epilogue<CpuBuffer>) {
        let Epilogue { bias, relu, accumulate } = epilogue;
        matmul::matmul(shape, slice(a), slice(b), slice_mut(c), bias.map(slice), relu, accumulate);
    }

    unsafe fn column_sums(&self, columns: usize, x: In, into: Out) {
        elementwise::column_sums(columns, slice(x), slice_mut(into));
    }

    unsafe fn unary(&self, op: UnaryOp, x: In, y: Out) {
        with_unary!(op, F => activation::unary::<F>(slice(x), slice_mut(y)));
    }

    unsafe fn unary_backward(&self, op: UnaryOp, x: In, dy: Out) {
        with_unary!(op, F => activation::unary_backward::<F>(slice(x), slice_mut(dy)));
    }

    unsafe fn prelu(&self, x: In, slope: In, y: Out) {
        activation::prelu(slice(x), slice(slope), slice_mut(y));
    }

    unsafe fn prelu_backward(&self, x: In, slope: In, dy: Out, dslope: Out) {
        activation::prelu_backward(slice(x), slice(slope), slice_mut(dy), slice_mut(dslope));
    }

    unsafe fn film(&self, shape: FilmShape, gamma_beta: In, t: In, x: Out) {
        activation::film(shape, slice(gamma_beta), slice(t), slice_mut(x));
    }

    unsafe fn film_backward(
        &self,
        shape: FilmShape,
        gamma_beta: In,
        t: In,
        dx: In,
        dgamma_dbeta: Out,
        dt: Out,
    ) {
        let (gamma_beta, dgamma_dbeta) = (slice(gamma_beta), slice_mut(dgamma_dbeta));
        activation::film_backward(shape.width, gamma_beta, slice(t), slice(dx), dgamma_dbeta, slice_mut(dt));
    }

    unsafe fn layer_norm(&self, width: usize, x: In, gamma: In, beta: In, y: Out, stats: Out) {
        norm::forward(width, slice(x), slice(gamma), slice(beta), slice_mut(y), slice_mut(stats));
    }

    unsafe fn layer_norm_backward(
        &self,
        width: usize,
        x: In,
        gamma: In,
        stats: In,
        dy: In,
        dx: Out,
        dgamma_dbeta: PairMut<CpuBuffer>,
    ) {
        let (dgamma, dbeta) = pair_mut(dgamma_dbeta);
        let dx = slice_mut(dx);
        norm::backward(width, slice(x), slice(gamma), slice(stats), slice(dy), dx, dgamma, dbeta);
    }

    unsafe fn attention(&self, shape: AttentionShape, q: In, kv: In, out: Out, p: Out) {
        attention::forward(shape, slice(q), slice(kv), slice_mut(out), slice_mut(p));
    }

    unsafe fn attention_backward(
        &self,
        shape: AttentionShape,
        q: In,
        kv: In,
        p: In,
        dout: In,
        dq: Out,
        dkv: Out,
    ) {
        attention::backward(shape, slice(q), slice(kv), slice(p), slice(dout), slice_mut(dq), slice_mut(dkv));
    }

    unsafe fn embed_tokens(&self, shape: TokenShape, value: In, w: In, b: In, out: Out) {
        tokens::embed(shape, slice(value), slice(w), slice(b), slice_mut(out));
    }

    unsafe fn embed_tokens_backward(
        &self,
        shape: TokenShape,
        value: In,
        dout: In,
        dw_db: PairMut<CpuBuffer>,
    ) {
        let (dw, db) = pair_mut(dw_db);
        tokens::embed_backward(shape, slice(value), slice(dout), dw, db);
    }

    unsafe fn project_tokens(&self, shape: TokenShape, x: In, w: In, b: In, out: Out) {
        tokens::project(shape, slice(x), slice(w), slice(b), slice_mut(out));
    }

    unsafe fn project_tokens_backward(
        &self,
        shape: TokenShape,
        x: In,
        w: In,
        dout: In,
        dx: Out,
        dw_db: PairMut<CpuBuffer>,
    ) {
        let (dw, db) = pair_mut(dw_db);
        tokens::project_backward(shape, slice(x), slice(w), slice(dout), slice_mut(dx), dw, db);
    }

    unsafe fn time_features(&self, width: usize, t: In, features: Out) {
        tokens::time_features(width, slice(t), slice_mut(features));
    }

    unsafe fn mix_condition(&self, shape: ConditionShape, keep: In, null: In, time: In, tokens: Out) {
        tokens::mix_condition(shape, slice(keep), slice(null), slice(time), slice_mut(tokens));
    }

    unsafe fn mix_condition_backward(
        &self,
        shape: ConditionShape,
        keep: In,
        dtokens: Out,
        dnull: Out,
        dtime: Out,
    ) {
        let (dtokens, dnull, dtime) = (slice_mut(dtokens), slice_mut(dnull), slice_mut(dtime));
        tokens::mix_condition_backward(shape, slice(keep), dtokens, dnull, dtime);
    }

    unsafe fn loss(&self, loss: Loss, scale: f32, prediction: In, target: In, gradient: Out, total: Out) {
        let (prediction, target) = (slice(prediction), slice(target));
        let (gradient, total) = (slice_mut(gradient), &mut slice_mut(total)[0]);
        with_loss!(loss, L => elementwise::loss::<L>(scale, prediction, target, gradient, total));
    }

    unsafe fn sum_of_squares(&self, x: In, into: Out) {
        slice_mut(into)[0] = elementwise::sum_of_squares(slice(x));
    }

    unsafe fn adam_w(
        &self,
        settings: AdamW,
        gradients: In,
        mask: In,
        square_norm: In,
        weights: Out,
        first: Out,
        second: Out,
        ema: Out,
    ) {
        let norm = slice(square_norm)[0].sqrt();
        let (weights, first) = (slice_mut(weights), slice_mut(first));
        let (second, ema) = (slice_mut(second), slice_mut(ema));
        optimiser::adam_w(settings, norm, slice(gradients), slice(mask), weights, first, second, ema);
    }
}
