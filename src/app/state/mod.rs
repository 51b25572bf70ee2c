//! What the window knows: [`Forms`], what the user has chosen; [`Bench`], the open circuit and all that belongs to
//! it; [`Environment`], what is known of the machine and of all else. Data and what follows from data alone; nothing
//! here draws or asks the engine.

mod bench;
mod comparison;
mod cornered;
mod deck_word;
mod designs;
mod draft_form;
mod environment;
mod filter;
mod forms;
mod growing;
mod history;
mod import_form;
mod jobs;
pub mod kept;
mod looks;
mod open_circuit;
mod plot_file;
mod purpose;
mod queue;
mod reaching;
mod reviewing;
mod rows;
mod runs;
mod sampling;
pub mod sensitivity;
mod tuning;

pub use bench::Bench;
pub use comparison::ComparisonUnderWay;
pub use cornered::{CorneringUnderWay, OverConditions, conditions};
pub use deck_word::DeckWord;
pub use designs::{Designs, ModelInHand, Tally};
pub use draft_form::{DraftForm, Proposal};
pub use environment::{Environment, NgspiceState};
pub use filter::{AxisOf, Brush, Filter};
pub use forms::{
    CompareForm, Forms, LookForm, PresetChoice, RowsForm, SampleForm, SearchForm, SortKey, TrainForm,
};
pub use growing::{Gained, GrowingUnderWay};
pub use history::{Edits, History};
pub use import_form::{ImportForm, ImportTable};
pub use jobs::{JobProgress, SearchUnderWay, SimulationRun, TrainingUnderWay};
pub use looks::LAID_UNDER;
pub use open_circuit::OpenCircuit;
pub use plot_file::{PlotContent, PlotFile};
pub use purpose::{PROJECT, Purpose};
pub use queue::{Queue, QueuedJob};
pub use reaching::OutlookOf;
pub use reviewing::ReviewUnderWay;
pub use rows::RowsUnderWay;
pub use sampling::{DRAFT, Due, SamplingUnderWay};
pub use tuning::Tuning;
