//! What is known beside the open circuit: the machine, messages, dialogs, windows, the comparison of systems.

use super::comparison::ComparisonUnderWay;
use super::kept::Recent;
use super::plot_file::PlotFile;
use super::purpose::Purpose;
use crate::app::ids::WindowId;
use crate::app::messages::Messages;
use crate::report::Report;
use std::sync::Arc;

/// What is known of ngspice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum NgspiceState {
    /// Being looked for.
    #[default]
    Unknown,
    /// Found, by this version.
    Found(String),
    /// Why not, and how to install it.
    Missing(String),
}

/// What is known beside the open circuit.
#[derive(Default)]
pub struct Environment {
    /// The circuit that is being opened, as the user named it.
    pub opening: Option<String>,
    /// The device's name, once one was made ready, and why it was chosen where the choice was not the user's.
    pub device: Option<(String, Option<String>)>,
    /// What is known of ngspice.
    pub ngspice: NgspiceState,
    /// Messages not dismissed, and the log of all.
    pub messages: Messages,
    /// The file dialog that is open.
    pub dialog: Option<Purpose>,
    /// The comparison under way.
    pub comparing: Option<ComparisonUnderWay>,
    /// The last comparison made.
    pub compared: Option<Arc<Report>>,
    /// Files used of late.
    pub recent: Recent,
    /// The windows that are open above the panes.
    pub windows: Vec<WindowId>,
    /// The title and the text of the deck that was asked for last.
    pub deck: Option<(String, String)>,
    /// The plot whose picture or data wait for a path.
    pub plot: Option<PlotFile>,
}

impl Environment {
    /// Whether a window above the panes is open.
    pub fn is_open(&self, window: WindowId) -> bool {
        self.windows.contains(&window)
    }

    /// Opens a window above the panes, if it is not open yet.
    pub fn open_window(&mut self, window: WindowId) {
        if !self.is_open(window) {
            self.windows.push(window);
        }
    }

    /// Closes a window above the panes.
    pub fn close_window(&mut self, window: WindowId) {
        self.windows.retain(|open| *open != window);
    }
}
