//! Tests of the seam: every device against the CPU, every CPU gradient against finite differences.
//!
//! [`operations`] holds one function an operation, generic over the backend, from host data to host
//! data. All arguments lie inside larger buffers whose rest is checked to be untouched, and fresh
//! memory holds NaN, so that a read of what was never written shows.

mod agreement;
mod gradients;
mod operations;
mod streams;

use super::cpu::Cpu;
use super::gpu::{AdapterChoice, Gpu};
use super::{Backend, PairMut, TensorError, View, ViewMut, ops, random};
use std::io::Write;
use std::sync::OnceLock;

/// The reference.
fn cpu() -> &'static Cpu {
    static CPU: OnceLock<Cpu> = OnceLock::new();
    CPU.get_or_init(|| Cpu::poisoned().expect("threads can be started"))
}

/// The best adapter, a software one if there is no other; a printed line and `None` without any.
pub(crate) fn gpu(test: &str) -> Option<&'static Gpu> {
    static GPU: OnceLock<Result<Gpu, TensorError>> = OnceLock::new();
    match GPU.get_or_init(|| Gpu::poisoned(&AdapterChoice::Any)) {
        Ok(gpu) => Some(gpu),
        Err(error @ TensorError::NoDevice { .. }) => {
            // not `println!`, which the harness swallows when a test passes; one write, one line
            let line = format!("SKIPPED on the GPU: {test}: {error}\n");
            std::io::stderr().write_all(line.as_bytes()).expect("stderr takes a line");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// An argument of an operation, in the middle of a larger buffer.
struct Argument<'b, B: Backend> {
    backend: &'b B,
    buffer: B::Buffer,
    len: usize,
}

/// Elements before the argument.
const BEFORE: usize = ops::ALIGNMENT;
/// Elements after it.
const AFTER: usize = 5;

impl<'b, B: Backend> Argument<'b, B> {
    /// Memory that holds NaN.
    fn fresh(backend: &'b B, len: usize) -> Argument<'b, B> {
        Argument { backend, buffer: backend.alloc(BEFORE + len + AFTER), len }
    }

    /// Memory that holds `data`.
    fn given(backend: &'b B, data: &[f32]) -> Argument<'b, B> {
        let mut argument = Argument::fresh(backend, data.len());
        ops::write(backend, argument.writable(), data);
        argument
    }

    fn readable(&self) -> View<'_, B::Buffer> {
        View { buffer: &self.buffer, start: BEFORE, len: self.len }
    }

    fn writable(&mut self) -> ViewMut<'_, B::Buffer> {
        ViewMut { buffer: &mut self.buffer, start: BEFORE, len: self.len }
    }

    /// The argument's content; nothing around it may have been written.
    fn read(&self) -> Vec<f32> {
        let all = self.backend.read(ops::all(self.backend, &self.buffer)).expect("the device answers");
        let (before, rest) = all.split_at(BEFORE);
        let (inside, after) = rest.split_at(self.len);
        assert!(before.iter().chain(after).all(|x| x.is_nan()), "memory around an argument was written");
        inside.to_vec()
    }
}

/// Two arguments in one buffer, as a scale's and a shift's gradient lie in an arena.
struct Pair<'b, B: Backend> {
    whole: Argument<'b, B>,
    first: usize,
    second: usize,
}

impl<'b, B: Backend> Pair<'b, B> {
    fn given(backend: &'b B, first: &[f32], second: &[f32]) -> Pair<'b, B> {
        let mut data = first.to_vec();
        data.resize(first.len().next_multiple_of(ops::ALIGNMENT), f32::NAN);
        data.extend_from_slice(second);
        Pair { whole: Argument::given(backend, &data), first: first.len(), second: second.len() }
    }

    /// Where the second part starts in the whole.
    fn start(&self) -> usize {
        self.first.next_multiple_of(ops::ALIGNMENT)
    }

    fn writable(&mut self) -> PairMut<'_, B::Buffer> {
        let (first, second) = ((BEFORE, self.first), (BEFORE + self.start(), self.second));
        PairMut { buffer: &mut self.whole.buffer, first, second }
    }

    /// Both contents; nothing between them may have been written.
    fn read(&self) -> [Vec<f32>; 2] {
        let all = self.whole.read();
        assert!(all[self.first..self.start()].iter().all(|x| x.is_nan()), "memory between was written");
        [all[..self.first].to_vec(), all[self.start()..].to_vec()]
    }
}

/// Reproducible test data.
pub(crate) struct Draw(u64);

impl Draw {
    /// Data of its own for each `series`.
    pub(crate) fn new(series: u64) -> Draw {
        Draw(1000 * series)
    }

    /// `len` numbers in −1 … 1.
    pub(crate) fn numbers(&mut self, len: usize) -> Vec<f32> {
        self.0 += 1;
        let word = |i: usize| random::block(7, self.0, (i / 4) as u32)[i % 4];
        (0..len).map(|i| 2.0 * random::uniform(word(i)) - 1.0).collect()
    }

    /// `len` numbers in 0 … 1.
    fn fractions(&mut self, len: usize) -> Vec<f32> {
        self.numbers(len).into_iter().map(|x| 0.5 * (x + 1.0)).collect()
    }
}

/// Compares element by element: |found − expected| ≤ tolerance·(1 + |expected|).
fn assert_close(what: &str, found: &[Vec<f32>], expected: &[Vec<f32>], tolerance: f32) {
    assert_eq!(found.len(), expected.len(), "{what}: number of results");
    for (result, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert_eq!(found.len(), expected.len(), "{what}: length of result {result}");
        for (i, (f, e)) in found.iter().zip(expected).enumerate() {
            let close = (f - e).abs() <= tolerance * (1.0 + e.abs());
            assert!(close, "{what}: element {i} of result {result} is {f}, not {e}");
        }
    }
}
