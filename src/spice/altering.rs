//! A deck whose circuit stays loaded from one design to the next, and how far a worker trusts it.
//!
//! Nothing is altered on trust. When the first design's circuit is loaded, its devices' numbers are read back: what
//! `alter` leaves has to be the same bits. The next designs are measured both ways, and every so many later ones: where a
//! reading differs by a bit, or one way fails where the other does not, the deck is loaded for each design from then on.

use super::alterable::{Alterable, Number};
use super::library::Ngspice;
use super::state::State;

/// Designs that are measured both ways when a worker begins.
const FIRST: usize = 4;
/// Of later ones each that ends such a number.
const EVERY: usize = 128;
/// Digits behind the point with which ngspice may write an expression's value into a netlist: 15 up to version 39, 17 in
/// others. As many are given to `alter`, whose list in brackets is read as a netlist's number is.
const DIGITS: [usize; 3] = [15, 17, 16];

/// What came of a deck's run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Ran {
    /// Its readings, in the deck's order.
    pub(super) readings: Vec<Option<f64>>,
    /// What was said that may be a reason.
    pub(super) said: Vec<String>,
}

impl Ran {
    fn bits(&self) -> Vec<Option<u64>> {
        self.readings.iter().map(|reading| reading.map(f64::to_bits)).collect()
    }
}

/// A design that was altered.
pub(super) struct Altered {
    /// `None` where the run failed.
    pub(super) ran: Option<Ran>,
    /// Whether it is measured the other way too.
    trial: bool,
}

impl Altered {
    /// The run, where it counts without a second one.
    pub(super) fn result(&mut self, altering: &Altering) -> Option<Ran> {
        let counts = |ran: &Ran| altering.same_words || ran.readings.iter().all(Option::is_some);
        if self.trial { None } else { self.ran.take_if(|ran| counts(ran)) }
    }
}

/// A deck that is altered.
pub(super) struct Altering {
    pub(super) deck: Alterable,
    /// `None` before the first circuit is loaded.
    digits: Option<usize>,
    /// Whether its circuit is there.
    loaded: bool,
    /// The numbers of its devices now.
    values: Vec<f64>,
    /// Designs that were altered.
    altered: usize,
    /// Whether what is said was the same both ways each time: it is what a missing reading is explained by.
    same_words: bool,
    /// Whether a difference was found.
    off: bool,
    /// What of ngspice's state its commands change, where that is known.
    unset: Option<Vec<String>>,
}

impl Altering {
    /// `unset` is [`State::unset_behind`] for the deck's commands.
    pub(super) fn new(deck: Alterable, unset: Option<Vec<String>>) -> Altering {
        Altering {
            deck,
            digits: None,
            loaded: false,
            values: Vec::new(),
            altered: 0,
            same_words: true,
            off: false,
            unset,
        }
    }

    /// Puts ngspice's state back behind a design that was altered.
    pub(super) fn restore(&self, ngspice: &Ngspice, state: &State) -> bool {
        match &self.unset {
            Some(unset) => state.restore_by(ngspice, unset),
            None => state.restore(ngspice),
        }
    }

    /// Takes the circuit out of ngspice.
    pub(super) fn unload(&mut self, ngspice: &Ngspice) {
        if std::mem::take(&mut self.loaded) {
            ngspice.command("remcirc");
        }
    }

    /// Whether the circuit that was just loaded and run is to stay for the next design; `sizing` is what is loaded.
    pub(super) fn keeps(&mut self, ngspice: &Ngspice, sizing: &[f64]) -> bool {
        let values = if self.off { None } else { self.deck.values(sizing) };
        let Some(values) = values else {
            return false;
        };
        if self.digits.is_none() {
            self.digits = self.written(ngspice, &values);
            self.off = self.digits.is_none();
        }
        self.values = values;
        self.loaded = !self.off;
        self.loaded
    }

    /// Gives the loaded devices a design's numbers; `None` where no circuit is loaded, or it has none.
    pub(super) fn give(&mut self, ngspice: &Ngspice, sizing: &[f64]) -> Option<Altered> {
        let digits = self.digits.filter(|_| self.loaded)?;
        let values = self.deck.values(sizing)?;
        self.alter(ngspice, &values, digits, &self.values);
        self.values = values;
        self.altered += 1;
        let trial = self.altered <= FIRST || self.altered.is_multiple_of(EVERY);
        Some(Altered { ran: None, trial })
    }

    /// Learns from a design that was altered and then loaded: `loaded` is what came of that, `None` where it failed.
    pub(super) fn learn(&mut self, altered: &Altered, loaded: Option<&Ran>) {
        let both = (altered.ran.as_ref(), loaded);
        let same = match both {
            (Some(one), Some(two)) => one.bits() == two.bits(),
            (one, two) => one.is_none() && two.is_none(),
        };
        self.off |= !same;
        self.same_words &= both.0.map(|ran| &ran.said) == both.1.map(|ran| &ran.said);
    }

    /// Alters the numbers that are not what they are `now`.
    fn alter(&self, ngspice: &Ngspice, values: &[f64], digits: usize, now: &[f64]) {
        for (place, (number, value)) in self.deck.numbers.iter().zip(values).enumerate() {
            if now.get(place).is_some_and(|now| now.to_bits() == value.to_bits()) {
                continue;
            }
            let Number { device, parameter, .. } = number;
            ngspice.command(&format!("alter @{device}[{parameter}] = [ {value:.digits$e} ]"));
        }
    }

    /// With how many digits the loaded circuit's numbers are its own again; `None` where they never are, as an expression
    /// is read in another way, or a device has no such number.
    fn written(&self, ngspice: &Ngspice, values: &[f64]) -> Option<usize> {
        let there = || -> Option<Vec<u64>> {
            let one = |number: &Number| {
                let value = ngspice.number(&format!("@{}[{}]", number.device, number.parameter));
                value.map(f64::to_bits)
            };
            self.deck.numbers.iter().map(one).collect()
        };
        let own = there()?;
        DIGITS.into_iter().find(|&digits| {
            self.alter(ngspice, values, digits, &[]);
            there().as_ref() == Some(&own)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spice::protocol::{DeckSetup, Setup};

    fn altering() -> Altering {
        let lines = |text: &str| text.lines().map(str::to_owned).collect();
        let deck = DeckSetup {
            before: lines("* t"),
            after: lines("R1 a 0 {r}\n.control\nop\n.endc\n.end"),
            ..DeckSetup::default()
        };
        let setup = Setup { decks: vec![deck], parameters: vec!["R".to_owned()], ..Setup::default() };
        let deck = Alterable::only(&setup).expect("a resistor is altered");
        Altering { loaded: true, ..Altering::new(deck, None) }
    }

    fn ran(readings: &[Option<f64>], said: &str) -> Option<Ran> {
        Some(Ran { readings: readings.to_vec(), said: vec![said.to_owned()] })
    }

    #[test]
    fn a_bit_of_difference_or_one_failure_ends_it() {
        for (one, two, goes_on) in [
            (ran(&[Some(1.0)], ""), ran(&[Some(1.0)], ""), true),
            (ran(&[None], ""), ran(&[None], ""), true),
            (None, None, true),
            (ran(&[Some(1.0)], ""), ran(&[Some(1.0 + f64::EPSILON)], ""), false),
            (ran(&[Some(1.0)], ""), ran(&[None], ""), false),
            (None, ran(&[Some(1.0)], ""), false),
            (ran(&[Some(1.0)], ""), None, false),
        ] {
            let mut altering = altering();
            altering.learn(&Altered { ran: one.clone(), trial: true }, two.as_ref());
            assert_eq!(altering.off, !goes_on, "{one:?} {two:?}");
        }
    }

    #[test]
    fn a_run_counts_alone_unless_it_is_a_trial_or_lacks_its_words() {
        let mut altering = altering();
        let result =
            |ran: Option<Ran>, trial, altering: &Altering| Altered { ran, trial }.result(altering).is_some();
        assert!(!result(ran(&[Some(1.0)], ""), true, &altering));
        assert!(!result(None, false, &altering));
        assert!(result(ran(&[Some(1.0)], ""), false, &altering));
        assert!(result(ran(&[Some(1.0), None], ""), false, &altering));
        let other_words = Altered { ran: ran(&[Some(1.0)], "one"), trial: true };
        altering.learn(&other_words, ran(&[Some(1.0)], "two").as_ref());
        assert!(!altering.off);
        assert!(result(ran(&[Some(1.0)], ""), false, &altering));
        assert!(!result(ran(&[Some(1.0), None], ""), false, &altering));
    }
}
