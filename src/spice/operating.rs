//! The operating point of the circuit that ngspice holds, transistor by transistor.
//!
//! The analysis `op` is run once more, behind all of the deck's own: what models say belongs to the analysis that ran last.
//! What the deck altered by then stays altered.

use super::device_point::DevicePoint;
use super::library::Ngspice;

/// By which letters names of transistors begin: MOSFET, JFET, MESFET, and what is compiled from Verilog-A.
const TRANSISTORS: [char; 4] = ['m', 'j', 'z', 'n'];

/// What models call a quantity, the usual name first.
const ID: &[&str] = &["id", "ids"];
const GM: &[&str] = &["gm"];
const GDS: &[&str] = &["gds"];
const VGS: &[&str] = &["vgs"];
const VDS: &[&str] = &["vds"];
const VTH: &[&str] = &["vth", "von"];
const VDSAT: &[&str] = &["vdsat", "vdss"];

/// Runs `op` and adds the points of those devices that the circuit has and that are not there yet. Returns what is to be
/// said. Where ngspice asked to exit, nothing more may be asked of it.
///
/// # Errors
/// Why there is no operating point.
pub(super) fn read(
    ngspice: &Ngspice,
    devices: &[String],
    testbench: usize,
    found: &mut Vec<DevicePoint>,
) -> Result<Vec<String>, String> {
    let open: Vec<&String> =
        devices.iter().filter(|device| !found.iter().any(|point| point.device == **device)).collect();
    let elements = elements(&ngspice.listing("listing expand"));
    let named: Vec<(&String, Vec<&str>)> =
        open.iter().map(|device| (*device, called(&elements, device))).collect();
    if named.iter().all(|(_, elements)| elements.is_empty()) {
        return Ok(Vec::new());
    }
    let before = ngspice.plots();
    ngspice.command("op");
    if ngspice.asked_to_exit() {
        return Err("ngspice gave up on it".to_owned());
    }
    let made = ngspice.plots().into_iter().find(|plot| !before.contains(plot));
    let plot = made.filter(|plot| plot.starts_with("op")).ok_or("the analysis `op` does not converge")?;
    let mut said = Vec::new();
    for (device, elements) in named {
        let Some(element) = elements.first() else { continue };
        let value = |names: &[&str]| {
            let one =
                |name: &&str| ngspice.numbers(&plot, &format!("@{element}[{name}]"), 1).first().copied();
            let number = names.iter().find_map(one).map(|[re, _]| re);
            number.filter(|v| v.is_finite())
        };
        found.push(DevicePoint {
            device: device.clone(),
            element: (*element).to_owned(),
            testbench,
            id: value(ID),
            gm: value(GM),
            gds: value(GDS),
            vgs: value(VGS),
            vds: value(VDS),
            vth: value(VTH),
            vdsat: value(VDSAT),
        });
        if elements.len() > 1 {
            said.push(format!("{device} are {} transistors, of which {element} is told", elements.len()));
        }
    }
    Ok(said)
}

/// The transistors of a listing, whose lines are `    49 : m.x1.m2 d g s b model w=…`, by their names in lower case.
fn elements(listing: &[String]) -> Vec<String> {
    let name = |line: &String| {
        let (number, text) = line.split_once(" : ")?;
        number.trim().parse::<usize>().ok()?;
        let name = text.split_whitespace().next()?.to_ascii_lowercase();
        name.starts_with(TRANSISTORS).then_some(name)
    };
    listing.iter().filter_map(name).collect()
}

/// The transistors that a device's name means, best first: the one of that name, or those within the subcircuit of that
/// name; the outermost where several are called so. `x1.m2` names one within another.
fn called<'a>(elements: &'a [String], device: &str) -> Vec<&'a str> {
    let device = device.to_ascii_lowercase();
    let wanted: Vec<&str> = device.split('.').collect();
    let rank = |element: &'a String| {
        let mut path: Vec<&str> = element.split('.').collect();
        // the letter that ngspice puts in front of what was in a subcircuit
        if path.len() > 1 {
            path.remove(0);
        }
        let at = path.windows(wanted.len()).rposition(|part| part == wanted)?;
        let inside = path.len() - at - wanted.len();
        Some(((inside, at), element.as_str()))
    };
    let ranked: Vec<_> = elements.iter().filter_map(rank).collect();
    let Some(best) = ranked.iter().map(|(rank, _)| *rank).min() else { return Vec::new() };
    ranked.into_iter().filter(|(rank, _)| *rank == best).map(|(_, element)| element).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transistors_are_found_in_a_listing() {
        let lines = [
            "\t* a title",
            "    37 : .model n65 nmos level=54",
            "    49 : M1 x ip s vdd p65 w= 6e-05",
            "    50 : c1 op 0 1e-12",
        ];
        let more = [
            "   51 : m.xa.xm1.msky130_fd_pr__nfet_01v8 a b c d m1 l=1",
            "  52 : n.xb.nsg13 d g s b model",
            "no m1 : m2",
        ];
        let lines: Vec<String> = lines.iter().chain(&more).map(|line| (*line).to_owned()).collect();
        assert_eq!(elements(&lines), ["m1", "m.xa.xm1.msky130_fd_pr__nfet_01v8", "n.xb.nsg13"]);
    }

    #[test]
    fn a_devices_name_means_the_outermost_of_that_name() {
        let names = [
            "m1",
            "m.xa.m1",
            "m.xa.xm2.mkit",
            "m.xb.xm2.mkit",
            "m.xc.xm3.xr.mkit",
            "m.xc.xm3.mkit",
            "m.xm.m9",
        ];
        let elements: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(called(&elements, "M1"), ["m1"]);
        assert_eq!(called(&elements, "XA.M1"), ["m.xa.m1"]);
        assert_eq!(called(&elements, "XM2"), ["m.xa.xm2.mkit", "m.xb.xm2.mkit"]);
        assert_eq!(called(&elements, "xb.xm2"), ["m.xb.xm2.mkit"]);
        assert_eq!(called(&elements, "XM3"), ["m.xc.xm3.mkit"]);
        assert!(called(&elements, "m").is_empty() && called(&elements, "XM4").is_empty());
    }
}
