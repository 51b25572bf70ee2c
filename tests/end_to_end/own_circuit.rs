//! Decks in the manners of designers, through `circuit new` as they are: what comes out is a circuit that measures as
//! ngspice in batch mode does, in every corner.

use crate::support::{batch, printed, program, run, stderr, stdout};
use serde_json::Value;
use sizewright::circuit::{Circuit, Sizing};
use sizewright::dataset::{CoordinateKind, Coordinates};
use sizewright::spice::{Simulate, Simulator, SimulatorConfig};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// An amplifier of X devices with sizes in bare micrometres; `.param` lines in a file beside the decks, several on a
/// line, one going on in the next.
const AMPLIFIER: &str = "* two-stage amplifier\n\
    .subckt nfet d g s b w=1 l=1 m=1\nM1 d g s b nch w={w*1u} l={l*1u} m={m}\n.ends\n\
    .subckt pfet d g s b w=1 l=1 m=1\nM1 d g s b pch w={w*1u} l={l*1u} m={m}\n.ends\n\
    .subckt amp inp inn out vdd vss\n\
    XM1 x inn s vss nfet w=w1 l=l1 m=m1\nXM2 y inp s vss nfet w=w1 l=l1 m=m1\n\
    XM3 x x vdd vdd pfet w=w3 l=l1\nXM4 y x vdd vdd pfet w=w4 l=l1\n\
    XM5 s bias vss vss nfet w=w5 l=l5\nXM8 bias bias vss vss nfet w=w5 l=l5\nIB vdd bias {ib}\n\
    XM6 out y vdd vdd pfet w=w6 l=l1\nXM7 out bias vss vss nfet w=w7 l=l5\n\
    Cc y z {cc}\nRz z out 1k\nCL out vss {cl}\n.ends\n\
    .param w1=20 l1=0.5 w3=10 m1=2\n.param w4=10 w5=5 l5=1\n+ w6=60 w7=15 ib=20u cc=2p\n\
    .param cl=5p vsup=1.8\n\
    .lib \"models.lib\" tt\n";

const MODELS: &str = "* sections\n.lib tt\n\
    .model nch nmos level=1 vto=0.45 kp=250u lambda=0.1 gamma=0.4 phi=0.7 tox=4n kf=1e-26\n\
    .model pch pmos level=1 vto=-0.45 kp=80u lambda=0.12 gamma=0.4 phi=0.7 tox=4n kf=1e-26\n.endl\n\
    .lib ss\n\
    .model nch nmos level=1 vto=0.5 kp=210u lambda=0.1 gamma=0.4 phi=0.7 tox=4n kf=1e-26\n\
    .model pch pmos level=1 vto=-0.5 kp=68u lambda=0.12 gamma=0.4 phi=0.7 tox=4n kf=1e-26\n.endl\n";

/// Analyses as cards and `.meas` outside a control block.
const OPEN_LOOP: &str = "* open loop gain\n.include amp.inc\nVDD vdd 0 {vsup}\nVCM inp 0 dc 0.9 ac 1\n\
    Lfb out inn 1g\nCfb inn 0 1g\nXA inp inn out vdd 0 amp\n\
    .op\n.ac dec 20 1 10g\n.noise v(out) VCM dec 10 1 100meg\n.meas ac peak max vdb(out)\n.end\n";

/// A bare `run` with `wrdata`, the numbers taken from the file by a script of the designer's.
const STEP: &str = "* unity gain step\n.include amp.inc\nVDD vdd 0 {vsup}\n\
    VIN inp 0 pulse(0.7 1.1 100n 1n 1n 10u 20u)\nXA inp out out vdd 0 amp\n.tran 1n 5u\n\
    .control\nrun\nwrdata step.csv v(out)\n.endc\n.end\n";

/// A control block that leaves a vector.
const SUPPLY: &str = "* supply rejection\n.include amp.inc\nVDD vdd 0 dc {vsup} ac 1\nVCM inp 0 0.9\n\
    XA inp out out vdd 0 amp\n.control\nac dec 10 1 1meg\nlet psrr = -db(abs(v(out)[0]))\nprint psrr\n.endc\n.end\n";

/// One of a row of decks that sweep the input.
fn sweep(level: usize) -> String {
    format!(
        "* follows at {level}\n.include amp.inc\nVDD vdd 0 {{vsup}}\nVIN inp 0 0.{level}\nXA inp out out vdd 0 amp\n\
         .control\nop\nlet off{level} = abs(v(out)-v(inp))\nprint off{level}\n.endc\n.end\n"
    )
}

/// The decks of the README's and the guide's commands, by the names that they have there.
pub fn write_shown(folder: &Path) {
    let files = [
        ("amp.inc", AMPLIFIER),
        ("models.lib", MODELS),
        ("open-loop.cir", OPEN_LOOP),
        ("step.cir", STEP),
        ("supply.cir", SUPPLY),
    ];
    for (name, text) in files {
        std::fs::write(folder.join(name), text.replace("vsup", "vdd")).expect("writable");
    }
}

struct Decks {
    folder: tempfile::TempDir,
    decks: Vec<PathBuf>,
}

/// Eleven decks over one sizing.
fn decks() -> Decks {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("writable");
        path
    };
    write("amp.inc", AMPLIFIER);
    write("models.lib", MODELS);
    let mut decks = vec![write("open.cir", OPEN_LOOP), write("step.cir", STEP), write("supply.cir", SUPPLY)];
    decks.extend((2..10).map(|level| write(&format!("dc{level}.cir"), &sweep(level))));
    Decks { folder, decks }
}

fn new(decks: &Decks, out: &Path, more: &[&str]) -> std::process::Output {
    let mut arguments: Vec<String> = vec!["circuit".into(), "new".into()];
    arguments.extend(decks.decks.iter().map(|d| d.display().to_string()));
    arguments.extend(["--out".to_owned(), out.display().to_string()]);
    arguments.extend(more.iter().map(|&word| word.to_owned()));
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    run(&words)
}

const WISHES: [&str; 12] = [
    "--tie",
    "w4=w3",
    "--tie",
    "l5=2*l1",
    "--parameter",
    "w1=1u..100u,grid=10n",
    "--metric",
    "area=m1*w1*l1*4+2*w3*l1,unit=m2",
    "--corner",
    "slow,temperature=125,tt->ss,vsup=0.9*vsup",
    "--metric",
    "bw=none",
];

/// The decks' own values, in SI units.
fn own() -> Sizing {
    Sizing(vec![20e-6, 0.5e-6, 10e-6, 2.0, 5e-6, 60e-6, 15e-6, 20e-6, 2e-12])
}

#[test]
fn eleven_decks_as_they_are_become_a_circuit_that_measures_as_they_do() {
    let decks = decks();
    let out = decks.folder.path().join("mine");
    let before: Vec<String> =
        decks.decks.iter().map(|d| std::fs::read_to_string(d).expect("readable")).collect();
    let made = new(&decks, &out, &WISHES);
    assert!(made.status.success(), "{}", stderr(&made));
    let after: Vec<String> =
        decks.decks.iter().map(|d| std::fs::read_to_string(d).expect("readable")).collect();
    assert_eq!(before, after, "a deck was touched");
    let circuit = Circuit::load(&out).expect("a circuit");
    let names: Vec<&str> = circuit.parameters.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["w1", "l1", "w3", "m1", "w5", "w6", "w7", "ib", "cc"], "loads and supplies are none");
    assert_eq!(circuit.testbenches.len(), 11);
    for name in
        ["peak", "psrr", "off2", "off9", "power", "irn", "gain", "ugf", "phm", "slew", "settle", "area"]
    {
        assert!(circuit.metric_index(name).is_some(), "{name}: {}", stdout(&made));
    }
    assert!(circuit.metric_index("bw").is_none());

    let config = SimulatorConfig { worker: program(), ..SimulatorConfig::default() };
    let mut simulator = Simulator::start(&circuit, config).expect("ngspice is installed");
    let other = Sizing(vec![31e-6, 0.6e-6, 14e-6, 3.0, 7e-6, 90e-6, 21e-6, 15e-6, 3e-12]);
    for sizing in [own(), other] {
        let outcome =
            simulator.run(std::slice::from_ref(&sizing), &AtomicBool::new(false), &mut |_, _| {}).remove(0);
        let simulated = outcome.expect("measured");
        let value = |name: &str| simulated.performance().0[circuit.metric_index(name).expect(name)];
        // ngspice in batch mode, on the designer's own files with the values written in by hand
        let v = &sizing.0;
        let um = |v: f64| v * 1e6;
        let sizes = format!(
            ".param w1={} l1={} w3={} m1={}\n.param w4={} w5={} l5={}\n+ w6={} w7={} ib={:e} cc={:e}\n",
            um(v[0]),
            um(v[1]),
            um(v[2]),
            v[3],
            um(v[2]),
            um(v[4]),
            2.0 * um(v[1]),
            um(v[5]),
            um(v[6]),
            v[7],
            v[8]
        );
        let begin = AMPLIFIER.find(".param w1").expect("there");
        let end = AMPLIFIER.find(".param cl").expect("there");
        let by_hand = decks.folder.path().join("hand");
        std::fs::create_dir_all(&by_hand).expect("writable");
        let include = format!("{}{sizes}{}", &AMPLIFIER[..begin], &AMPLIFIER[end..]);
        std::fs::write(by_hand.join("amp.inc"), include).expect("writable");
        std::fs::write(by_hand.join("models.lib"), MODELS).expect("writable");
        let ask = |deck: &str, commands: &str| {
            let netlist = deck.split(".control").next().unwrap_or_default();
            let cards = [".op", ".ac", ".noise", ".meas", ".tran", ".end"];
            let kept: Vec<&str> = netlist
                .lines()
                .filter(|l| !cards.iter().any(|c| l.split_whitespace().next() == Some(c)))
                .collect();
            let path = by_hand.join("t.cir");
            let text = format!("{}\n.control\nset numdgt=12\n{commands}\n.endc\n.end\n", kept.join("\n"));
            std::fs::write(&path, text).expect("writable");
            batch(&path)
        };
        let open = ask(
            OPEN_LOOP,
            "op\nlet power = -i(vdd)*1.8\nprint power\nac dec 20 1 10g\nmeas ac peak max vdb(out)\n\
             let gain = db(mag(v(out)[0]))\nprint gain\nmeas ac ugf when vdb(out)=0 fall=1\n\
             let ph = 180/pi*cph(v(out))\nmeas ac at find ph when vdb(out)=0 fall=1\nlet phm = 180 + at\nprint phm",
        );
        let near = |name: &str, expected: f64, part: f64| {
            let found = value(name);
            assert!((found - expected).abs() <= part * expected.abs(), "{name}: {found} is not {expected}");
        };
        near("power", printed(&open, "power"), 1e-6);
        near("gain", printed(&open, "gain"), 1e-6);
        near("peak", printed(&open, "peak"), 1e-6);
        near("ugf", printed(&open, "ugf"), 5e-3);
        near("phm", printed(&open, "phm"), 1e-2);
        let step = ask(
            STEP,
            "tran 1n 5u\nlet first = v(out)[0]\nlet last = v(out)[length(v(out))-1]\n\
             let low = first+0.2*(last-first)\nlet high = first+0.8*(last-first)\n\
             meas tran a when v(out)=low rise=1\nmeas tran b when v(out)=high rise=1\n\
             let slew = 0.6*(last-first)/(b-a)\nprint slew",
        );
        near("slew", printed(&step, "slew"), 1e-2);
        let supply = ask(SUPPLY, "ac dec 10 1 1meg\nlet psrr = -db(abs(v(out)[0]))\nprint psrr");
        near("psrr", printed(&supply, "psrr"), 1e-6);
        near("area", 4.0 * v[3] * v[0] * v[1] + 2.0 * v[2] * v[1], 1e-9);
    }
}

#[test]
fn devices_that_share_a_length_become_groups_that_are_learnt_and_searched() {
    let decks = decks();
    let out = decks.folder.path().join("mine");
    let made = new(&decks, &out, &WISHES);
    assert!(made.status.success(), "{}", stderr(&made));
    let path = out.join("circuit.ron");
    let text = std::fs::read_to_string(&path).expect("written");
    // w4 and l5 are tied
    for line in [
        r#"(name: "XM1, XM2", devices: ["XM1", "XM2"], width: "w1", length: "l1", fingers: "m1"),"#,
        r#"(name: "XM3", devices: ["XM3"], width: "w3", length: "l1"),"#,
        r#"(name: "XM5, XM8", devices: ["XM5", "XM8"], width: "w5", length: "l5"),"#,
        r#"(name: "XM6", devices: ["XM6"], width: "w6", length: "l1"),"#,
        r#"(name: "XM7", devices: ["XM7"], width: "w7", length: "l5"),"#,
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let folder = out.display().to_string();
    let checked = run(&["circuit", "check", &folder]);
    assert!(checked.status.success(), "{}{}", stdout(&checked), stderr(&checked));
    // what its rows are learnt in leads back to them
    let circuit = Circuit::load(&out).expect("a circuit");
    let coordinates = Coordinates::fit(&circuit, CoordinateKind::RatioArea, &[own()]);
    assert_eq!(coordinates.decode(&circuit, &coordinates.encode(&circuit, &own())), own());
    // a slip is told by its field
    let slip = text.replacen("length: \"l5\"", "length: \"l6\"", 1);
    std::fs::write(&path, slip).expect("writable");
    let refused = run(&["circuit", "check", &folder]);
    assert!(!refused.status.success());
    let said = stderr(&refused);
    assert!(said.contains("(XM5, XM8).length: `l6` is not a parameter and not tied"), "{said}");
}

#[test]
fn a_corner_measures_as_the_decks_edited_for_it() {
    let decks = decks();
    let out = decks.folder.path().join("mine");
    assert!(new(&decks, &out, &WISHES).status.success());
    let sizing = decks.folder.path().join("s.json");
    let values = [20e-6, 0.5e-6, 10e-6, 2.0, 5e-6, 60e-6, 15e-6, 20e-6, 2e-12];
    let names = ["w1", "l1", "w3", "m1", "w5", "w6", "w7", "ib", "cc"];
    let object: serde_json::Map<String, Value> =
        names.iter().zip(values).map(|(n, v)| ((*n).to_owned(), v.into())).collect();
    std::fs::write(&sizing, Value::Object(object).to_string()).expect("writable");
    let folder = out.display().to_string();
    let file = sizing.display().to_string();
    let verified = run(&["verify", &folder, "--sizing", &file, "--spec", "gain>=40dB", "--json", "-"]);
    assert!(verified.status.success(), "{}", stderr(&verified));
    let result: Value = serde_json::from_str(&stdout(&verified)).expect("JSON");
    assert_eq!(result["corners"], serde_json::json!(["nominal", "slow"]));
    let entry = &result["sizings"][0];
    let (nominal, slow) = (&entry["corners"]["nominal"]["simulated"], &entry["corners"]["slow"]["simulated"]);
    // by hand: the other section, the other supply, the other temperature
    let hand = decks.folder.path().join("hand");
    std::fs::create_dir_all(&hand).expect("writable");
    let include = AMPLIFIER.replace("vsup=1.8", "vsup=1.62").replace("\" tt", "\" ss");
    std::fs::write(hand.join("amp.inc"), include).expect("writable");
    std::fs::write(hand.join("models.lib"), MODELS).expect("writable");
    let deck = OPEN_LOOP.replace(
        ".op\n.ac dec 20 1 10g\n.noise v(out) VCM dec 10 1 100meg\n.meas ac peak max vdb(out)\n",
        ".temp 125\n.control\nset numdgt=12\nop\nlet power = -i(vdd)*1.62\nprint power\nac dec 20 1 10g\n\
         let gain = db(mag(v(out)[0]))\nprint gain\n.endc\n",
    );
    std::fs::write(hand.join("t.cir"), deck).expect("writable");
    let said = batch(&hand.join("t.cir"));
    for name in ["power", "gain"] {
        let (found, expected) = (slow[name].as_f64().expect("measured"), printed(&said, name));
        assert!((found - expected).abs() < 1e-6 * expected.abs(), "{name}: {found} is not {expected}");
        assert_ne!(slow[name], nominal[name], "{name} is the same in both");
    }
    // the worst of each is that of one of the two, the worse one
    let (a, b) = (nominal["ugf"].as_f64().expect("measured"), slow["ugf"].as_f64().expect("measured"));
    assert_eq!(entry["worst"]["ugf"].as_f64(), Some(a.min(b)));
    assert_eq!(entry["worst_corner"]["ugf"], if a < b { "nominal" } else { "slow" });
    assert_eq!(entry["feasible"], true);
    let none = run(&["verify", &folder, "--sizing", &file, "--corners", "fast"]);
    assert_eq!(none.status.code(), Some(2));
    assert!(
        stderr(&none).contains("`fast` is no corner") && stderr(&none).contains("slow"),
        "{}",
        stderr(&none)
    );
}

#[test]
fn an_export_of_a_foreign_circuit_is_in_its_decks_units_and_holds_its_ties() {
    let decks = decks();
    let out = decks.folder.path().join("mine");
    assert!(new(&decks, &out, &WISHES).status.success());
    let folder = out.display().to_string();
    let made = run(&["simulate", &folder, "--random", "1", "--json", &format!("{folder}/r.json")]);
    assert!(made.status.success(), "{}", stderr(&made));
    let exported = run(&["export", &folder, "--sizing", &format!("{folder}/r.json"), "--format", "ngspice"]);
    let text = stdout(&exported);
    let value = |name: &str| -> f64 {
        let line = text.lines().find_map(|l| l.strip_prefix(&format!(".param {name}=")));
        line.unwrap_or_else(|| panic!("{name}: {text}")).parse().expect("a number")
    };
    assert!((1.0..=100.0).contains(&value("w1")), "in µm");
    assert_eq!(value("w4"), value("w3"));
    assert_eq!(value("l5"), 2.0 * value("l1"));
    assert_eq!(value("vsup"), 1.8);
}

#[test]
fn what_cannot_be_drafted_says_why_and_leaves_nothing() {
    let decks = decks();
    let out = decks.folder.path().join("mine");
    for (more, expected) in [
        (["--metric", "x=ugf(v(nowhere))"], "x cannot be measured"),
        (["--metric", "x=ugf("], "`)` is missing"),
        (["--metric", "x=$HOME"], "metrics["),
        (["--metric", "x=v(out);shell ls"], "metrics["),
        (["--parameter", "nothing=1..2"], "no `.param` line of the decks gives `nothing` a number"),
        (["--parameter", "w1=5u"], "LOW..HIGH"),
        (["--tie", "w4=2*nothing"], "neither a parameter nor a tie"),
        (["--corner", "hot,temperature=warm"], "no temperature"),
    ] {
        let made = new(&decks, &out, &more);
        assert_eq!(made.status.code(), Some(2), "{more:?}: {}", stderr(&made));
        assert!(stderr(&made).contains(expected), "{more:?}: {}", stderr(&made));
        assert!(!out.exists(), "{more:?} left a folder");
    }
    // nothing of a stranger's runs unasked
    let shell = decks.folder.path().join("shell.cir");
    let mark = decks.folder.path().join("mark");
    let text = SUPPLY.replace("print psrr", &format!("shell touch {}", mark.display()));
    std::fs::write(&shell, text).expect("writable");
    let only = Decks { folder: tempfile::tempdir().expect("a folder"), decks: vec![shell] };
    let made = new(&only, &out, &[]);
    assert!(
        stderr(&made).contains("do more than simulate") && !out.exists() && !mark.exists(),
        "{}",
        stderr(&made)
    );
    // and nothing is written over
    std::fs::create_dir(&out).expect("writable");
    std::fs::write(out.join("notes.txt"), "mine").expect("writable");
    let made = new(&decks, &out, &[]);
    assert!(stderr(&made).contains("is there already"), "{}", stderr(&made));
    assert_eq!(std::fs::read_dir(&out).expect("there").count(), 1);
}

#[test]
fn results_become_rows_and_data_alone_is_a_circuit_whose_verdicts_stay_predictions() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let place = |name: &str| folder.path().join(name).display().to_string();
    // what `simulate` measured, as rows
    assert!(run(&["simulate", "ota1", "--random", "40", "--json", &place("r.json")]).status.success());
    let imported = run(&["dataset", "import", "ota1", &place("r.json"), "--out", &place("r.csv")]);
    assert!(imported.status.success(), "{}", stderr(&imported));
    let result: Value =
        serde_json::from_str(&std::fs::read_to_string(place("r.json")).expect("written")).expect("JSON");
    let list = result["sizings"].as_array().expect("a list");
    let unmeasured = list.iter().filter(|s| s["simulated"].is_null()).count();
    let circuit = Circuit::open("ota1").expect("bundled");
    let rows = sizewright::dataset::read(&circuit, Path::new(&place("r.csv"))).expect("a table").dataset;
    let refused = stdout(&imported).lines().filter(|l| l.starts_with("refused")).count();
    assert!(rows.rows.len() >= 5 && rows.rows.len() + unmeasured + refused <= 40, "{}", stdout(&imported));

    // the same circuit without its testbench
    let text = std::fs::read_to_string(circuit.folder.join("circuit.ron")).expect("readable");
    let text = text
        .replace("format: 1", "format: 2")
        .replace("    testbench: \"testbench.cir\",\n", "")
        .replace("    schematic: \"../../assets/schematics/ota1.svg\",\n", "")
        .replace("name: \"ota1\"", "name: \"alone\"");
    std::fs::create_dir(place("alone")).expect("writable");
    std::fs::write(place("alone/circuit.ron"), text).expect("writable");
    std::fs::copy(&circuit.dataset, place("alone/samples.csv")).expect("copied");
    let alone = place("alone");
    let trained = run(&["train", &alone, "--stop-after", "3", "--out", &place("m.model")]);
    assert!(Path::new(&place("m.model")).is_file(), "{}", stderr(&trained));
    let sized = run(&[
        "size",
        &alone,
        "--model",
        &place("m.model"),
        "--spec",
        "gain>=20dB",
        "--count",
        "5",
        "--json",
        &place("s.json"),
    ]);
    assert!(sized.status.success(), "{}", stderr(&sized));
    assert!(stdout(&sized).contains("predicted, unverified"), "{}", stdout(&sized));
    let result: Value =
        serde_json::from_str(&std::fs::read_to_string(place("s.json")).expect("written")).expect("JSON");
    for sizing in result["sizings"].as_array().expect("a list") {
        assert!(sizing["simulated"].is_null() && sizing["feasible"].is_null(), "{sizing}");
    }
    let measured = run(&["simulate", &alone, "--random", "2"]);
    assert!(!measured.status.success() && stderr(&measured).contains("data alone"), "{}", stderr(&measured));
}
