//! The panes. A pane is a file that implements [`Pane`], and a line in the list; one of several parts is a folder.

mod circuit;
mod compare;
mod corners;
mod curves;
mod detail;
mod devices;
mod kept;
mod parallel;
mod runs;
mod scatter;
mod schematic;
mod search;
mod sensitivity;
mod space;
mod table;
mod training;
mod view;

pub use circuit::CircuitPane;
pub use compare::ComparePane;
pub use parallel::ParallelPane;
pub use schematic::SchematicPane;
pub use space::SpacePane;
pub use table::TablePane;
pub use view::view_bar;

use super::ids::PaneId;
use super::pane::Pane;
use super::plots::Plot;
use super::state::Bench;
use eframe::CreationContext;
use std::any::Any;

/// Where a pane lies in the first layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Among the views of the designs, above the table.
    View,
    /// Under the views.
    Under,
    /// At the right of views and table.
    Right,
    /// Behind all of these, as a tab of its own.
    Behind,
}

/// A pane as it stands in the list.
pub struct Listed {
    /// The pane's name in a layout's file.
    pub id: PaneId,
    /// What the pane's tab says.
    pub title: &'static str,
    /// Where the pane lies in the first layout.
    pub place: Place,
    /// Makes the pane for a window.
    pub make: fn(&CreationContext<'_>) -> Box<dyn Pane>,
}

const fn listed(
    id: PaneId,
    title: &'static str,
    place: Place,
    make: fn(&CreationContext<'_>) -> Box<dyn Pane>,
) -> Listed {
    Listed { id, title, place, make }
}

/// A pane that needs nothing to begin with.
fn new<P: Pane + Default>(_: &CreationContext<'_>) -> Box<dyn Pane> {
    Box::<P>::default()
}

/// All panes, in the order of their tabs.
pub static PANES: &[Listed] = &[
    listed(PaneId::SCATTER, "Scatter", Place::View, new::<scatter::ScatterPane>),
    listed(PaneId::SPACE, "3-D", Place::View, |cc| Box::new(SpacePane::new(cc))),
    listed(PaneId::PARALLEL, "Parallel", Place::View, new::<ParallelPane>),
    listed(PaneId::CURVES, "Curves", Place::View, new::<curves::CurvesPane>),
    listed(PaneId::SCHEMATIC, "Schematic", Place::View, new::<schematic::SchematicPane>),
    listed(PaneId::TABLE, "Table", Place::Under, new::<table::TablePane>),
    listed(PaneId::KEPT, "Kept", Place::Under, new::<kept::KeptPane>),
    listed(PaneId::RUNS, "Runs", Place::Under, new::<runs::RunsPane>),
    listed(PaneId::DEVICES, "Devices", Place::Under, new::<devices::DevicesPane>),
    listed(PaneId::CORNERS, "Corners", Place::Under, new::<corners::CornersPane>),
    listed(PaneId::SENSITIVITY, "Sensitivity", Place::Under, new::<sensitivity::SensitivityPane>),
    listed(PaneId::DETAIL, "Selected design", Place::Right, new::<detail::DetailPane>),
    listed(PaneId::TRAINING, "Training", Place::Behind, new::<training::TrainingPane>),
    listed(PaneId::SEARCH, "Search", Place::Behind, new::<search::SearchPane>),
    listed(PaneId::COMPARE, "Compare", Place::Behind, new::<ComparePane>),
    listed(PaneId::CIRCUIT, "Circuit", Place::Behind, new::<CircuitPane>),
];

/// A pane by its name; nothing where there is none of that name.
pub fn find(id: &PaneId) -> Option<&'static Listed> {
    PANES.iter().find(|listed| listed.id == *id)
}

/// The panes of a window.
pub struct Panes(Vec<(&'static PaneId, Box<dyn Pane>)>);

impl Panes {
    /// Makes every pane of the list.
    pub fn make(cc: &CreationContext<'_>) -> Panes {
        Panes(PANES.iter().map(|listed| (&listed.id, (listed.make)(cc))).collect())
    }

    /// A pane by its name.
    pub fn get(&mut self, id: &PaneId) -> Option<&mut Box<dyn Pane>> {
        self.0.iter_mut().find(|(here, _)| *here == id).map(|(_, pane)| pane)
    }

    /// The pane of a type.
    pub fn of<P: Pane>(&self) -> Option<&P> {
        self.0.iter().find_map(|(_, pane)| (pane.as_ref() as &dyn Any).downcast_ref())
    }

    /// What a plot of any pane shows, as CSV; nothing where it shows nothing.
    pub fn data(&self, plot: Plot, bench: &Bench) -> Option<String> {
        self.0.iter().find_map(|(_, pane)| pane.data(plot, bench))
    }
}
