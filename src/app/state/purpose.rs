//! What a file dialog is for.

/// How the file of a project ends.
pub const PROJECT: &str = "sizewright";

/// What a file dialog is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Choosing a circuit's folder.
    OpenCircuit,
    /// Choosing the decks of a new circuit.
    Decks,
    /// Choosing the folder of a new circuit.
    NewFolder,
    /// Choosing a table of rows.
    Table,
    /// Choosing a project.
    OpenProject,
    /// Naming a project's file.
    SaveProject,
    /// Choosing a model file.
    LoadModel,
    /// Naming a model file.
    SaveModel,
    /// Naming an exported file.
    Export,
    /// Choosing the folder of a review page.
    ReviewFolder,
    /// Naming the file of a plot's picture or data.
    Plot,
}
