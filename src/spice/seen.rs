//! What a worker gathers of a design that is looked into, deck by deck.

use super::device_point::DevicePoint;
use super::library::Ngspice;
use super::operating;
use super::piece::Piece;
use super::protocol::{DeckSetup, Look};
use super::reader::first_word;
use super::results::Results;
use super::sweeps;
use std::ffi::CString;

/// What was gathered so far.
pub(super) struct Seen {
    look: Look,
    pieces: Vec<Piece>,
    points: Vec<DevicePoint>,
    /// Whether a testbench has no operating point.
    failed: bool,
}

impl Seen {
    /// Nothing yet.
    pub(super) fn new(look: Look) -> Seen {
        Seen { look, pieces: Vec::new(), points: Vec::new(), failed: false }
    }

    /// Takes the sweeps of a deck's run, once its metrics are read.
    pub(super) fn sweeps(&mut self, results: &Results<'_>, deck: &DeckSetup) {
        if self.look != Look::Nothing {
            sweeps::read(results, deck, &mut self.pieces);
        }
    }

    /// Takes the operating points of a deck whose circuit ngspice holds.
    pub(super) fn points(&mut self, ngspice: &Ngspice, devices: &[String], deck: &DeckSetup) {
        if !self.wants_points(devices) {
            return;
        }
        let said = operating::read(ngspice, devices, deck.place, &mut self.points);
        let said = said.unwrap_or_else(|why| {
            self.failed = true;
            vec![format!("there is no operating point: {why}")]
        });
        self.pieces.extend(said.into_iter().map(|text| Piece::Note(Some(deck.place), text)));
    }

    /// As [`Self::points`] of a deck that a process of its own ran: its circuit is loaded here, without its commands.
    pub(super) fn points_apart(
        &mut self,
        ngspice: &Ngspice,
        devices: &[String],
        deck: &DeckSetup,
        lines: &[CString],
    ) {
        if !self.wants_points(devices) {
            return;
        }
        ngspice.command("destroy all");
        let loaded = ngspice.circuit(&without_commands(lines));
        if ngspice.asked_to_exit() || !loaded {
            self.failed = true;
            let text = "there is no operating point: the deck runs as a process of its own, and the loaded library \
                        does not take its circuit";
            self.pieces.push(Piece::Note(Some(deck.place), text.to_owned()));
            return;
        }
        self.points(ngspice, devices, deck);
    }

    fn wants_points(&self, devices: &[String]) -> bool {
        self.look == Look::All && devices.iter().any(|d| !self.points.iter().any(|p| p.device == *d))
    }

    /// All that there is to see, the devices in their order and behind the sweeps.
    pub(super) fn pieces(mut self, devices: &[String]) -> Vec<Piece> {
        if self.look != Look::All {
            return self.pieces;
        }
        let mut missing = Vec::new();
        for device in devices {
            match self.points.iter().find(|point| point.device == *device) {
                Some(point) => self.pieces.push(Piece::device(point)),
                None => missing.push(device.as_str()),
            }
        }
        if !missing.is_empty() && !self.failed {
            let text = format!("no testbench has a transistor of this name: {}", missing.join(", "));
            self.pieces.push(Piece::Note(None, text));
        }
        self.pieces
    }
}

/// A deck without its control block but for what has to come before the circuit, such as `pre_osdi`.
fn without_commands(lines: &[CString]) -> Vec<CString> {
    let mut control = false;
    let kept = lines.iter().filter(|line| {
        let word = first_word(&line.to_string_lossy());
        let own = control;
        match word.as_str() {
            ".control" => control = true,
            ".endc" => control = false,
            _ => return !own || word.starts_with("pre_"),
        }
        true
    });
    kept.cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circuit_is_left_without_its_commands() {
        let deck = ["* t", "R1 a 0 1", ".control", "pre_osdi a.osdi", "op", "quit 0", ".endc", ".end"];
        let lines = deck.map(|line| CString::new(line).expect("no NUL"));
        let left: Vec<String> =
            without_commands(&lines).iter().map(|line| line.to_string_lossy().into_owned()).collect();
        assert_eq!(left, ["* t", "R1 a 0 1", ".control", "pre_osdi a.osdi", ".endc", ".end"]);
    }
}
