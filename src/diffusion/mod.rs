//! The diffusion process: noise schedules, what is predicted, guidance, samplers.

mod process;
mod sampler;
mod schedule;
mod watch;
mod whole_walk;

#[cfg(test)]
mod tests;

pub use process::{ForwardProcess, Sum};
pub use sampler::{Adjust, SampleRequest, SampleSettings, Solver, Told, sample};
pub use schedule::Schedule;
pub use watch::Watch;
