//! The GPU backend: hand-written cubecl kernels over wgpu (Vulkan, Metal, DirectX 12).
//!
//! Launches are queued and return at once; a kernel is compiled at its first launch. Whatever goes
//! wrong on the device shows at the next [`Backend::read`]. All launches of one [`Gpu`] go to one
//! cubecl stream, so they happen in the order of the calls, from whichever thread.

mod buffer;
mod device;
mod kernels;

pub use buffer::GpuBuffer;
pub use device::{AdapterChoice, AdapterInfo, AdapterKind, adapters};

use super::loss::with_loss;
use super::unary::with_unary;
use super::{
    AdamW, AttentionShape, Backend, ConditionShape, Epilogue, FilmShape, Loss, MatmulShape, PairMut,
    TensorError, TokenShape, UnaryOp, View, ViewMut, frequency,
};
use buffer::{arg, arg_mut, pair, part};
use cubecl::prelude::Client;
use kernels::{
    activation, attention, elementwise, gradients, matmul, norm, optimiser, random, reduce, tokens,
};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One adapter's compute device.
pub struct Gpu {
    client: Client,
    place: usize,
    info: AdapterInfo,
    poison: bool,
    /// Partial sums between the two launches of one operation; the lock is held across both.
    scratch: Mutex<GpuBuffer>,
    /// Frequencies of the time features, by their number.
    frequencies: Mutex<BTreeMap<usize, GpuBuffer>>,
}

impl std::fmt::Debug for Gpu {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gpu").field("info", &self.info).field("poison", &self.poison).finish_non_exhaustive()
    }
}

impl Gpu {
    /// A backend on the chosen adapter.
    ///
    /// # Errors
    /// [`TensorError::NoDevice`] if there is no such adapter, [`TensorError::Device`] if it refuses.
    pub fn new(choice: &AdapterChoice) -> Result<Gpu, TensorError> {
        let (mut client, place, info) = device::open(choice)?;
        let scratch = GpuBuffer::new(&client, reduce::SUM_SCRATCH);
        // SAFETY: every buffer of this backend is made, launched on and read through this client, so
        // the stream of the thread that opened it orders them all; streams of other clients share no buffer with it.
        unsafe { scratch.pin(&mut client) };
        let scratch = Mutex::new(scratch);
        let frequencies = Mutex::new(BTreeMap::new());
        Ok(Gpu { client, place, info, poison: false, scratch, frequencies })
    }

    /// A backend whose fresh buffers hold NaN, to find reads of what was never written.
    ///
    /// # Errors
    /// As [`Gpu::new`].
    pub fn poisoned(choice: &AdapterChoice) -> Result<Gpu, TensorError> {
        Ok(Gpu { poison: true, ..Gpu::new(choice)? })
    }

    /// The adapter.
    pub fn adapter(&self) -> &AdapterInfo {
        &self.info
    }

    /// Scratch memory of at least `len` elements.
    fn scratch(&self, len: usize) -> MutexGuard<'_, GpuBuffer> {
        let mut scratch = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        if scratch.len() < len {
            *scratch = GpuBuffer::new(&self.client, len);
        }
        scratch
    }
}

type In<'a> = View<'a, GpuBuffer>;
type Out<'a> = ViewMut<'a, GpuBuffer>;

impl Backend for Gpu {
    type Buffer = GpuBuffer;

    fn name(&self) -> String {
        self.info.to_string()
    }

    fn lane_rows(&self) -> usize {
        usize::MAX
    }

    fn alloc(&self, len: usize) -> GpuBuffer {
        let buffer = GpuBuffer::new(&self.client, len);
        if self.poison {
            elementwise::fill(&self.client, len, buffer.arg(), f32::NAN);
        }
        buffer
    }

    fn len(&self, buffer: &GpuBuffer) -> usize {
        buffer.len()
    }

    unsafe fn write(&self, into: Out, data: &[f32]) {
        if !data.is_empty() {
            let bytes = cubecl::bytes::Bytes::from_elems(data.to_vec());
            self.client.write(&part(into.as_view()), bytes);
        }
    }

    fn read(&self, from: In) -> Result<Vec<f32>, TensorError> {
        if from.len == 0 {
            return Ok(Vec::new());
        }
        match self.client.read_one(part(from)) {
            Ok(bytes) => Ok(bytemuck::pod_collect_to_vec(&bytes)),
            Err(error) => {
                device::forget(self.place);
                Err(TensorError::Device { device: self.name(), reason: error.to_string() })
            }
        }
    }

    unsafe fn fill(&self, into: Out, value: f32) {
        elementwise::fill(&self.client, into.len, arg_mut(&into), value);
    }

    unsafe fn copy(&self, from: In, into: Out) {
        elementwise::copy(&self.client, into.len, arg(from), arg_mut(&into));
    }

    unsafe fn combine(&self, into: Out, a: f32, x: (f32, In), y: (f32, In)) {
        let (x, y) = ((x.0, arg(x.1)), (y.0, arg(y.1)));
        elementwise::combine(&self.client, into.len, arg_mut(&into), a, x, y);
    }

    unsafe fn clamp(&self, into: Out, low: f32, high: f32) {
        elementwise::limit(&self.client, into.len, arg_mut(&into), low, high);
    }

    unsafe fn add(&self, from: In, into: Out) {
        elementwise::add(&self.client, into.len, arg(from), arg_mut(&into));
    }

    unsafe fn normal(&self, into: Out, seed: u64, stream: u64) {
        random::normal(&self.client, into.len, arg_mut(&into), seed, stream);
    }

    unsafe fn dropout(&self, into: Out, p: f32, seed: u64, stream: u64) {
        random::dropout(&self.client, into.len, arg_mut(&into), p, seed, stream);
    }

    unsafe fn matmul(&self, shape: MatmulShape, a: In, b: In, c: Out, epilogue: Epilogue<GpuBuffer>) {
        let Epilogue { bias, relu, accumulate } = epilogue;
        let finish = matmul::Finish { bias: bias.is_some(), relu, accumulate };
        // where there is no bias, something must be bound in its place
        let bias = bias.unwrap_or(b);
        let plan = matmul::Plan::new(shape);
        match plan.scratch(shape) {
            0 => matmul::whole(&self.client, shape, arg(a), arg(b), arg(bias), arg_mut(&c), finish),
            len => {
                let scratch = self.scratch(len);
                let (bias, partial) = ((arg(bias), arg(bias)), (scratch.arg(), scratch.arg()));
                matmul::split(&self.client, shape, plan, arg(a), arg(b), bias, partial, arg_mut(&c), finish);
            }
        }
    }

    unsafe fn column_sums(&self, columns: usize, x: In, into: Out) {
        let rows = x.len.checked_div(columns).unwrap_or(0);
        reduce::column_sums(&self.client, rows, columns, arg(x), arg_mut(&into));
    }

    unsafe fn unary(&self, op: UnaryOp, x: In, y: Out) {
        with_unary!(op, F => activation::unary::<F>(&self.client, x.len, arg(x), arg_mut(&y)));
    }

    unsafe fn unary_backward(&self, op: UnaryOp, x: In, dy: Out) {
        with_unary!(op, F => activation::unary_backward::<F>(&self.client, x.len, arg(x), arg_mut(&dy)));
    }

    unsafe fn prelu(&self, x: In, slope: In, y: Out) {
        activation::prelu(&self.client, x.len, slope.len, arg(x), arg(slope), arg_mut(&y));
    }

    unsafe fn prelu_backward(&self, x: In, slope: In, dy: Out, dslope: Out) {
        let rows = x.len.checked_div(slope.len).unwrap_or(0);
        let (dy, dslope) = (arg_mut(&dy), arg_mut(&dslope));
        gradients::prelu(&self.client, rows, slope.len, arg(x), arg(slope), dy, dslope);
    }

    unsafe fn film(&self, shape: FilmShape, gamma_beta: In, t: In, x: Out) {
        activation::film(&self.client, shape, arg(gamma_beta), arg(t), arg_mut(&x));
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
        let (dgamma_dbeta, dt) = (arg_mut(&dgamma_dbeta), arg_mut(&dt));
        activation::film_backward(&self.client, shape, arg(gamma_beta), arg(t), arg(dx), dgamma_dbeta, dt);
    }

    unsafe fn layer_norm(&self, width: usize, x: In, gamma: In, beta: In, y: Out, stats: Out) {
        let rows = stats.len / 2;
        let (y, stats) = (arg_mut(&y), arg_mut(&stats));
        norm::forward(&self.client, rows, width, arg(x), arg(gamma), arg(beta), y, stats);
    }

    unsafe fn layer_norm_backward(
        &self,
        width: usize,
        x: In,
        gamma: In,
        stats: In,
        dy: In,
        dx: Out,
        dgamma_dbeta: PairMut<GpuBuffer>,
    ) {
        let (client, rows) = (&self.client, stats.len / 2);
        norm::backward(client, rows, width, arg(x), arg(gamma), arg(stats), arg(dy), arg_mut(&dx));
        let (dgamma, dbeta) = pair(&dgamma_dbeta);
        gradients::layer_norm(client, rows, width, arg(x), arg(stats), arg(dy), dgamma, dbeta);
    }

    unsafe fn attention(&self, shape: AttentionShape, q: In, kv: In, out: Out, p: Out) {
        attention::forward(&self.client, shape, arg(q), arg(kv), arg_mut(&out), arg_mut(&p));
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
        let (dq, dkv) = (arg_mut(&dq), arg_mut(&dkv));
        attention::backward(&self.client, shape, arg(q), arg(kv), arg(p), arg(dout), dq, dkv);
    }

    unsafe fn embed_tokens(&self, shape: TokenShape, value: In, w: In, b: In, out: Out) {
        tokens::embed(&self.client, shape, arg(value), arg(w), arg(b), arg_mut(&out));
    }

    unsafe fn embed_tokens_backward(
        &self,
        shape: TokenShape,
        value: In,
        dout: In,
        dw_db: PairMut<GpuBuffer>,
    ) {
        let (dw, db) = pair(&dw_db);
        gradients::embed(&self.client, shape, arg(value), arg(dout), dw, db);
    }

    unsafe fn project_tokens(&self, shape: TokenShape, x: In, w: In, b: In, out: Out) {
        tokens::project(&self.client, shape, arg(x), arg(w), arg(b), arg_mut(&out));
    }

    unsafe fn project_tokens_backward(
        &self,
        shape: TokenShape,
        x: In,
        w: In,
        dout: In,
        dx: Out,
        dw_db: PairMut<GpuBuffer>,
    ) {
        let (dx, (dw, db)) = (arg_mut(&dx), pair(&dw_db));
        gradients::project(&self.client, shape, arg(x), arg(w), arg(dout), dx, dw);
        reduce::column_sums(&self.client, shape.rows, shape.tokens, arg(dout), db);
    }

    unsafe fn time_features(&self, width: usize, t: In, features: Out) {
        let half = width / 2;
        let mut known = self.frequencies.lock().unwrap_or_else(PoisonError::into_inner);
        let frequencies = known.entry(half).or_insert_with(|| {
            // from the host: a shader's exponential is too coarse for angles of hundreds of radians
            let values: Vec<f32> = (0..half).map(|i| frequency(i, half)).collect();
            GpuBuffer::from_slice(&self.client, &values)
        });
        tokens::time_features(&self.client, t.len, half, arg(t), frequencies.arg(), arg_mut(&features));
    }

    unsafe fn mix_condition(&self, shape: ConditionShape, keep: In, null: In, time: In, tokens: Out) {
        tokens::mix_condition(&self.client, shape, arg(keep), arg(null), arg(time), arg_mut(&tokens));
    }

    unsafe fn mix_condition_backward(
        &self,
        shape: ConditionShape,
        keep: In,
        dtokens: Out,
        dnull: Out,
        dtime: Out,
    ) {
        let client = &self.client;
        gradients::null_condition(client, shape, arg(keep), arg_mut(&dtokens), arg_mut(&dnull));
        tokens::mix_condition_backward(client, shape, arg(keep), arg_mut(&dtokens), arg_mut(&dtime));
    }

    unsafe fn loss(&self, loss: Loss, scale: f32, prediction: In, target: In, gradient: Out, total: Out) {
        let (gradient, total) = (arg_mut(&gradient), arg_mut(&total));
        let len = prediction.len;
        let (prediction, target) = (arg(prediction), arg(target));
        with_loss!(loss, L => {
            reduce::loss::<L>(&self.client, len, scale, prediction, target, gradient, total);
        });
    }

    unsafe fn sum_of_squares(&self, x: In, into: Out) {
        let scratch = self.scratch(reduce::SUM_SCRATCH);
        let (first, second) = (scratch.arg(), scratch.arg());
        reduce::sum_of_squares(&self.client, x.len, arg(x), first, second, arg_mut(&into));
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
        let (len, square_norm) = (weights.len, arg(square_norm));
        let (weights, first) = (arg_mut(&weights), arg_mut(&first));
        let (second, ema) = (arg_mut(&second), arg_mut(&ema));
        let (gradients, mask) = (arg(gradients), arg(mask));
        optimiser::adam_w(
            &self.client,
            settings,
            len,
            gradients,
            mask,
            square_norm,
            weights,
            first,
            second,
            ema,
        );
    }
}
