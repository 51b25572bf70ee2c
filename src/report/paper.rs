//! What the paper measured: its Table I and Table II (TSMC 65 nm, an RTX 4060 Ti, 100 samples a target).

use crate::engine::System;

/// A system's row of Table II.
#[derive(Clone, Copy, Debug)]
pub(super) struct PaperRow {
    /// Power in nW, noise in µV, gain in dB, bandwidth in kHz of its closest design.
    pub metrics: [f64; 4],
    /// Feasible, per cent; none for the search.
    pub feasible: Option<f64>,
    /// The time as printed.
    pub time: &'static str,
}

/// A circuit's part of both tables.
pub(super) struct PaperCircuit {
    /// Bundled name.
    pub name: &'static str,
    /// Rows of the dataset.
    pub rows: usize,
    /// Design parameters.
    pub parameters: usize,
    /// The search, ANN, DM-MLP, DM-Transf.
    table_two: [PaperRow; 4],
    /// Minutes of training: ANN, DM-MLP, DM-Transf.
    minutes: [f64; 3],
}

const fn row(metrics: [f64; 4], feasible: Option<f64>, time: &'static str) -> PaperRow {
    PaperRow { metrics, feasible, time }
}

const CIRCUITS: [PaperCircuit; 4] = [
    PaperCircuit {
        name: "ota1",
        rows: 2024,
        parameters: 14,
        table_two: [
            row([21.0, 5.1, 31.0, 1.94], None, "35 min"),
            row([27.0, 4.4, 33.0, 1.61], Some(2.0), "0.10 s"),
            row([25.0, 4.7, 32.0, 2.30], Some(2.0), "3.60 s"),
            row([26.0, 4.9, 33.0, 1.70], Some(2.0), "7.39 s"),
        ],
        minutes: [0.9, 6.0, 26.0],
    },
    PaperCircuit {
        name: "ota2",
        rows: 1744,
        parameters: 14,
        table_two: [
            row([19.0, 3.8, 29.0, 4.37], None, "75 min"),
            row([19.0, 5.4, 29.0, 3.92], Some(0.0), "0.11 s"),
            row([19.0, 2.8, 35.0, 1.14], Some(0.0), "3.56 s"),
            row([20.0, 4.0, 32.0, 3.60], Some(14.0), "7.43 s"),
        ],
        minutes: [0.8, 5.0, 22.0],
    },
    PaperCircuit {
        name: "ota3",
        rows: 969,
        parameters: 14,
        table_two: [
            row([24.0, 2.7, 27.0, 10.80], None, "2150 min"),
            row([24.0, 3.5, 30.0, 12.06], Some(0.0), "0.13 s"),
            row([23.0, 2.9, 27.0, 17.00], Some(0.0), "3.60 s"),
            row([22.0, 3.9, 31.0, 11.25], Some(3.0), "7.41 s"),
        ],
        minutes: [0.6, 2.5, 12.0],
    },
    PaperCircuit {
        name: "ota4",
        rows: 1016,
        parameters: 17,
        table_two: [
            row([19.0, 2.8, 32.0, 5.29], None, "224 min"),
            row([12.0, 3.3, 36.0, 2.04], Some(0.0), "0.12 s"),
            row([19.0, 2.6, 35.0, 2.65], Some(0.0), "3.60 s"),
            row([19.0, 2.7, 33.0, 4.60], Some(14.0), "7.46 s"),
        ],
        minutes: [0.7, 3.0, 13.0],
    },
];

impl PaperCircuit {
    /// The paper's circuit that a bundled one stands for.
    pub fn of(name: &str) -> Option<&'static PaperCircuit> {
        CIRCUITS.iter().find(|c| c.name == name)
    }

    /// The simulation-based row.
    pub fn searched(&self) -> PaperRow {
        self.table_two[0]
    }

    /// A trained system's row.
    pub fn row(&self, system: System) -> PaperRow {
        self.table_two[1 + place(system)]
    }

    /// Minutes of a system's training.
    pub fn minutes(&self, system: System) -> f64 {
        self.minutes[place(system)]
    }
}

fn place(system: System) -> usize {
    match system {
        System::Ann => 0,
        System::DmMlp => 1,
        System::DmTransformer => 2,
    }
}
