//! What a page says of a design that no ngspice measured: made up, with strangers' texts in it.

use super::contents::page;
use super::html::html;
use super::markdown::markdown;
use super::{About, Review, write};
use crate::circuit::{Circuit, Performance, Specification};
use crate::engine::{Failure, Outcome, Simulated};
use std::sync::Arc;

const BAD: &str = "<script>alert(1)</script> | **x** \"'";

fn review(performance: &[f64], conditions: Vec<(String, Outcome)>) -> Review {
    let mut circuit = Circuit::open("ota1").expect("bundled");
    circuit.title = BAD.to_owned();
    circuit.groups[0].name = BAD.to_owned();
    circuit.parameters[0].about = BAD.to_owned();
    let sizing = crate::dataset::random(&circuit, 1, 1).remove(0);
    let targets = Specification::parse(&circuit, &["power<=27nW", "gain>=30dB"]).expect("sound");
    let text = |words: &str| Some(words.to_owned());
    Review {
        targets,
        sizing,
        simulated: Simulated::for_tests(Performance(performance.to_vec())),
        inspection: None,
        conditions,
        about: About { name: text(BAD), note: text(BAD), model: text(BAD), seed: Some(7) },
        date: "2026-11-22 23:10:29 UTC".to_owned(),
        notes: vec![BAD.to_owned()],
        circuit: Arc::new(circuit),
    }
}

fn measured(performance: &[f64]) -> Outcome {
    Ok(Simulated::for_tests(Performance(performance.to_vec())))
}

#[test]
fn no_text_of_a_stranger_is_more_than_text() {
    let conditions = vec![(BAD.to_owned(), measured(&[26e-9, 5e-6, 33.0, 1e3]))];
    let review = review(&[26e-9, 5e-6, 33.0, 1e3], conditions);
    let page = page(&review, false, &[], &review.notes);
    let (html, markdown) = (html(&page), markdown(&page));
    assert!(!html.contains("<script") && html.contains("&lt;script&gt;"), "{html}");
    assert!(!markdown.contains('<') && !markdown.contains("**x**"), "{markdown}");
    // every row of a table has as many cells as its head
    let bars = |line: &str| line.replace("\\|", "").matches('|').count();
    for pair in
        markdown.lines().collect::<Vec<_>>().windows(2).filter(|p| p.iter().all(|l| l.starts_with('|')))
    {
        assert_eq!(bars(pair[0]), bars(pair[1]), "{pair:?}");
    }
}

#[test]
fn the_verdict_says_what_ngspice_measured_and_where_it_fails() {
    let good = [26e-9, 5e-6, 33.0, 1e3];
    assert_eq!(review(&good, Vec::new()).verdict(), "Feasible in a test, worst margin +3.7 % power");
    let missed = review(&[26e-9, 5e-6, 29.2, 1e3], Vec::new());
    assert_eq!(missed.verdict(), "Infeasible in a test, worst margin \u{2212}0.8 dB gain");
    let named = |outcomes: Vec<Outcome>| -> Vec<(String, Outcome)> {
        let names = ["nominal", "hot", "cold"].map(str::to_owned);
        names.into_iter().zip(outcomes).collect()
    };
    let both = review(&good, named(vec![measured(&good), measured(&[30e-9, 5e-6, 33.0, 1e3])]));
    assert!(both.verdict().ends_with("; infeasible over 2 conditions"), "{}", both.verdict());
    let page_of = |review: &Review| markdown(&page(review, false, &[], &[]));
    let text = page_of(&both);
    assert!(text.contains("| **worst** | **30 nW (hot)** | 5 µV (nominal) | 33 dB (nominal) |"), "{text}");
    assert!(text.contains("| hot | **30 nW** | 5 µV | 33 dB | 1 kHz |"), "{text}");
    // a condition in which there is no word has no worst case
    let failed = review(&good, named(vec![measured(&good), Err(Failure::Crashed("it".to_owned()))]));
    assert_eq!((failed.feasible_everywhere(), failed.worst()), (Some(false), None));
    assert!(page_of(&failed).contains("no worst case"));
    // without targets there is nothing to meet
    let free = Review { targets: Specification::default(), ..review(&good, Vec::new()) };
    assert_eq!((free.verdict().as_str(), free.feasible()), ("Measured in a test, without targets", None));
    assert!(page_of(&free).contains("| power | – | 26 nW | – |"), "{}", page_of(&free));
}

#[test]
fn the_files_lie_beside_each_other_and_the_design_is_as_it_was() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let review = review(&[26e-9, 5e-6, 33.0, 1e3], Vec::new());
    let path = write(&review, place.path()).expect("written");
    assert_eq!(path, place.path().join("review.html"));
    let html = std::fs::read_to_string(&path).expect("there");
    assert!(html.contains("src=\"schematic.svg\"") && place.path().join("schematic.svg").is_file());
    let param = std::fs::read_to_string(place.path().join("sizing.param")).expect("there");
    let values = param.lines().filter_map(|l| l.strip_prefix(".param ")?.split_once('=')?.1.parse().ok());
    assert_eq!(values.collect::<Vec<f64>>(), review.sizing.0);
}
