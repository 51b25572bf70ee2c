//! Review pages from the command line: what they say is what ngspice measures, and nothing of anybody's is lost.

use crate::conditions::divider;
use crate::support::{altered_ota1, ota1, run, stderr, stdout};
use serde_json::Value;
use sizewright::circuit::{Circuit, datasets_folder, format_quantity};
use std::path::{Path, PathBuf};

/// A file with one row of OTA1's dataset.
fn row(folder: &Path) -> String {
    let text = std::fs::read_to_string(datasets_folder().join("ota1/samples.csv")).expect("bundled");
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let path = folder.join("row.csv");
    std::fs::write(&path, format!("{}\n{}\n", lines[0], lines[7])).expect("writable");
    path.display().to_string()
}

/// What `simulate` says of a file of sizings.
fn simulated(folder: &Path, circuit: &str, sizing: &str) -> Value {
    let json = folder.join("simulated.json");
    let path = json.display().to_string();
    let output = run(&["simulate", circuit, "--sizing", sizing, "--json", &path]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = std::fs::read_to_string(&json).expect("written");
    let value: Value = serde_json::from_str(&text).expect("JSON");
    value["sizings"][0].clone()
}

fn shown(circuit: &Circuit, values: &Value, metric: &str) -> String {
    let unit = circuit.metrics[circuit.metric_index(metric).expect("a metric")].unit;
    format_quantity(values[metric].as_f64().expect("measured"), unit, 4)
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).expect("written")
}

/// The cells of the row that begins with `head`, without what makes them stand out.
fn cells(markdown: &str, head: &str) -> Vec<String> {
    let line = markdown.lines().find(|line| line.replace("**", "").starts_with(&format!("| {head} |")));
    let line = line.unwrap_or_else(|| panic!("a row `{head}` in:\n{markdown}")).replace("**", "");
    line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()
}

/// The files that a page shows.
fn pictures(html: &str) -> Vec<&str> {
    html.split("<img src=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn a_page_says_what_a_direct_simulation_says_and_its_design_comes_back() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let (folder, out) = (place.path(), place.path().join("page"));
    let (sizing, page) = (row(folder), out.display().to_string());
    let output = run(&["review", "ota1", "--sizing", &sizing, "--out", &page]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let circuit = ota1();
    let direct = simulated(folder, "ota1", &sizing);
    let (markdown, html) = (read(&out, "review.md"), read(&out, "review.html"));
    for metric in &circuit.metrics {
        let own = cells(&markdown, &metric.title);
        assert_eq!(own[3], shown(&circuit, &direct["simulated"], &metric.name), "{own:?}");
        assert!(html.contains(&format!(">{}</td>", own[3])), "{}", own[3]);
    }
    // by the first named specification, which is said
    assert!(stderr(&output).contains("the target is"), "{}", stderr(&output));
    let bound = &circuit.specifications[0].specification.bounds[0];
    assert_eq!(bound.metric, 0);
    let own = cells(&markdown, &circuit.metrics[0].title);
    let met = direct["simulated"]["power"].as_f64().expect("measured") <= bound.value;
    assert_eq!(own[4].starts_with('+'), met, "{own:?}");
    assert!(stdout(&output).contains("easible in ngspice-"), "{}", stdout(&output));
    // the parameters, the devices, and who says so
    for parameter in &circuit.parameters {
        assert!(markdown.contains(&format!("| {} |", parameter.name)), "{}", parameter.name);
    }
    for device in ["M1", "M7"] {
        assert!(cells(&markdown, device)[2].ends_with('A'), "{:?}", cells(&markdown, device));
    }
    let hash = sizewright::engine::testbench_hash(&circuit).expect("readable");
    assert_eq!(cells(&markdown, "testbench, SHA-256")[1], hash);
    assert!(cells(&markdown, "simulator")[1].starts_with("ngspice-"));
    assert!(!markdown.contains("## Corners"), "none was asked for");
    // what it shows is there and is a picture
    let shown_files = pictures(&html);
    assert!(shown_files.contains(&"schematic.svg") && shown_files.contains(&"curve-1-magnitude.png"));
    assert!(shown_files.iter().any(|file| file.ends_with("-density.png")), "{shown_files:?}");
    for file in shown_files {
        assert!(markdown.contains(&format!("]({file})")), "{file}");
        if file.ends_with(".png") {
            let picture = image::open(out.join(file)).expect("a PNG").to_rgb8();
            let inked = picture.pixels().filter(|p| p.0 != [255; 3]).count();
            assert!(inked > 2000 && picture.width() > 1000, "{file}: {inked} of {:?}", picture.dimensions());
        } else {
            assert!(out.join(file).is_file());
        }
    }
    // the design comes back to the same metrics, bit for bit
    let again = simulated(folder, "ota1", &out.join("sizing.param").display().to_string());
    assert_eq!(again["parameters"], direct["parameters"]);
    assert_eq!(again["simulated"], direct["simulated"]);
    // a second review takes the place of the first
    let output = run(&["review", "ota1", "--sizing", &sizing, "--spec", "gain>=200dB", "--out", &page]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let margin = cells(&read(&out, "review.md"), "DC gain").pop().expect("a margin");
    assert!(margin.starts_with('\u{2212}') && margin.ends_with("dB"), "{margin}");
}

#[test]
fn corners_are_measured_where_they_are_asked_for_and_a_title_is_only_text() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let (folder, out) = (place.path(), place.path().join("page"));
    let circuit = divider(folder, &[]);
    let ron = Path::new(&circuit).join("circuit.ron");
    let text = std::fs::read_to_string(&ron).expect("written");
    let title = text.lines().find(|line| line.trim_start().starts_with("title:")).expect("a title");
    let bad = "title: \"<script>alert(1)</script> | **x**\",";
    std::fs::write(&ron, text.replacen(title, bad, 1)).expect("writable");
    let sizing = folder.join("sizing.json");
    std::fs::write(&sizing, r#"{"ra": 2000.0, "rb": 2000.0}"#).expect("writable");
    let (sizing, page) = (sizing.display().to_string(), out.display().to_string());
    let own =
        ["review", circuit.as_str(), "--sizing", &sizing, "--out", &page, "--spec", "level=450mV..550mV"];
    let output = run(&[&own[..], &["--corners", "all"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("; infeasible over 3 conditions"), "{}", stdout(&output));
    let (markdown, html) = (read(&out, "review.md"), read(&out, "review.html"));
    assert!(!html.contains("<script") && html.contains("&lt;script&gt;alert(1)"), "{html}");
    assert!(!markdown.split("<!-- sizewright").next().expect("a page").contains('<'), "{markdown}");
    // as `verify` measures them
    let json = folder.join("verified.json");
    let verified = run(&["verify", &circuit, "--sizing", &sizing, "--json", &json.display().to_string()]);
    assert!(verified.status.success(), "{}", stderr(&verified));
    let verified: Value = serde_json::from_str(&read(folder, "verified.json")).expect("JSON");
    let corners = &verified["sizings"][0]["corners"];
    let circuit_read = Circuit::load(Path::new(&circuit)).expect("still a circuit");
    for condition in ["nominal", "cold", "hot"] {
        let row = cells(&markdown, condition);
        for (place, metric) in ["level", "drawn"].into_iter().enumerate() {
            assert_eq!(row[place + 1], shown(&circuit_read, &corners[condition]["simulated"], metric));
        }
    }
    // the worst of each metric, with where it is
    let drawn = cells(&markdown, "worst").pop().expect("a cell");
    assert!(drawn.ends_with("(cold)"), "{drawn}");
    // by name, and what is no corner is said with what is
    let output = run(&[&own[..], &["--corners", "hot"]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let markdown = read(&out, "review.md");
    assert!(markdown.contains("| hot |") && !markdown.contains("| cold |"), "{markdown}");
    let output = run(&[&own[..], &["--corners", "warm"]].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("`warm`") && stderr(&output).contains("cold, hot"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_file_that_no_review_wrote_is_kept_and_named() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let (folder, out) = (place.path(), place.path().join("page"));
    let (sizing, page) = (row(folder), out.display().to_string());
    std::fs::create_dir(&out).expect("writable");
    std::fs::write(out.join("sizing.param"), ".param mine=1\n").expect("writable");
    std::fs::write(out.join("notes.txt"), "mine").expect("writable");
    let arguments = ["review", "ota1", "--sizing", &sizing, "--out", &page];
    let refused = run(&arguments);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("sizing.param") && stderr(&refused).contains("move it away"));
    assert_eq!(read(&out, "sizing.param"), ".param mine=1\n");
    assert!(!out.join("review.md").exists() && !out.join("review.html").exists());
    std::fs::remove_file(out.join("sizing.param")).expect("there");
    let output = run(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(read(&out, "notes.txt"), "mine");
    // a picture has a name that is known only when it is drawn
    let picture: PathBuf = out.join("curve-1-magnitude.png");
    std::fs::write(&picture, "mine now").expect("writable");
    let before = read(&out, "review.html");
    let refused = run(&arguments);
    assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("curve-1-magnitude.png"), "{}", stderr(&refused));
    assert_eq!(std::fs::read_to_string(&picture).expect("there"), "mine now");
    assert_eq!(read(&out, "review.html"), before, "nothing was written");
}

#[test]
fn what_cannot_be_reviewed_is_said_and_leaves_nothing() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let (folder, out) = (place.path(), place.path().join("page"));
    let (sizing, page) = (row(folder), out.display().to_string());
    let file = folder.join("file");
    std::fs::write(&file, "").expect("writable");
    let file = file.display().to_string();
    let shell = altered_ota1(folder, ".control", ".control\nshell true");
    let shell = shell.folder.display().to_string();
    for (arguments, code, expected) in [
        (vec!["ota1", "--sizing", &sizing, "--row", "2", "--out", &page], 2, "holds 1 sizings"),
        (vec!["ota1", "--sizing", &sizing, "--corners", "all", "--out", &page], 2, "has no corners"),
        (vec!["ota1", "--sizing", &sizing, "--spec", "gian>=1dB", "--out", &page], 2, "gian"),
        (vec!["ota1", "--sizing", &sizing, "--out", &file], 2, "is no folder"),
        (vec!["ota1", "--sizing", "no-such.json", "--out", &page], 2, "cannot be read"),
        (vec![&shell, "--sizing", &sizing, "--out", &page], 2, "would do more than simulate"),
    ] {
        let output = run(&[&["review"][..], &arguments].concat());
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(expected), "{arguments:?}: {}", stderr(&output));
    }
    // a design that cannot be measured has no page
    let broken = altered_ota1(&folder.join("broken"), ".control", ".control\nquit");
    let broken = broken.folder.display().to_string();
    let output = run(&["review", &broken, "--sizing", &sizing, "--out", &page]);
    assert_eq!(output.status.code(), Some(1), "{}{}", stdout(&output), stderr(&output));
    assert!(!out.exists());
}
