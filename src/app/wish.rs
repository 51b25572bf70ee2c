//! What panes, sections, windows and commands may ask for. They draw the state and change nothing but the forms; what
//! they want done is a wish, carried out once they are drawn.

use super::ids::{PaneId, WindowId};
use super::state::kept::KeptDesign;
use super::state::{Filter, Purpose};
use crate::circuit::Specification;
use std::path::PathBuf;

/// One thing that is asked for.
pub enum Wish {
    /// Opens a bundled circuit by its name, or a folder by its path.
    OpenCircuit(String),
    /// Opens the circuit once more with the files that it names outside its folder.
    ReadOutside,
    /// Opens a file dialog.
    Ask(Purpose),
    /// Reads the project of the typed path.
    OpenProject,
    /// Writes the project to the typed path.
    SaveProject,
    /// Reads the model of the typed path.
    LoadModel,
    /// Reads a model of a known path.
    LoadModelFile(PathBuf),
    /// Writes the model in hand to the typed path.
    SaveModel,
    /// Writes the selected design to the typed path.
    SaveExport,
    /// Measures the selected design and writes its page into the typed folder.
    WriteReview,
    /// Ends that; no page is written.
    StopReview,
    /// Writes the plot that waits for a path to the typed path.
    SavePlot,
    /// Brings a pane forward.
    Show(PaneId),
    /// Brings the designs forward, in the view that was chosen last.
    ShowDesigns,
    /// Lays the panes out as they were at first.
    ResetLayout,
    /// Opens a window above the panes.
    OpenWindow(WindowId),
    /// Closes a window above the panes.
    CloseWindow(WindowId),
    /// Opens or closes the command palette.
    TogglePalette,
    /// Shows the deck of a design.
    ShowDeck(usize),
    /// Lets the circuit's deck run as it was shown.
    AllowDeck,
    /// Selects a design, or none.
    Select(Option<usize>),
    /// Sets what designs stand out by.
    SetFilter(Filter),
    /// Sets the targets.
    SetTargets(Specification),
    /// Holds a parameter between two values.
    Hold(usize, f64, f64),
    /// Lets a parameter have its own range again.
    Free(usize),
    /// Lets every parameter have its own range again.
    FreeAll,
    /// Takes back the last step.
    Undo,
    /// Takes the step again that was taken back.
    Redo,
    /// Keeps the targets under a name.
    SaveNamed(String),
    /// Calls a named specification otherwise: the old name, the new one.
    RenameNamed(String, String),
    /// Forgets a named specification.
    DeleteNamed(String),
    /// Starts a training.
    Train,
    /// Goes on with the model in hand.
    Continue,
    /// Pauses the training, or lets it go on.
    PauseOrResume,
    /// Ends the training and keeps what was learnt.
    StopTraining,
    /// Asks for designs.
    Sample,
    /// Ends the request for designs.
    CancelSampling,
    /// Measures designs in ngspice.
    Simulate(Vec<usize>),
    /// Keeps the selected design with the circuit.
    KeepDesign,
    /// Changes the name, the note or the star of a kept design.
    EditKept(usize, KeptDesign),
    /// Keeps a design no longer.
    ForgetKept(usize),
    /// Selects a kept design among the designs.
    ShowKept(usize),
    /// Lays an earlier run under the designs, or takes it away.
    Overlay(usize, bool),
    /// Puts an earlier run on the bench.
    BringBack(usize),
    /// Measures the selected design over the circuit's corners, and so many times with mismatch.
    Corners(usize),
    /// Ends that and keeps what was measured.
    StopCorners,
    /// Measures the neighbours of the selected design.
    Sensitivities,
    /// Measures the designs that were not, in the background.
    MeasureAtOnce,
    /// Turns a parameter of the selected design to a value.
    Turn(usize, f64),
    /// Adds the turned design to the designs.
    KeepTuned,
    /// Lets the turned design stand as it was.
    DropTuned,
    /// Ends the simulation and keeps what was measured.
    CancelSimulation,
    /// Starts a search for the targets.
    Search,
    /// Ends the search and keeps what it found.
    StopSearch,
    /// Lays what a search found among the designs.
    ShowFound,
    /// Looks through the open circuit, and shows what is found.
    CheckCircuit,
    /// Looks through the decks of a new circuit.
    ReadDecks,
    /// Lets the decks of a new circuit run as they were shown, and measures their own values.
    TryDecks,
    /// Writes a new circuit's folder and opens it.
    WriteDraft,
    /// Reads the heads of a table of rows.
    ReadTable,
    /// Takes a table's rows.
    TakeTable,
    /// Times a few simulations, so that what rows cost is known.
    TimeSimulations,
    /// Makes rows by simulation.
    MakeRows,
    /// Ends the making of rows and keeps what there is.
    StopRows,
    /// Grows rows at the front of those that there are.
    GrowRows,
    /// Ends the growing of rows and keeps what there is.
    StopGrowing,
    /// Starts a comparison of systems.
    Compare,
    /// Ends the comparison and keeps what is done.
    StopComparison,
    /// Lets the job that was asked about wait for its like, or drops it.
    AnswerQueue(bool),
    /// Takes a job out of the queue.
    Dequeue(usize),
}

/// Wishes in the order in which they were made.
#[derive(Default)]
pub struct Wishes(Vec<Wish>);

impl Wishes {
    /// Adds a wish.
    pub fn push(&mut self, wish: Wish) {
        self.0.push(wish);
    }

    /// Takes all wishes.
    pub fn take(&mut self) -> Vec<Wish> {
        std::mem::take(&mut self.0)
    }
}
