//! Functions of one number, element by element: one a file, with its formula and its form for each device. A new one
//! is such a file and its name in the lists below; both devices and the tests go by them.

mod formula;
mod gelu;
mod relu;
mod sigmoid;
mod silu;

pub(super) use formula::{UnaryOnCpu, UnaryOnGpu};
pub(super) use gelu::Gelu;
pub(super) use relu::Relu;
pub(super) use silu::Silu;

/// A function of one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `max(x, 0)`; its gradient is the same from its result as from its argument.
    Relu,
    /// `x·s(x)` with the logistic function s.
    Silu,
    /// `x·s(2u)`, GELU in its tanh form.
    Gelu,
}

impl UnaryOp {
    /// All functions.
    pub const ALL: [UnaryOp; 3] = [UnaryOp::Relu, UnaryOp::Silu, UnaryOp::Gelu];
}

/// Runs `$body` with `$of` as the type of the function: its formula is compiled into the loop that needs it.
macro_rules! with_unary {
    ($op:expr, $of:ident => $body:expr) => {{
        use $crate::tensor::unary::{self, UnaryOp};
        match $op {
            UnaryOp::Relu => {
                type $of = unary::Relu;
                $body
            }
            UnaryOp::Silu => {
                type $of = unary::Silu;
                $body
            }
            UnaryOp::Gelu => {
                type $of = unary::Gelu;
                $body
            }
        }
    }};
}
pub(super) use with_unary;
