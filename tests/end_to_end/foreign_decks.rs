//! Decks as strangers write them: what they set, misspell, redefine, write and start, and what becomes of
//! the designs, the circuit's folder, this process's memory and the system's processes.

use crate::support::{altered_ota1, batch, kit_is_missing, printed, simulator_with, sizings, trusting};
use sizewright::circuit::{Circuit, Sizing, datasets_folder};
use sizewright::spice::{
    Allowed, Failure, Outcome, Simulate, Simulator, SimulatorConfig, SpiceError, deck, ngspice_version,
    unused_parameters,
};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

fn run(simulator: &mut Simulator, sizings: &[Sizing]) -> Vec<Outcome> {
    simulator.run(sizings, &AtomicBool::new(false), &mut |_, _| {})
}

/// A low-pass of a resistor and a capacitor: metrics `gain` and `phase` at 1 kHz.
const CIRCUIT: &str = r#"(
    format: 1, name: "rc", title: "RC", about: "A low-pass.",
    parameters: [
        (name: "R1", unit: "Ohm", low: 1e2, high: 1e5, grid: 1, scale: Log, about: "series"),
        (name: "C1", unit: "F", low: 1e-10, high: 1e-7, grid: 1e-12, scale: Log, about: "shunt"),
    ],
    groups: [],
    metrics: [
        (name: "gain", title: "Gain", unit: "dB", scale: Linear, sense: ">=", legal: (-100, 10)),
        (name: "phase", title: "Phase", unit: "", scale: Linear, sense: ">=", legal: (-100, 10)),
    ],
    validity: [],
    testbench: "testbench.cir",
    dataset: "samples.csv",
    specifications: [("usual", ["gain>=-3dB"])],
)"#;

const NETLIST: &str = "V1 in 0 dc 0 ac 1\nR1 in out {R1}\nC1 out 0 {C1}\n";
const MEASURES: &str =
    "ac dec 10 1 1meg\nmeas ac gain find vdb(out) at=1k\nmeas ac phase find vp(out) at=1k\n";

struct Foreign {
    circuit: Circuit,
    _folder: tempfile::TempDir,
}

/// The low-pass with this netlist and these commands; further files beside the testbench.
fn foreign(netlist: &str, control: &str, files: &[(&str, &str)]) -> Foreign {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let here = folder.path().join("rc");
    std::fs::create_dir(&here).expect("writable");
    std::fs::write(here.join("circuit.ron"), CIRCUIT).expect("writable");
    let text = format!("* a stranger's\n.include sizing.param\n{netlist}.control\n{control}\n.endc\n.end\n");
    std::fs::write(here.join("testbench.cir"), text).expect("writable");
    for (name, text) in files {
        std::fs::write(here.join(name), text).expect("writable");
    }
    Foreign { circuit: Circuit::load(&here).expect("a circuit"), _folder: folder }
}

fn designs() -> Vec<Sizing> {
    [(1e3, 1e-7), (1e3, 1e-8), (2e3, 2e-8), (1e3, 1e-7)].map(|(r, c)| Sizing(vec![r, c])).to_vec()
}

fn values(outcome: &Outcome) -> Vec<f64> {
    outcome.as_ref().unwrap_or_else(|e| panic!("measured: {e}")).performance().0.clone()
}

fn message(foreign: &Foreign) -> String {
    let mut simulator = simulator_with(&foreign.circuit, 1, Duration::from_secs(10), 5000);
    let mut outcomes = run(&mut simulator, &designs()[..1]);
    outcomes.remove(0).expect_err("no measurement").to_string()
}

fn refusal(foreign: &Foreign) -> String {
    Simulator::start(&foreign.circuit, trusting(&foreign.circuit)).err().expect("refused").to_string()
}

/// Four designs, the first and the fourth the same, each as `ngspice -b` measures it.
fn is_as_in_batch_mode(foreign: &Foreign) {
    let all = designs();
    let mut simulator = simulator_with(&foreign.circuit, 1, Duration::from_secs(10), 5000);
    let outcomes = run(&mut simulator, &all);
    assert_eq!(values(&outcomes[0]), values(&outcomes[3]));
    for (sizing, outcome) in all.iter().zip(&outcomes) {
        let path = foreign.circuit.folder.join("deck.cir");
        std::fs::write(&path, deck(&foreign.circuit, 0, sizing).expect("a deck")).expect("writable");
        let text = batch(&path);
        for (metric, value) in foreign.circuit.metrics.iter().zip(values(outcome)) {
            let independent = printed(&text, &metric.name);
            let error = (value - independent).abs();
            assert!(error < 1e-5 * independent.abs(), "{}: {value}, {independent} by -b", metric.name);
        }
    }
}

#[test]
fn what_a_deck_sets_does_not_reach_the_next_design() {
    // radians before, degrees behind it: the first design has the former
    let late = foreign(NETLIST, &format!("{MEASURES}set units=degrees"), &[]);
    is_as_in_batch_mode(&late);
    let early = foreign(NETLIST, &format!("set units=degrees\n{MEASURES}"), &[]);
    is_as_in_batch_mode(&early);
    // an alias, a function, a constant, an option, a list of what is saved, a folder
    let many = "let spoilt = c\nlet c = 3\ndefine vdb(x) x*0+7\nsave in\ncd /\noption temp=80\nset numdgt=4";
    let many = foreign(NETLIST, &format!("{MEASURES}{many}"), &[]);
    is_as_in_batch_mode(&many);
    let counted = format!("{MEASURES}if $?seen\nlet gain = 99\nend\nset seen");
    is_as_in_batch_mode(&foreign(NETLIST, &counted, &[]));
    // random numbers are the same for every design
    let random = foreign(NETLIST, &format!("{MEASURES}let gain = gain + sgauss(0)"), &[]);
    let mut simulator = simulator_with(&random.circuit, 1, Duration::from_secs(10), 5000);
    let outcomes = run(&mut simulator, &designs());
    assert_eq!(values(&outcomes[0]), values(&outcomes[3]));
}

#[test]
fn commands_run_as_in_batch_mode() {
    let upper = "AC DEC 10 1 1Meg\nNOISE V(OUT) V1 DEC 5 1 1K\nSetplot ac1\nMEAS AC Gain FIND VDB(OUT) AT=1K\nLet PHASE = vp(Out)[30] ; a comment\nprint gain phase";
    is_as_in_batch_mode(&foreign(NETLIST, upper, &[]));
    let continued = "ac dec 10\n+ 1\n+ 1meg\n* a comment\nmeas ac gain\n+ find vdb(out) at=1k\nmeas ac phase find vp(out) at=1k $ another";
    is_as_in_batch_mode(&foreign(NETLIST, continued, &[]));
    // the quoted text of `setcs` keeps its case, that of `strcmp` does not
    let quoted = "setcs kept=\"A b\"\nstrcmp differs \"$kept\" \"A b\"\nac dec 10 1 1meg\nlet gain = vdb(out)[30] + $differs\nlet phase = vp(out)[30]\nprint gain phase";
    is_as_in_batch_mode(&foreign(NETLIST, quoted, &[]));
}

#[test]
fn files_go_to_a_scratch_folder_and_come_from_the_circuits() {
    let control = format!(
        "{MEASURES}wrdata out.csv v(out)\nwrite out.raw v(out)\necho a > note.txt\nload kept.raw\nsetplot ac1"
    );
    let raw = "Title: kept\nPlotname: constants\nFlags: real\nNo. Variables: 1\nNo. Points: 1\nVariables:\n\t0\tkept\tvoltage\nValues:\n 0\t4.5\n";
    let own = foreign(NETLIST, &control, &[("kept.raw", raw)]);
    // found beside the deck: its vector makes a metric
    let text = std::fs::read_to_string(&own.circuit.testbenches[0].deck).expect("readable");
    std::fs::write(&own.circuit.testbenches[0].deck, text.replace("setplot ac1", "let phase = kept"))
        .expect("writable");
    let listed = |folder: &Path| {
        let entries = std::fs::read_dir(folder).expect("readable").flatten();
        let mut names: Vec<String> = entries.map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    };
    let mut simulator = simulator_with(&own.circuit, 1, Duration::from_secs(10), 5000);
    let outcomes = run(&mut simulator, &designs());
    assert_eq!(values(&outcomes[1])[1], 4.5);
    assert_eq!(listed(&own.circuit.folder), ["circuit.ron", "kept.raw", "testbench.cir"]);
}

#[test]
fn no_start_up_file_runs() {
    let own = foreign(NETLIST, MEASURES, &[]);
    let made = own.circuit.folder.join("made");
    std::fs::write(own.circuit.folder.join(".spiceinit"), format!("* x\nshell touch {}\n", made.display()))
        .expect("writable");
    // a start-up file also holds for a process that stands in the folder
    let status = std::process::Command::new("ngspice")
        .args(["-b", "testbench.cir"])
        .current_dir(&own.circuit.folder)
        .output();
    assert!(status.is_ok() && made.exists(), "the file would run");
    std::fs::remove_file(&made).expect("it is there");
    assert!(run(&mut simulator_with(&own.circuit, 1, Duration::from_secs(10), 5000), &designs())[0].is_ok());
    assert!(!made.exists());
    for arguments in [vec!["simulate", ".", "--random", "2"], vec!["simulate", "ota1", "--random", "1"]] {
        let output = std::process::Command::new(crate::support::program())
            .args(arguments)
            .current_dir(&own.circuit.folder)
            .output()
            .expect("the program starts");
        assert!(output.status.success(), "{}", crate::support::stderr(&output));
    }
    assert!(!made.exists());
    assert!(ngspice_version(&trusting(&own.circuit)).expect("installed").starts_with("ngspice"));
}

#[test]
fn a_parameter_that_the_deck_sets_again_is_refused_with_both_lines() {
    let behind = foreign(&format!("{NETLIST}.param other=1\n+ c1 = 1n\n"), MEASURES, &[]);
    let text = refusal(&behind);
    assert!(text.contains("testbench.cir:6: this sets C1 again"), "{text}");
    assert!(text.contains("testbench.cir:2"), "{text}");
    let included = foreign(
        &format!("{NETLIST}.include more.inc\n"),
        MEASURES,
        &[("more.inc", "* m\n.PARAM R1='2*3'\n")],
    );
    let text = refusal(&included);
    assert!(text.contains("more.inc:2: this sets R1 again") && text.contains("testbench.cir:2"), "{text}");
    // in front of the sizing it is a default, in a subcircuit it is the subcircuit's
    let fine = foreign(&format!(".subckt s a\n.param R1=5\nRs a 0 {{R1}}\n.ends\n{NETLIST}"), MEASURES, &[]);
    let text = std::fs::read_to_string(&fine.circuit.testbenches[0].deck).expect("readable");
    let text = text.replace(".include sizing.param", ".param R1=7\n.include sizing.param");
    std::fs::write(&fine.circuit.testbenches[0].deck, text).expect("writable");
    is_as_in_batch_mode(&fine);
}

#[test]
fn a_parameter_that_nothing_uses_is_known_before_work_begins() {
    let unused = foreign("V1 in 0 dc 0 ac 1\nR1 in out {R1} ; C1\nC2 out 0 1n\n* C1\n", MEASURES, &[]);
    assert_eq!(unused_parameters(&unused.circuit).expect("readable"), ["C1"]);
    let used = foreign(NETLIST, MEASURES, &[]);
    assert_eq!(unused_parameters(&used.circuit).expect("readable"), [""; 0]);
    for name in sizewright::circuit::bundled_circuits() {
        let circuit = Circuit::open(&name).expect("bundled");
        if kit_is_missing(&circuit) {
            continue;
        }
        assert_eq!(unused_parameters(&circuit).expect("readable"), [""; 0], "{name}");
    }
}

#[test]
fn reasons_name_the_cause_at_the_users_line() {
    let long = "* a comment\n\n* another\n";
    for (netlist, control, expected) in [
        (
            format!("{long}{NETLIST}R2 out 0 {{R3}}\n"),
            MEASURES.to_owned(),
            "testbench.cir:9: there is no parameter `r3`",
        ),
        (
            format!("{long}{NETLIST}X1 out 0 filter\n"),
            MEASURES.to_owned(),
            "testbench.cir:9: there is no such subcircuit: x1 out 0 filter",
        ),
        (
            format!("{long}{NETLIST}M1 out in 0 0 nmosx\n"),
            MEASURES.to_owned(),
            "testbench.cir:9: there is no model `nmosx`",
        ),
        (
            format!("{long}{NETLIST}.model nn nmos level=1\nM1 out in 0 0 nn ww=1u\n"),
            MEASURES.to_owned(),
            "testbench.cir:10: m1 out in 0 0 nn ww=1u: unknown parameter (ww)",
        ),
        (
            NETLIST.to_owned(),
            MEASURES.replace("vdb(out)", "vdb(outt)"),
            "gain was not measured: testbench.cir:8: `meas ac gain find vdb(outt) at=1k` failed: there is no vector `v(outt)`",
        ),
        (
            NETLIST.to_owned(),
            MEASURES.replace("find vdb(out) at=1k", "when vdb(out)=10"),
            "testbench.cir:8: `meas ac gain when vdb(out)=10` failed: there is no such point in the swept range (out of interval)",
        ),
        (
            NETLIST.to_owned(),
            MEASURES.replace("meas ac gain find vdb(out) at=1k", "let gain = vdb(oot)[0]"),
            "testbench.cir:8: `let gain = vdb(oot)[0]` failed: there is no vector `oot`, or it is empty",
        ),
        (
            NETLIST.to_owned(),
            MEASURES.replace("gain", "gian"),
            "gain was not measured: no command of the control block makes a vector of this name (it makes `gian`)",
        ),
        (
            NETLIST.to_owned(),
            MEASURES.replace("ac dec", "acc dec"),
            "testbench.cir:7: ngspice has no command `acc`",
        ),
        (
            NETLIST.to_owned(),
            format!("noise v(out) v2 dec 5 1 1k\n{MEASURES}"),
            "Noise input source v2 not in circuit",
        ),
    ] {
        let text = message(&foreign(&netlist, &control, &[]));
        assert!(text.contains(expected), "{text}\ninstead of\n{expected}");
        assert!(!text.to_lowercase().contains("warning"), "{text}");
    }
}

#[test]
fn a_warning_that_came_along_is_not_the_cause() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // the card is made to warn, and the crossing is made impossible
    let circuit = altered_ota1(folder.path(), "meas ac bw when mag=edge", "meas ac bw when mag=1e9");
    let card = folder.path().join("models/generic65.lib");
    let text = std::fs::read_to_string(datasets_folder().join("models/generic65.lib")).expect("readable");
    assert!(text.contains("paramchk=1"));
    std::fs::write(&card, text.replace("paramchk=1", "paramchk=1 ckappas=0.01")).expect("writable");
    let mut simulator = simulator_with(&circuit, 1, Duration::from_secs(10), 5000);
    let mut failed = 0;
    for outcome in run(&mut simulator, &sizings(&circuit, 4)) {
        let Err(failure) = outcome else { continue };
        let text = failure.to_string();
        assert!(!text.contains("too small") && !text.contains("ckappas"), "{text}");
        failed += usize::from(text.contains("`meas ac bw when mag=1e9 fall=1` failed"));
    }
    assert!(failed >= 2, "{failed}");
}

#[test]
fn a_library_is_read_by_its_section() {
    let library = "* corners\n.lib tt\n.param scale=1\n.include part.inc\n.endl tt\n.LIB FF\n.param scale=2\n.include part.inc\n.endl\n";
    let part = "R2 out 0 {1k*scale}\n";
    let files = [("corners.lib", library), ("part.inc", part)];
    let gains = ["tt", "ff"].map(|section| {
        let own = foreign(&format!(".lib 'corners.lib' {section}\n{NETLIST}"), MEASURES, &files);
        is_as_in_batch_mode(&own);
        let mut simulator = simulator_with(&own.circuit, 1, Duration::from_secs(10), 5000);
        values(&run(&mut simulator, &designs()[..1])[0])[0]
    });
    assert!(gains[0] < gains[1], "{gains:?}");
    let text = refusal(&foreign(&format!(".lib corners.lib ss\n{NETLIST}"), MEASURES, &files));
    assert!(text.contains("testbench.cir:3: there is no section `ss` in"), "{text}");
    assert!(text.contains("it has tt, FF"), "{text}");
    let text = refusal(&foreign(&format!(".lib corner.lib ss\n{NETLIST}"), MEASURES, &files));
    assert!(text.contains("testbench.cir:3: there is no file"), "{text}");
}

/// The processes whose command line holds `word`.
fn processes(word: &str) -> Vec<String> {
    let commands = std::fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| {
        let command = std::fs::read_to_string(entry.path().join("cmdline")).ok()?.replace('\0', " ");
        command.contains(word).then_some(command)
    });
    commands.collect()
}

fn memory_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find(|l| l.starts_with("VmRSS:"))?.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn what_a_deck_starts_ends_with_its_design() {
    // a number of seconds that nothing else on this machine sleeps
    let own = foreign(NETLIST, &format!("shell sleep 97.0625\n{MEASURES}"), &[]);
    let limit = Duration::from_secs(1);
    let mut simulator = simulator_with(&own.circuit, 2, limit, 5000);
    let start = Instant::now();
    for outcome in run(&mut simulator, &designs()) {
        assert_eq!(outcome, Err(Failure::TimedOut(limit)));
    }
    assert!(start.elapsed() < Duration::from_secs(20));
    drop(simulator);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(processes("sleep 97.0625"), [""; 0]);
}

#[test]
fn a_flood_of_words_costs_a_design_and_no_memory() {
    let own = foreign(NETLIST, &format!("shell cat /dev/zero\n{MEASURES}"), &[]);
    let limit = Duration::from_secs(2);
    let mut simulator = simulator_with(&own.circuit, 1, limit, 5000);
    let before = memory_kib();
    let outcomes = run(&mut simulator, &designs()[..1]);
    assert!(matches!(outcomes[0], Err(Failure::TimedOut(_) | Failure::Crashed(_))), "{outcomes:?}");
    if let (Some(before), Some(after)) = (before, memory_kib()) {
        assert!(after < before + 64 * 1024, "{before} KiB before, {after} KiB after");
    }
    // one that says too much itself, in a single line
    let program = own.circuit.folder.join("talks.sh");
    std::fs::write(&program, "#!/bin/sh\nexec cat /dev/zero\n").expect("writable");
    make_executable(&program);
    let config = SimulatorConfig { worker: program, ..trusting(&own.circuit) };
    let error = Simulator::start(&own.circuit, config).err().expect("no worker");
    assert!(matches!(&error, SpiceError::Worker { .. }), "{error}");
    assert!(error.to_string().contains("a line of more than 1 MiB"), "{error}");
}

#[cfg(unix)]
fn make_executable(path: &PathBuf) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("own file");
}

#[test]
fn a_deck_that_eats_memory_costs_its_own_design() {
    let eats = "if @r1[resistance] > 1500\nlet big = vector(200000000)\nlet more = big + 1\nend";
    let own = foreign(NETLIST, &format!("{MEASURES}{eats}"), &[]);
    let config = SimulatorConfig { jobs: 1, memory_limit: 1 << 30, ..trusting(&own.circuit) };
    let mut simulator = Simulator::start(&own.circuit, config).expect("installed");
    let outcomes = run(&mut simulator, &designs());
    assert!(outcomes[2].is_err(), "{outcomes:?}");
    assert_eq!(values(&outcomes[0]), values(&outcomes[3]));
}

#[test]
fn no_scratch_folder_is_left() {
    let own = foreign(NETLIST, &format!("shell sh {{HERE}}/where.sh\n{MEASURES}"), &[]);
    let text = std::fs::read_to_string(&own.circuit.testbenches[0].deck).expect("readable");
    let here = own.circuit.folder.display().to_string();
    std::fs::write(&own.circuit.testbenches[0].deck, text.replace("{HERE}", &here)).expect("writable");
    let script = format!("pwd > {here}/where.txt\n");
    std::fs::write(own.circuit.folder.join("where.sh"), script).expect("writable");
    let mut simulator = simulator_with(&own.circuit, 1, Duration::from_secs(10), 5000);
    assert!(run(&mut simulator, &designs())[3].is_ok());
    let scratch = std::fs::read_to_string(own.circuit.folder.join("where.txt")).expect("copied");
    let scratch = Path::new(scratch.trim());
    assert!(scratch.is_dir() && scratch != own.circuit.folder, "{}", scratch.display());
    drop(simulator);
    assert!(!scratch.exists());
}

#[test]
fn a_pool_fits_as_long_as_the_decks_text_is_the_same() {
    let own = foreign(&format!(".include part.inc\n{NETLIST}"), MEASURES, &[("part.inc", "R9 out 0 1meg\n")]);
    let config = SimulatorConfig { jobs: 1, ..trusting(&own.circuit) };
    let mut simulator = Simulator::start(&own.circuit, config.clone()).expect("installed");
    assert!(simulator.fits(&own.circuit, &config));
    let measured = run(&mut simulator, &designs()[..1]).remove(0).expect("measured");
    let hash = &measured.provenance().testbench;
    assert_eq!(hash.len(), 64);
    assert!(measured.provenance().simulator.starts_with("ngspice-"), "{measured:?}");
    assert!(!simulator.fits(&own.circuit, &SimulatorConfig { jobs: 2, ..config.clone() }));
    std::fs::write(own.circuit.folder.join("part.inc"), "R9 out 0 1k\n").expect("writable");
    assert!(!simulator.fits(&own.circuit, &config));
    let other =
        Simulator::start(&own.circuit, config.clone()).map(|mut s| run(&mut s, &designs()[..1]).remove(0));
    let other = other.expect("installed").expect("measured");
    assert!(other.provenance().testbench != *hash && other.performance() != measured.performance());
}

#[test]
fn a_deck_that_does_more_runs_with_the_users_word_alone() {
    let own = foreign(NETLIST, &format!("shell true\n{MEASURES}"), &[]);
    let config = SimulatorConfig {
        jobs: 1,
        allowed: Allowed::at(&own.circuit.folder.join("none.ron")),
        ..trusting(&own.circuit)
    };
    let Err(SpiceError::Untrusted { findings }) = Simulator::start(&own.circuit, config.clone()) else {
        panic!("it is refused");
    };
    assert_eq!((findings.len(), findings[0].line, findings[0].text.as_str()), (1, 7, "shell true"));
    config.allowed.add(&own.circuit).expect("writable");
    assert!(Simulator::start(&own.circuit, config).is_ok());
}
