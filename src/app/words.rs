//! Numbers as they are said: durations, counts, rates.

/// `1 h 02 min`, `3 min 20 s`, `12 s`, `0.4 s`.
pub fn duration(seconds: f64) -> String {
    if seconds < 9.95 {
        return format!("{:.1} s", seconds.max(0.0));
    }
    let s = seconds.round() as u64;
    match s {
        0..60 => format!("{s} s"),
        60..3600 => format!("{} min {:02} s", s / 60, s % 60),
        _ => format!("{} h {:02} min", s / 3600, s / 60 % 60),
    }
}

/// `120 simulations/s`, once there is something to tell.
pub fn per_second(done: usize, seconds: f64) -> Option<String> {
    let rate = done as f64 / seconds.max(1e-9);
    match rate {
        _ if done == 0 => None,
        0.0..10.0 => Some(format!("{rate:.1} simulations/s")),
        _ => Some(format!("{} simulations/s", grouped(rate.round() as usize))),
    }
}

/// A thousand and more with thin gaps: `2 024`.
pub fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}
