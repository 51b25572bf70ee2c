//! A sizing as `.param` lines, as `export` writes them for ngspice and a review page has them beside it.

use crate::circuit::{Circuit, DeckValue, Sizing, shortened, spice_number};
use std::collections::HashMap;

/// More of what a file says is not echoed.
const LONGEST_ECHO: usize = 80;

/// Whether a text has `.param` lines, comments before them.
pub(super) fn is_netlist(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('*'));
    lines.next().is_some_and(|line| definitions(line).is_some())
}

/// What stands behind `.param`.
fn definitions(line: &str) -> Option<&str> {
    let (head, rest) = line.split_at_checked(".param".len())?;
    (head.eq_ignore_ascii_case(".param") && rest.starts_with(char::is_whitespace)).then_some(rest)
}

/// Reads the values by the names and in the units of the circuit's decks; what is tied to them is worked out anew.
///
/// # Errors
/// Which parameter is missing, or is no number.
pub(super) fn from_netlist(circuit: &Circuit, text: &str) -> Result<Sizing, String> {
    let mut values: HashMap<String, String> = HashMap::new();
    for rest in text.lines().filter_map(|line| definitions(line.trim())) {
        let rest = rest.replace(" =", "=").replace("= ", "=");
        for (name, value) in rest.split_whitespace().filter_map(|word| word.split_once('=')) {
            values.insert(name.to_ascii_lowercase(), value.to_owned());
        }
    }
    let mut sizing = vec![f64::NAN; circuit.parameters.len()];
    for parameter in &circuit.deck_parameters {
        let DeckValue::Sized(place, unit) = &parameter.value else { continue };
        let name = circuit.export_name(&parameter.name);
        let text = values.get(&name.to_ascii_lowercase());
        let text = text.ok_or_else(|| format!("there is no `.param {name}`"))?;
        let number = text.parse().ok().or_else(|| {
            let (number, rest) = spice_number(text)?;
            rest.is_empty().then_some(number)
        });
        let number: f64 = number
            .filter(|number: &f64| number.is_finite())
            .ok_or_else(|| format!("`.param {name}`: `{}` is not a number", shortened(text, LONGEST_ECHO)))?;
        sizing[*place] = number * unit;
    }
    Ok(Sizing(sizing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_by_the_names_of_the_decks() {
        let mut circuit = Circuit::open("ota1").expect("bundled");
        circuit.export_names.push(("VB".to_owned(), "vbias".to_owned()));
        let sizing = crate::dataset::random(&circuit, 1, 5).remove(0);
        let record = crate::export::ExportRecord::new(&sizing, None, None, None, None);
        let text = crate::export::export(&circuit, &record, crate::export::Format::Ngspice);
        assert!(is_netlist(&text), "{text}");
        assert_eq!(from_netlist(&circuit, &text), Ok(sizing));
        let by_hand = "* mine\n.PARAM vbias = 0.3 vdd=1.2\n.param W1=2u\n";
        assert!(is_netlist(by_hand));
        assert!(from_netlist(&circuit, by_hand).is_err_and(|e| e.contains("there is no `.param")));
        let no_number = text.replace(".param W1=", ".param W1={2*x} y=");
        assert!(from_netlist(&circuit, &no_number).is_err_and(|e| e.contains("W1") && e.contains("no")));
        for other in ["{\"W1\": 1}", "W1,L1\n1,2\n", "# a\nW1\n1\n", "", ".parameters", "µµµµ"] {
            assert!(!is_netlist(other), "{other}");
        }
    }
}
