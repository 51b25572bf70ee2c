//! The diffusion process: noise schedule, guidance, samplers.

mod sampler;
mod schedule;

pub use sampler::{SampleRequest, SampleSettings, Solver, sample};
pub use schedule::Schedule;
