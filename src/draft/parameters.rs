//! Which constants of the decks are sizes, and within which range they may move.

use crate::circuit::{NamedDeviceGroup, Parameter, Scale, Testbench, Unit};
use crate::spice::{Constant, Role, Survey};

/// A parameter, and how the decks write it.
#[derive(Clone, Debug, PartialEq)]
pub struct DraftParameter {
    /// The parameter; values are in the plain unit.
    pub parameter: Parameter,
    /// The unit of the decks, such as `um`; empty for the plain one.
    pub deck_unit: String,
    /// The decks' own value, in the plain unit.
    pub own: f64,
}

/// A length beyond this in metres is none on a chip: the deck counts in µm.
const LONGEST: f64 = 0.01;

/// Sizes and biases, in the order of the decks. Supplies and loads are conditions and stay.
pub(super) fn proposed(decks: &[(Testbench, Survey)]) -> Vec<DraftParameter> {
    let mut all: Vec<DraftParameter> = Vec::new();
    for constant in decks.iter().flat_map(|(_, survey)| &survey.constants) {
        let known = all.iter().any(|p| p.parameter.name.eq_ignore_ascii_case(&constant.name));
        if known || is_condition(constant) {
            continue;
        }
        if let Some((role, devices)) = &constant.used {
            all.extend(one(&constant.name, constant.value, *role, devices));
        }
    }
    all
}

/// Whether a constant is what the circuit is used under rather than what it is made of.
fn is_condition(constant: &Constant) -> bool {
    let name = constant.name.to_ascii_lowercase();
    let starts = |words: &[&str]| words.iter().any(|word| name.starts_with(word));
    let role = constant.used.as_ref().map(|(role, _)| *role);
    starts(&["vdd", "vcc", "vss", "vee", "avdd", "dvdd", "vsup", "supply", "temp", "vcm", "vin", "freq"])
        || (role == Some(Role::Capacitance) && (name == "cl" || starts(&["cload", "c_load", "cout"])))
        || (role == Some(Role::Resistance) && (name == "rl" || starts(&["rload", "r_load"])))
        || (role == Some(Role::Inductance))
}

fn one(name: &str, value: f64, role: Role, devices: &[String]) -> Option<DraftParameter> {
    let mut listed = devices.iter().take(4).cloned().collect::<Vec<_>>().join(", ");
    if devices.len() > 4 {
        listed += ", …";
    }
    let (unit, what) = match role {
        Role::Width => (Unit::Metre, "width"),
        Role::Length => (Unit::Metre, "length"),
        Role::Count => (Unit::One, "count"),
        Role::Resistance => (Unit::Ohm, "resistance"),
        Role::Capacitance => (Unit::Farad, "capacitance"),
        Role::Inductance => (Unit::Henry, "inductance"),
        Role::Voltage => (Unit::Volt, "voltage"),
        Role::Current => (Unit::Ampere, "current"),
    };
    let geometric = unit == Unit::Metre;
    let deck_unit = if geometric && value > LONGEST { "um" } else { "" };
    let own = if deck_unit.is_empty() { value } else { value * 1e-6 };
    if own <= 0.0 && role != Role::Voltage {
        return None;
    }
    let (low, high, grid, scale) = match role {
        Role::Count => {
            let own = own.round().max(1.0);
            (1.0, (5.0 * own).max(20.0), 1.0, Scale::Linear)
        }
        Role::Voltage => (own - 0.3, own + 0.3, 0.005, Scale::Linear),
        Role::Width => (own / 10.0, own * 10.0, 10e-9, Scale::Log),
        // no shorter than the process, of which the deck's own length is a hint
        Role::Length => (own, own * 10.0, 10e-9, Scale::Log),
        _ => (own / 10.0, own * 10.0, step(own / 1000.0), Scale::Log),
    };
    Some(on_grid(name, unit, (low, high), grid, scale, format!("{what} of {listed}"), deck_unit, own))
}

/// What gives a device its width, its length, its fingers and its multiplier.
type Names = [String; 4];

/// Devices that go by the same constants, in the order of the decks' widths, then of their lengths. A device whose width
/// or length is none of the constants, or follows from several, lacks it; one that lacks both is in no group.
pub(super) fn groups(decks: &[(Testbench, Survey)]) -> Vec<NamedDeviceGroup> {
    let mut known: Vec<(&str, Role, &[String])> = Vec::new();
    for constant in decks.iter().flat_map(|(_, survey)| &survey.constants) {
        let Some((role, devices)) = &constant.used else { continue };
        if !known.iter().any(|(name, ..)| name.eq_ignore_ascii_case(&constant.name)) {
            known.push((&constant.name, *role, devices));
        }
    }
    let of = |role: Role| known.iter().filter(move |(_, own, _)| *own == role);
    let names = |device: &String| -> Names {
        let all = |role: Role| of(role).filter(|(.., of)| of.contains(device)).map(|(name, ..)| *name);
        let only = |role: Role| all(role).next().filter(|_| all(role).count() == 1).unwrap_or_default();
        let is_multiplier = |name: &str| name.starts_with(['m', 'M']);
        let (fingers, multiplier) = match all(Role::Count).collect::<Vec<_>>()[..] {
            [one] => (one, ""),
            [one, two] if is_multiplier(one) && !is_multiplier(two) => (two, one),
            [one, two] => (one, two),
            _ => ("", ""),
        };
        [only(Role::Width), only(Role::Length), fingers, multiplier].map(str::to_owned)
    };
    let mut found: Vec<(Names, Vec<String>)> = Vec::new();
    for device in of(Role::Width).chain(of(Role::Length)).flat_map(|(.., devices)| *devices) {
        let names = names(device);
        if names[0].is_empty() && names[1].is_empty() {
            continue;
        }
        let place = found.iter().position(|(other, _)| *other == names).unwrap_or_else(|| {
            found.push((names, Vec::new()));
            found.len() - 1
        });
        if !found[place].1.contains(device) {
            found[place].1.push(device.clone());
        }
    }
    let group = |([width, length, fingers, multiplier], mut devices): (Names, Vec<String>)| {
        devices.sort();
        NamedDeviceGroup { name: devices.join(", "), devices, width, length, fingers, multiplier }
    };
    found.into_iter().map(group).collect()
}

/// The power of ten at or below.
fn step(value: f64) -> f64 {
    10f64.powf(value.log10().floor())
}

#[expect(clippy::too_many_arguments, reason = "the fields of one thing")]
fn on_grid(
    name: &str,
    unit: Unit,
    (low, high): (f64, f64),
    grid: f64,
    scale: Scale,
    about: String,
    deck_unit: &str,
    own: f64,
) -> DraftParameter {
    // a grid that is finer where the range is
    let mut grid = grid;
    while grid > (high - low) / 50.0 && unit != Unit::One {
        grid /= 10.0;
    }
    let steps = |value: f64| (value / grid).round();
    let low_steps = if scale == Scale::Log { steps(low).max(1.0) } else { steps(low) };
    let high_steps = steps(high).max(low_steps + 1.0);
    let mut parameter = Parameter {
        name: name.to_owned(),
        unit,
        low: 0.0,
        high: f64::MAX,
        grid,
        scale,
        about,
        values: Vec::new(),
    };
    // written as the grid's own multiples
    (parameter.low, parameter.high) = (low_steps * grid, f64::MAX);
    let round = |steps: f64| {
        let plain = steps * grid;
        format!("{plain:.9e}").parse().unwrap_or(plain)
    };
    (parameter.low, parameter.high) = (round(low_steps), round(high_steps));
    DraftParameter { parameter, deck_unit: deck_unit.to_owned(), own }
}

impl DraftParameter {
    /// A parameter by the user's own words: `W1=1u..20u,grid=10n,deck-unit=um,scale=log,unit=m`, on top of what is
    /// `proposed` for it. `None` where it is not to be sized.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(
        text: &str,
        proposed: &[DraftParameter],
    ) -> Result<(String, Option<DraftParameter>), String> {
        let wrong = |what: &str| format!("parameter `{text}`: {what}");
        let (name, rest) = text.split_once('=').ok_or_else(|| wrong("write NAME=LOW..HIGH, or NAME=none"))?;
        let name = name.trim();
        if rest.trim() == "none" {
            return Ok((name.to_owned(), None));
        }
        let mut words = rest.split(',').map(str::trim);
        let range = words.next().unwrap_or_default();
        let before = proposed.iter().find(|p| p.parameter.name.eq_ignore_ascii_case(name));
        let mut drafted = before.cloned().unwrap_or_else(|| DraftParameter {
            parameter: Parameter {
                name: name.to_owned(),
                unit: Unit::One,
                low: 0.0,
                high: 1.0,
                grid: 0.0,
                scale: Scale::Linear,
                about: String::new(),
                values: Vec::new(),
            },
            deck_unit: String::new(),
            own: f64::NAN,
        });
        let mut grid_text = None;
        for word in words {
            match word.split_once('=').unwrap_or((word, "")) {
                ("grid", value) => grid_text = Some(value.to_owned()),
                ("unit", value) => {
                    drafted.parameter.unit = Unit::try_from(value.to_owned()).map_err(|e| wrong(&e))?
                }
                ("deck-unit", value) => value.clone_into(&mut drafted.deck_unit),
                ("scale", "log") => drafted.parameter.scale = Scale::Log,
                ("scale", "linear") => drafted.parameter.scale = Scale::Linear,
                ("integer", "") => {
                    drafted.parameter.unit = Unit::One;
                    grid_text = Some("1".to_owned());
                }
                (other, _) => {
                    let what =
                        format!("`{other}` is none of grid=, unit=, deck-unit=, scale=log|linear, integer");
                    return Err(wrong(&what));
                }
            }
        }
        let unit = drafted.parameter.unit;
        let number = |text: &str| {
            crate::circuit::parse_quantity(text, unit).map(|q| q.value).map_err(|e| wrong(&e.to_string()))
        };
        if range.contains('|') {
            let mut values: Vec<f64> = range.split('|').map(number).collect::<Result<_, _>>()?;
            values.sort_by(f64::total_cmp);
            let p = &mut drafted.parameter;
            (p.low, p.high) = (values[0], values[values.len() - 1]);
            p.grid = values.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min);
            p.values = values;
            return Ok((name.to_owned(), Some(drafted)));
        }
        let (low, high) = range
            .split_once("..")
            .ok_or_else(|| wrong("the range is written LOW..HIGH, or as values with | between"))?;
        let (low, high) = (number(low)?, number(high)?);
        let grid = match grid_text {
            Some(text) => number(&text)?,
            None if drafted.parameter.grid > 0.0 && drafted.parameter.grid <= (high - low) / 10.0 => {
                drafted.parameter.grid
            }
            None => step(((high - low) / 100.0).max(f64::MIN_POSITIVE)),
        };
        (drafted.parameter.low, drafted.parameter.high, drafted.parameter.grid) = (low, high, grid);
        drafted.parameter.values.clear();
        Ok((name.to_owned(), Some(drafted)))
    }
}
