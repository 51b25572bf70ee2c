//! Launches of a training step of a network taken whole: encoder, decoder, and both backward; matrices, and all finished.

use super::super::buffer::{GpuBuffer, arg};
use super::super::kernels::{halves, units};
use super::super::machine::Gpu;
use super::super::tally::{Family, Work};
use super::checks::{MOST_ROWS, context_row, expect};
use super::decode::{Decoder, decode_kernel};
use super::decode_backward::decode_backward_kernel;
use super::encode::{Encoder, encode_kernel};
use super::encode_backward::{EncoderBackward, encode_backward_kernel};
use super::finish::{Finish, finish_kernel};
use super::flow::{Flow, Vectors};
use super::layers_backward::DecoderBackward;
use super::layout::{Decoding, Encoding};
use super::tape::Tape;
use super::weights::{Matrices, SHARED, TURNING, matrices_kernel, turn_kernel};
use crate::tensor::{TransformerPlan, View, ViewMut, WholeDropout, WholeInputs, WholeLengths, WholeMemory};
use cubecl::prelude::CubeCount;

/// Scalars of dropout as kernels take them: none of it where there is none.
struct Drops {
    p: f32,
    scale: f32,
    seed: (u32, u32),
    stream: (u32, u32),
}

impl Drops {
    fn new(dropout: WholeDropout) -> Drops {
        let (p, seed, stream) = dropout.unwrap_or((0.0, 0, 0));
        Drops { p, scale: 1.0 / (1.0 - p), seed: halves(seed), stream: halves(stream) }
    }
}

/// Elements for `rows` rows; `None` if an argument or a workgroup's memory would be too large.
pub fn lengths(gpu: &Gpu, plan: &TransformerPlan, rows: usize, dropout: bool) -> Option<WholeLengths> {
    let matrices = Matrices::new(plan);
    let lengths = WholeLengths {
        context: rows * context_row(plan),
        activations: rows * Tape::new(plan).len,
        flow: rows * Flow::new(plan).len,
        vectors: rows * Vectors::new(plan).len,
        parts: matrices.splits(rows) * plan.parameters,
        turned: plan.parameters,
    };
    let shared = [
        Decoding::forward(plan, dropout).len,
        Decoding::backward(plan).len,
        Encoding::backward(plan).len,
        SHARED,
    ];
    let WholeLengths { context, activations, flow, vectors, parts, .. } = lengths;
    let limits = gpu.limits();
    let fits = shared.into_iter().all(|len| limits.shares(len))
        && [context, activations, flow, vectors, parts].into_iter().all(|len| limits.binds(len));
    // four elements have their numbers from one block of the stream
    let drops = !dropout || (plan.tokens * plan.width).is_multiple_of(4);
    let workgroups = [
        rows * plan.features.div_ceil(Encoding::forward(plan).tokens),
        matrices.workgroups(matrices.splits(rows)),
        Finish::new(plan).workgroups(),
    ];
    (fits && drops && workgroups.into_iter().all(|count| count <= MOST_ROWS)).then_some(lengths)
}

/// Checks what both passes are given; the rows.
fn rows_of(plan: &TransformerPlan, weights: &View<GpuBuffer>, inputs: &WholeInputs<GpuBuffer>) -> usize {
    let rows = inputs.time.len;
    expect("the weights", weights.len, plan.parameters);
    expect("x", inputs.x.len, rows * plan.tokens);
    expect("the condition", inputs.condition.len, rows * plan.features);
    expect("keep", inputs.keep.len, rows);
    rows
}

/// Checks that memory is as large as it has to be.
fn check(plan: &TransformerPlan, rows: usize, memory: &WholeMemory<GpuBuffer>) {
    let enough = memory.context.len >= rows * context_row(plan)
        && memory.activations.len >= rows * Tape::new(plan).len
        && memory.flow.len >= rows * Flow::new(plan).len
        && memory.vectors.len >= rows * Vectors::new(plan).len
        && memory.parts.len >= Matrices::new(plan).splits(rows) * plan.parameters
        && memory.turned.len >= plan.parameters;
    assert!(enough, "a transformer whole: too little memory for {rows} rows");
}

fn one_line(count: usize) -> CubeCount {
    CubeCount::Static(count as u32, 1, 1)
}

/// See [`crate::tensor::WholeTransformer::forward`]: two launches.
pub fn forward(
    gpu: &Gpu,
    plan: &TransformerPlan,
    weights: View<GpuBuffer>,
    dropout: WholeDropout,
    inputs: WholeInputs<GpuBuffer>,
    memory: WholeMemory<GpuBuffer>,
    output: ViewMut<GpuBuffer>,
) {
    let rows = rows_of(plan, &weights, &inputs);
    check(plan, rows, &memory);
    expect("the output", output.len, rows * plan.tokens);
    let tape = Tape::new(plan);
    let (context, activations) = (memory.context.into_view(), memory.activations.into_view());

    let s = Encoder { plan: *plan, at: Encoding::forward(plan), tape, keep: true };
    let kept = plan.features * (plan.width + 1) + 5 * plan.width;
    let count = one_line(rows * s.parts());
    let work = Work::new(Family::Whole, &count)
        .moves([weights.len, rows * (2 + plan.features), rows * context_row(plan), rows * kept])
        .flop(rows * s.flop())
        .shares(s.at.len, s.barriers());
    // SAFETY: the lengths are those of the plan for `rows` rows.
    unsafe {
        encode_kernel::launch_unchecked(
            gpu.launch(work),
            count,
            units(),
            arg(weights),
            gpu.frequencies(plan.width / 2),
            arg(inputs.time),
            arg(inputs.condition),
            arg(inputs.keep),
            arg(context),
            arg(activations),
            rows,
            1,
            s,
        )
    }
    let at = Decoding::forward(plan, dropout.is_some());
    let s = Decoder { plan: *plan, at, tape, keep: true, dropout: dropout.is_some(), walk: false };
    let count = one_line(rows);
    let work = Work::new(Family::Whole, &count)
        .moves([weights.len, rows * context_row(plan), 2 * output.len, rows * (tape.len - kept)])
        .flop(rows * s.flop())
        .shares(s.at.len, s.barriers());
    let drops = Drops::new(dropout);
    // SAFETY: as above; the coordinates are not written, and what is bound as `other` is not read.
    unsafe {
        decode_kernel::launch_unchecked(
            gpu.launch(work),
            count,
            units(),
            arg(weights),
            arg(context),
            arg(weights),
            arg(inputs.x),
            arg(output.into_view()),
            arg(activations),
            rows,
            0,
            1,
            1,
            0.0,
            0.0,
            0.0,
            f32::MAX,
            0.0,
            0.0,
            0.0,
            0,
            drops.p,
            drops.scale,
            drops.seed.0,
            drops.seed.1,
            drops.stream.0,
            drops.stream.1,
            s,
        )
    }
}

/// See [`crate::tensor::WholeTransformer::backward`]: five launches.
#[allow(clippy::too_many_arguments)]
pub fn backward(
    gpu: &Gpu,
    plan: &TransformerPlan,
    weights: View<GpuBuffer>,
    dropout: WholeDropout,
    inputs: WholeInputs<GpuBuffer>,
    memory: WholeMemory<GpuBuffer>,
    output_gradient: View<GpuBuffer>,
    gradients: ViewMut<GpuBuffer>,
) {
    let rows = rows_of(plan, &weights, &inputs);
    check(plan, rows, &memory);
    expect("the output's gradient", output_gradient.len, rows * plan.tokens);
    expect("the gradients", gradients.len, plan.parameters);
    let (tape, flow, vectors) = (Tape::new(plan), Flow::new(plan), Vectors::new(plan));
    let WholeMemory { context, activations, flow: flowing, vectors: lines, parts, turned } = memory;
    let (context, activations) = (context.into_view(), activations.into_view());
    let (flowing, lines, parts) = (flowing.into_view(), lines.into_view(), parts.into_view());
    let turned = turned.into_view();
    let drops = Drops::new(dropout);

    let s = Matrices::new(plan);
    let count = one_line(s.tiles());
    let (shared, barriers) = TURNING;
    let work = Work::new(Family::Whole, &count).moves([2 * plan.parameters]).shares(shared, barriers);
    // SAFETY: rows and columns beyond a matrix's are neither read nor written.
    unsafe { turn_kernel::launch_unchecked(gpu.launch(work), count, units(), arg(weights), arg(turned), s) }

    let at = Decoding::backward(plan);
    let s = DecoderBackward { plan: *plan, at, tape, flow, vectors, dropout: dropout.is_some() };
    let count = one_line(rows);
    let of_rows = context_row(plan) + tape.len + flow.len + vectors.len + 2 * plan.tokens;
    let work = Work::new(Family::Whole, &count)
        .moves([2 * weights.len, rows * of_rows])
        .flop(rows * s.flop())
        .shares(s.at.len, s.barriers());
    // SAFETY: the lengths are those of the plan for `rows` rows.
    unsafe {
        decode_backward_kernel::launch_unchecked(
            gpu.launch(work),
            count,
            units(),
            arg(weights),
            arg(turned),
            arg(context),
            arg(activations),
            arg(inputs.x),
            arg(output_gradient),
            arg(flowing),
            arg(lines),
            rows,
            drops.p,
            drops.scale,
            drops.seed.0,
            drops.seed.1,
            drops.stream.0,
            drops.stream.1,
            s,
        )
    }
    let s = EncoderBackward { plan: *plan, at: Encoding::backward(plan), tape, flow, vectors };
    let count = one_line(rows);
    let of_rows = context_row(plan) + plan.features * (4 * plan.width + 2) + 10 * plan.width;
    let work = Work::new(Family::Whole, &count)
        .moves([2 * weights.len, rows * of_rows])
        .flop(rows * s.flop())
        .shares(s.at.len, s.barriers());
    // SAFETY: as above.
    unsafe {
        encode_backward_kernel::launch_unchecked(
            gpu.launch(work),
            count,
            units(),
            arg(weights),
            arg(turned),
            arg(activations),
            arg(inputs.condition),
            arg(inputs.keep),
            arg(flowing),
            arg(lines),
            rows,
            s,
        )
    }
    let s = Matrices::new(plan);
    let splits = s.splits(rows);
    let count = one_line(s.workgroups(splits));
    let (read, flop) = s.work(rows);
    let work = Work::new(Family::Whole, &count)
        .moves([read, splits * plan.parameters])
        .flop(flop)
        .shares(SHARED, s.barriers(rows, splits));
    // SAFETY: tiles and lines beyond the last are neither read nor written.
    unsafe {
        matrices_kernel::launch_unchecked(
            gpu.launch(work),
            count,
            units(),
            arg(weights),
            arg(activations),
            arg(flowing),
            arg(parts),
            rows,
            splits,
            s,
        )
    }
    let s = Finish::new(plan);
    let count = one_line(s.workgroups());
    let work = Work::new(Family::Whole, &count)
        .moves([rows * vectors.len, splits * plan.parameters, 2 * plan.parameters])
        .flop(rows * vectors.len + splits * plan.parameters)
        .shares(super::super::kernels::UNITS, 1);
    // SAFETY: elements that belong to no slot, or lie beyond the arena, are neither read nor written.
    unsafe {
        finish_kernel::launch_unchecked(
            gpu.launch(work),
            count,
            units(),
            arg(lines),
            arg(parts),
            arg(gradients.into_view()),
            rows,
            splits,
            s,
        )
    }
}
