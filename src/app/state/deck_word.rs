//! What a deck would do beyond simulating, and whether the user has allowed it.

use crate::engine::Finding;

/// What is known of a circuit's deck.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeckWord {
    /// The lines that would do more than simulate.
    pub findings: Vec<Finding>,
    /// Whether the user has allowed the lines as they are now.
    pub allowed: bool,
}

impl DeckWord {
    /// Whether the user's word is needed and missing.
    pub fn is_missing(&self) -> bool {
        !self.findings.is_empty() && !self.allowed
    }
}
