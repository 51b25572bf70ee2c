//! Bounds of a recipe's numbers: what a model file says decides what is allocated.

/// A wider layer is none of ours.
pub(super) const WIDEST: usize = 1 << 14;
/// A deeper network is none of ours.
pub(super) const MOST_LAYERS: usize = 64;
/// A longer schedule is none of ours.
pub(super) const MOST_TIMESTEPS: usize = 100_000;

/// That `value` is at least 1 and at most `most`.
pub(super) fn at_most(name: &str, value: usize, most: usize) -> Result<(), String> {
    match value {
        0 => Err(format!("{name} must be at least 1")),
        _ if value > most => Err(format!("{name} = {value}: at most {most} can be")),
        _ => Ok(()),
    }
}

/// That a network has some layers, but not too many and none too wide.
pub(super) fn widths(widths: &[usize]) -> Result<(), String> {
    if widths.is_empty() || widths.len() > MOST_LAYERS {
        return Err(format!("{} layers: at least one, at most {MOST_LAYERS}", widths.len()));
    }
    widths.iter().try_for_each(|width| at_most("a layer's width", *width, WIDEST))
}

/// That `rate`, a learning rate, is a number of a sensible size.
pub(super) fn learning_rate(rate: f32) -> Result<(), String> {
    if rate > 0.0 && rate <= 100.0 {
        return Ok(());
    }
    Err("the learning rate must be greater than 0 and at most 100".to_owned())
}

/// That `decay`, of the weights, is a number of a sensible size.
pub(super) fn weight_decay(decay: f32) -> Result<(), String> {
    if (0.0..=100.0).contains(&decay) {
        return Ok(());
    }
    Err("the weight decay must lie in 0 … 100".to_owned())
}

/// That `decay`, of the weights' moving average, leaves something of the weights.
pub(super) fn ema_decay(decay: f32) -> Result<(), String> {
    if (0.0..1.0).contains(&decay) {
        return Ok(());
    }
    Err("the average's decay must lie in 0 … 1, 1 excluded".to_owned())
}
