//! One training step: a batch cut into lanes, forward, loss, backward, gradients added in order,
//! optimiser.

use super::{Inputs, Network, Optimiser, OptimiserSettings, OptimiserState, Pass, Slot};
use crate::tensor::ops::{self, all, all_mut};
use crate::tensor::{Backend, Loss, Precision, Rows, TensorError};
use std::sync::Mutex;

/// A batch on the host: what the network is asked with and what it should give. What it does not read may be empty.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// The number of rows.
    pub rows: usize,
    /// `[rows, coordinates]`: the network's input.
    pub x: Vec<f32>,
    /// `[rows, features]`: conditions.
    pub condition: Vec<f32>,
    /// `[rows]`: 1 where the condition is given.
    pub keep: Vec<f32>,
    /// `[rows]`: timesteps, 0 … 1000.
    pub time: Vec<f32>,
    /// `[rows, outputs]`: what the network should give.
    pub target: Vec<f32>,
    /// The training's seed, for dropout.
    pub seed: u64,
}

/// The key of a step's dropout: the step below, the training's seed above, with which trainings of seed 1 drop
/// what they dropped when the step alone was the key.
fn dropout_key(seed: u64, step: u64) -> u64 {
    // an odd factor spreads every bit of the seed over the upper half
    let spread = (seed ^ 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    (spread << 32) ^ step
}

/// Where the loss of a place begins in a lane's.
fn place_of(place: usize) -> Slot {
    Slot { start: place * LOSS_STRIDE, len: 1 }
}

/// Which weights a pass uses: those being trained, with gradients, or their average, without.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Weights {
    Own,
    Averaged,
}

struct Lane<B: Backend> {
    inputs: Inputs<B>,
    target: Rows<B>,
    gradients: B::Buffer,
    loss: B::Buffer,
    first: usize,
    rows: usize,
}

/// What one pass needs beside a lane's own data. Shared by lanes, one a running thread, so that it
/// stays in that core's cache.
struct PassMemory<B: Backend, N: Network<B>> {
    workspace: N::Workspace,
    output: Rows<B>,
    output_gradient: Rows<B>,
}

/// Losses of steps that are kept until they are read.
pub const KEPT_LOSSES: usize = 32;

/// Elements from one loss to the next: a part of a buffer may begin there.
const LOSS_STRIDE: usize = ops::ALIGNMENT;

/// A network being trained.
pub struct Trainer<B: Backend, N: Network<B>> {
    network: N,
    loss: Loss,
    optimiser: Optimiser<B>,
    lanes: Vec<Lane<B>>,
    work: Mutex<Vec<PassMemory<B, N>>>,
    lane_rows: usize,
    batch_rows: usize,
    /// Steps whose losses were not read.
    unread: usize,
    /// Where the last pass left its loss.
    place: usize,
}

impl<B: Backend, N: Network<B>> Trainer<B, N> {
    /// Memory for batches of up to `batch_rows` rows; starts from `state`.
    pub fn new(
        backend: &B,
        network: N,
        loss: Loss,
        settings: OptimiserSettings,
        state: &OptimiserState,
        batch_rows: usize,
    ) -> Trainer<B, N> {
        let lane_rows = network.lane_rows(backend.lane_rows()).min(batch_rows);
        let (coordinates, features, outputs) = (network.coordinates(), network.features(), network.outputs());
        let lanes = (0..batch_rows.div_ceil(lane_rows))
            .map(|_| Lane {
                inputs: Inputs::new(backend, lane_rows, coordinates, features),
                target: Rows::new(backend, lane_rows, outputs),
                gradients: backend.alloc(network.layout().len()),
                // one place more for passes that are no steps
                loss: backend.alloc((KEPT_LOSSES + 1) * LOSS_STRIDE),
                first: 0,
                rows: 0,
            })
            .collect();
        let optimiser = Optimiser::new(backend, network.layout(), settings, state);
        let work = Mutex::new(Vec::new());
        Trainer { network, loss, optimiser, lanes, work, lane_rows, batch_rows, unread: 0, place: 0 }
    }

    /// Makes the products of steps and evaluations this exact, which are of `f32` else. The weights themselves, their
    /// moments, what is added up and all that is no product stay `f32`.
    pub fn with_products(mut self, backend: &B, precision: Precision) -> Trainer<B, N> {
        self.optimiser.hold(backend, precision);
        for lane in &mut self.lanes {
            backend.hold(&mut lane.gradients, precision);
        }
        self
    }

    /// The network.
    pub fn network(&self) -> &N {
        &self.network
    }

    /// The optimiser with the weights.
    pub fn optimiser(&self) -> &Optimiser<B> {
        &self.optimiser
    }

    /// One step; the loss of the batch is read with [`Self::loss`], or with those of others with [`Self::losses`].
    pub fn step(&mut self, backend: &B, batch: &Batch) {
        self.place = self.unread % KEPT_LOSSES;
        self.unread += 1;
        self.gradients(backend, batch, Some(u64::from(self.optimiser.steps())));
        self.optimiser.step(backend, &self.lanes[0].gradients);
    }

    /// The mean loss of the batch of the last step, evaluation or probe.
    ///
    /// # Errors
    /// The device failed.
    pub fn loss(&self, backend: &B) -> Result<f32, TensorError> {
        let mut total = 0.0;
        for lane in self.lanes.iter().filter(|lane| lane.rows > 0) {
            total += backend.read(place_of(self.place).of(&lane.loss))?[0];
        }
        Ok(total)
    }

    /// The mean losses of the steps since this was last called, in one read a lane; of at most the last
    /// [`KEPT_LOSSES`] of them.
    ///
    /// # Errors
    /// The device failed.
    pub fn losses(&mut self, backend: &B) -> Result<Vec<f32>, TensorError> {
        let unread = std::mem::take(&mut self.unread);
        let kept = unread.min(KEPT_LOSSES);
        let mut losses = vec![0.0; kept];
        if kept == 0 {
            return Ok(losses);
        }
        // a step has as many lanes as its batch needs; a lane without rows adds 0
        for lane in &self.lanes {
            let read = backend.read(Slot { start: 0, len: kept * LOSS_STRIDE }.of(&lane.loss))?;
            for (i, loss) in losses.iter_mut().enumerate() {
                *loss += read[(unread - kept + i) % KEPT_LOSSES * LOSS_STRIDE];
            }
        }
        Ok(losses)
    }

    /// The gradients of a batch's mean loss, on the host, without a step and without dropout.
    ///
    /// # Errors
    /// The device failed.
    pub fn probe(&mut self, backend: &B, batch: &Batch) -> Result<(f32, Vec<f32>), TensorError> {
        self.place = KEPT_LOSSES;
        self.gradients(backend, batch, None);
        Ok((self.loss(backend)?, backend.read(all(backend, &self.lanes[0].gradients))?))
    }

    /// The mean loss of a batch with the averaged weights, without a step.
    ///
    /// # Errors
    /// The device failed.
    pub fn evaluate(&mut self, backend: &B, batch: &Batch) -> Result<f32, TensorError> {
        self.place = KEPT_LOSSES;
        self.cut(batch);
        self.run_lanes(backend, batch, None, Weights::Averaged);
        self.loss(backend)
    }

    /// Leaves the sum of all lanes' gradients in the first lane.
    fn gradients(&mut self, backend: &B, batch: &Batch, dropout: Option<u64>) {
        self.cut(batch);
        self.run_lanes(backend, batch, dropout, Weights::Own);
        self.add_gradients(backend);
    }

    /// Gives each lane its rows.
    fn cut(&mut self, batch: &Batch) {
        assert!(batch.rows > 0 && batch.rows <= self.batch_rows, "a batch of {} rows", batch.rows);
        for (index, lane) in self.lanes.iter_mut().enumerate() {
            lane.first = (index * self.lane_rows).min(batch.rows);
            lane.rows = self.lane_rows.min(batch.rows - lane.first);
        }
    }

    fn run_lanes(&mut self, backend: &B, batch: &Batch, dropout: Option<u64>, which: Weights) {
        let Trainer { network, loss, optimiser, lanes, lane_rows, place, .. } = self;
        let place = place_of(*place);
        let work = &self.work;
        backend.for_each_lane(lanes, |index, lane| {
            ops::fill(backend, place.of_mut(&mut lane.loss), 0.0);
            if lane.rows == 0 {
                return;
            }
            let free = work.lock().expect("no lane panicked").pop();
            let mut own = free.unwrap_or_else(|| PassMemory {
                workspace: network.workspace(backend, *lane_rows, true),
                output: Rows::new(backend, *lane_rows, network.outputs()),
                output_gradient: Rows::new(backend, *lane_rows, network.outputs()),
            });
            // the lane's index keeps the streams of dropout apart within a step
            let dropout = dropout.map(|step| (dropout_key(batch.seed, step), (index as u64) << 32));
            let weights = match which {
                Weights::Own => optimiser.weights(),
                Weights::Averaged => optimiser.averaged_weights(),
            };
            lane.forward(backend, network, (*loss, place), weights, batch, dropout, &mut own);
            if which == Weights::Own {
                lane.backward(backend, network, weights, dropout, &mut own);
            }
            work.lock().expect("no lane panicked").push(own);
        });
    }

    /// A binary tree over the lanes: the order of additions does not depend on the threads.
    fn add_gradients(&mut self, backend: &B) {
        let mut stride = 1;
        while stride < self.lanes.len() {
            let mut pairs: Vec<&mut [Lane<B>]> = self.lanes.chunks_mut(2 * stride).collect();
            backend.for_each_lane(&mut pairs, |_, lanes| {
                if lanes.len() > stride && lanes[stride].rows > 0 {
                    let (low, high) = lanes.split_at_mut(stride);
                    let from = all(backend, &high[0].gradients);
                    ops::add(backend, from, all_mut(backend, &mut low[0].gradients));
                }
            });
            stride *= 2;
        }
    }
}

impl<B: Backend> Lane<B> {
    #[allow(clippy::too_many_arguments)]
    fn forward<N: Network<B>>(
        &mut self,
        backend: &B,
        network: &N,
        (loss, place): (Loss, Slot),
        weights: &B::Buffer,
        batch: &Batch,
        dropout: Option<(u64, u64)>,
        work: &mut PassMemory<B, N>,
    ) {
        let (first, rows) = (self.first, self.rows);
        let pass = Pass { rows, condition_rows: rows, dropout };
        let fill = |into: &mut Rows<B>, data: &[f32], width: usize| {
            if !data.is_empty() {
                ops::write(backend, into.rows_mut(rows), &data[first * width..(first + rows) * width]);
            }
        };
        let outputs = network.outputs();
        fill(&mut self.inputs.condition, &batch.condition, network.features());
        fill(&mut self.inputs.keep, &batch.keep, 1);
        fill(&mut self.inputs.time, &batch.time, 1);
        fill(&mut self.inputs.x, &batch.x, network.coordinates());
        fill(&mut self.target, &batch.target, outputs);
        network.forward(backend, weights, pass, &self.inputs, &mut work.workspace, &mut work.output);
        let scale = 1.0 / (batch.rows * outputs) as f32;
        let (output, target) = (work.output.rows(rows), self.target.rows(rows));
        let (gradient, total) = (work.output_gradient.rows_mut(rows), place.of_mut(&mut self.loss));
        ops::loss(backend, loss, scale, output, target, gradient, total);
    }

    /// Overwrites the lane's gradients.
    fn backward<N: Network<B>>(
        &mut self,
        backend: &B,
        network: &N,
        weights: &B::Buffer,
        dropout: Option<(u64, u64)>,
        work: &mut PassMemory<B, N>,
    ) {
        let pass = Pass { rows: self.rows, condition_rows: self.rows, dropout };
        ops::fill(backend, all_mut(backend, &mut self.gradients), 0.0);
        let (workspace, gradient) = (&mut work.workspace, &work.output_gradient);
        network.backward(backend, weights, pass, &self.inputs, workspace, gradient, &mut self.gradients);
    }
}
