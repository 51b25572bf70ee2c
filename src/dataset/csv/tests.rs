//! Files that are read back, and files that are not.

use super::*;

fn ota1() -> Circuit {
    Circuit::open("ota1").expect("OTA1 is bundled")
}

fn sample(circuit: &Circuit) -> Dataset {
    let row = |at: f64, performance: [f64; 4]| Row {
        sizing: Sizing(circuit.parameters.iter().map(|p| p.from_unit_interval(at)).collect())
            .snapped(circuit),
        performance: Performance(performance.to_vec()),
    };
    let rows = vec![
        row(0.3, [1.0 / 3.0 * 1e-7, 5.2e-6, 100.0 / 3.0, 1550.1]),
        row(0.7, [26.9e-9, 0.1 + 1e-4 - 0.1, 30.0, 99_999.9]),
    ];
    let mut provenance = Provenance::default();
    provenance.push("seed", 1);
    provenance.push("simulator", "ngspice: 39");
    Dataset { rows, provenance, ..Dataset::default() }
}

fn load(text: &str) -> Result<Loaded, CsvError> {
    read_from(&ota1(), text.as_bytes(), Path::new("f.csv"))
}

#[test]
fn a_file_reads_back_bit_for_bit() {
    let circuit = ota1();
    let dataset = sample(&circuit);
    let text = to_csv(&circuit, &dataset);
    let loaded = load(&text).expect("sound");
    assert_eq!(loaded, Loaded { dataset: dataset.clone(), refused: vec![] });
    assert_eq!(loaded.dataset.hash(), dataset.hash());
    let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    assert_eq!(load(&windows).expect("sound").dataset, dataset);
    assert_eq!(load(text.trim_end()).expect("sound").dataset, dataset);
}

#[test]
fn columns_may_come_in_any_order_and_units_may_be_left_out() {
    let circuit = ota1();
    let dataset = sample(&circuit);
    let turned: String = to_csv(&circuit, &dataset)
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let cells: Vec<&str> = line.split(',').rev().map(|c| c.split(" [").next().unwrap_or(c)).collect();
            cells.join(" , ") + "\n"
        })
        .collect();
    assert_eq!(load(&turned).expect("sound").dataset.rows, dataset.rows);
}

#[test]
fn a_header_that_does_not_fit_refuses_the_file() {
    let circuit = ota1();
    let text = to_csv(&circuit, &sample(&circuit));
    for (from, to, expected) in [
        ("power [W]", "power [nW]", "f.csv:3: the column `power` is in `nW`, but W is needed"),
        ("NF1", "NF1 [m]", "`NF1` is in `m`, but a plain number is needed"),
        ("W1 [m]", "W9 [m]", "`W9` is not a column of ota1: it has VDD, VB, W1"),
        ("W1 [m]", "W2 [m]", "`W2` occurs twice"),
        (",bw [Hz]", "", "the column `bw` is missing"),
    ] {
        let message = load(&text.replacen(from, to, 1)).expect_err(to).to_string();
        assert!(message.contains(expected), "{message}");
    }
    for empty in ["", "\n\n", "# only: words\n"] {
        let message = load(empty).expect_err("empty").to_string();
        assert!(message.contains("the file is empty") && message.contains("VDD [V]"), "{message}");
    }
    assert!(load("\u{0}\u{1}\u{2}").expect_err("binary").to_string().contains("f.csv:1"));
}

#[test]
fn endless_lines_are_refused_with_the_bound_and_long_values_are_not_echoed() {
    let circuit = ota1();
    let text = to_csv(&circuit, &sample(&circuit));
    let endless = |before: &str, with: u8| {
        let input = before.as_bytes().chain(std::io::repeat(with));
        read_from(&circuit, input, Path::new("f.csv")).expect_err("endless").to_string()
    };
    for (before, with) in
        [("", b'x'), ("# ", b'x'), ("\"", b'\n'), (&text, b','), (&text, b'1'), (&text, b'#')]
    {
        let message = endless(before, with);
        let bounded = message.contains("longer than 1 MiB") || message.contains("f.csv:1: ");
        assert!(bounded && message.len() < 1000, "{message}");
    }
    // hardly any row is sound
    let bad = load(&format!("{text}{}", "x\n".repeat(MOST_REFUSED + 1))).expect_err("none of the circuit's");
    assert!(bad.to_string().contains("more than 100000 rows are refused, the first at line 6"), "{bad}");
    // a quote that nobody closes runs on over the lines
    assert!(endless(&format!("{text}\""), b'\n').contains("longer than 1 MiB"));
    let long = "9x".repeat(100_000);
    let loaded = load(&format!("{text}{long}\u{7},1\n{long}{}\n", ",1".repeat(17))).expect("sound header");
    assert_eq!((loaded.dataset.rows.len(), loaded.refused.len()), (2, 2));
    for refused in &loaded.refused {
        assert!(refused.to_string().len() < 400 && refused.value.len() < 200, "{refused}");
    }
}

#[test]
fn each_bad_row_is_refused_by_line_and_column_and_the_others_stay() {
    let circuit = ota1();
    let dataset = sample(&circuit);
    let text = to_csv(&circuit, &dataset);
    let (head, last) = text.trim_end().rsplit_once('\n').expect("rows");
    let cells: Vec<&str> = last.split(',').collect();
    let with = |place: usize, value: &str| {
        let mut cells = cells.clone();
        cells[place] = value;
        cells.join(",")
    };
    let bad = [
        (with(0, "NaN"), Some("VDD"), "not a finite number"),
        (with(0, ""), Some("VDD"), "the value is missing"),
        (with(2, "2.005e-6"), Some("W1"), "not on the grid of 10 nm"),
        (with(2, "2u"), Some("W1"), "without prefix or unit"),
        (with(4, "2.5"), Some("NF1"), "not on the grid"),
        (with(3, "1"), Some("L1"), "outside 200 nm … 5 µm"),
        (with(14, "-1e-9"), Some("power"), "outside the legal 1 nW … 100 nW"),
        (with(17, "inf"), Some("bw"), "not a finite number"),
        (cells[1..].join(","), None, "there are 17 fields, but the header names 18"),
        (with(17, "1,2"), None, "there are 19 fields"),
    ];
    let rows: Vec<&str> = bad.iter().map(|(row, ..)| row.as_str()).collect();
    let loaded = load(&format!("{head}\n{}\n{last}\n", rows.join("\n"))).expect("the header is sound");
    assert_eq!(loaded.dataset.rows, dataset.rows);
    assert_eq!(loaded.refused.len(), bad.len());
    for (i, (error, (_, column, problem))) in loaded.refused.iter().zip(&bad).enumerate() {
        // two comments, the header, one sound row
        assert_eq!(error.line, 5 + i as u64, "{error}");
        assert_eq!(error.column.as_deref(), *column, "{error}");
        assert!(error.to_string().contains(problem), "{error}");
    }
}

#[test]
fn nearly_legal_rows_are_kept_apart_where_the_file_says_so_and_refused_elsewhere() {
    let circuit = ota1();
    let mut dataset = sample(&circuit);
    let mut out = dataset.rows[0].clone();
    // the legal gain is 15 to 120 dB, a fifth of which is 21 dB
    out.performance.0[2] = 3.0;
    dataset.outside.push(out.clone());
    let refused = load(&to_csv(&circuit, &dataset)).expect("sound header");
    assert!(refused.dataset.outside.is_empty(), "{:?}", refused.dataset.outside);
    assert!(refused.refused[0].to_string().contains("gain = 3 dB is outside the legal 15 dB"));
    dataset.provenance.take_outside();
    dataset.provenance.take_outside();
    let loaded = load(&to_csv(&circuit, &dataset)).expect("sound header");
    assert_eq!((&loaded.dataset, loaded.refused.len()), (&dataset, 0));
    let alone = Dataset { outside: Vec::new(), ..dataset.clone() };
    assert_ne!(alone.hash(), dataset.hash());
    // far outside nothing is to be learnt, and a gap beside it tells too little
    for (place, value) in [(2, -7.0), (0, 1e-6), (0, -1e-9)] {
        let mut bad = out.clone();
        bad.performance.0[place] = value;
        let far = Dataset { outside: vec![bad], ..dataset.clone() };
        assert_eq!(load(&to_csv(&circuit, &far)).expect("sound header").refused.len(), 1, "{value}");
    }
    out.performance.0[0] = f64::NAN;
    let gap = Dataset { outside: vec![out], ..dataset };
    assert_eq!(load(&to_csv(&circuit, &gap)).expect("sound header").refused.len(), 1);
}
