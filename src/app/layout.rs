//! Where the panes lie: tabs that the user drags into splits and back.
//!
//! [`UserState::tab`](super::UserState) and the chosen view name what was brought forward last; both follow a
//! click on a tab, and a change of either brings its pane forward.

use super::App;
use super::state::{Tab, View};
use egui::{CentralPanel, Color32, Frame, Margin, Stroke, Ui, Visuals, WidgetText};
use egui_tiles::{
    Behavior, Container, Linear, LinearDir, SimplificationOptions, TabState, Tabs, Tile, TileId, Tiles, Tree,
    UiResponse,
};
use serde::{Deserialize, Serialize};

/// What can be dragged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pane {
    /// Every pair of metrics.
    Scatter,
    /// Three metrics, in space.
    Space,
    /// Metrics and parameters side by side.
    Parallel,
    /// The designs as a table.
    Table,
    /// The selected design.
    Detail,
    /// Losses.
    Training,
    /// A search's convergence.
    Search,
    /// The paper's tables.
    Compare,
    /// The circuit's page.
    Circuit,
}

impl Pane {
    /// All panes, those of the designs first.
    pub const ALL: [Pane; 9] = [
        Pane::Scatter,
        Pane::Space,
        Pane::Parallel,
        Pane::Table,
        Pane::Detail,
        Pane::Training,
        Pane::Search,
        Pane::Compare,
        Pane::Circuit,
    ];

    /// What its tab says.
    pub fn title(self) -> &'static str {
        match self {
            Pane::Scatter => "Scatter",
            Pane::Space => "3-D",
            Pane::Parallel => "Parallel",
            Pane::Table => "Table",
            Pane::Detail => "Selected design",
            Pane::Training => "Training",
            Pane::Search => "Search",
            Pane::Compare => "Compare",
            Pane::Circuit => "Circuit",
        }
    }

    /// What shows the designs in it.
    pub fn view(self) -> Option<View> {
        match self {
            Pane::Scatter => Some(View::Scatter),
            Pane::Space => Some(View::Space),
            Pane::Parallel => Some(View::Parallel),
            _ => None,
        }
    }

    /// The tab that it is, or is a part of.
    fn tab(self) -> Option<Tab> {
        match self {
            Pane::Scatter | Pane::Space | Pane::Parallel => Some(Tab::Designs),
            Pane::Table | Pane::Detail => None,
            Pane::Training => Some(Tab::Training),
            Pane::Search => Some(Tab::Search),
            Pane::Compare => Some(Tab::Compare),
            Pane::Circuit => Some(Tab::Circuit),
        }
    }
}

/// The tree of tabs and splits, and what was in front when it was last drawn.
pub struct Layout {
    tree: Tree<Pane>,
    tab: Tab,
    view: View,
}

impl Default for Layout {
    fn default() -> Layout {
        Layout { tree: first_tree(), tab: Tab::Designs, view: View::Scatter }
    }
}

/// A name that no other tree has.
const TREE: &str = "panes";

/// The designs as views above a table with the selected one at their right, behind them the other tabs.
fn first_tree() -> Tree<Pane> {
    let mut tiles = Tiles::default();
    let [scatter, space, parallel, table, detail, training, search, compare, circuit] =
        Pane::ALL.map(|pane| tiles.insert_pane(pane));
    let views = tiles.insert_tab_tile(vec![scatter, space, parallel]);
    let [table, detail] = [table, detail].map(|pane| tiles.insert_tab_tile(vec![pane]));
    let left = Linear::new_binary(LinearDir::Vertical, [views, table], 0.68);
    let left = tiles.insert_container(left);
    let designs = Linear::new_binary(LinearDir::Horizontal, [left, detail], 0.74);
    let designs = tiles.insert_container(designs);
    let root = tiles.insert_tab_tile(vec![designs, training, search, compare, circuit]);
    Tree::new(egui::Id::unique(TREE), root, tiles)
}

/// Whether a tile's shares can be laid out: one that is no number, or too large to add up, ends the program.
fn has_room(tile: &Tile<Pane>) -> bool {
    let sound = |share: &f32| (0.0..=1e6).contains(share);
    match tile {
        Tile::Container(Container::Linear(linear)) => linear.shares.iter().all(|(_, share)| sound(share)),
        Tile::Container(Container::Grid(grid)) => grid.col_shares.iter().chain(&grid.row_shares).all(sound),
        Tile::Container(Container::Tabs(_)) | Tile::Pane(_) => true,
    }
}

impl Layout {
    /// The layout of a session: with each pane once, whatever the file says.
    pub fn restored(tree: Tree<Pane>) -> Layout {
        let mut tree = tree;
        let count = |pane: Pane| {
            tree.tiles.tiles().filter(|tile| matches!(tile, Tile::Pane(here) if *here == pane)).count()
        };
        let missing: Vec<Pane> = Pane::ALL.into_iter().filter(|pane| count(*pane) == 0).collect();
        let sound = tree.root.is_some_and(|root| tree.tiles.get(root).is_some())
            && Pane::ALL.into_iter().all(|pane| count(pane) <= 1)
            && missing.len() < Pane::ALL.len()
            && tree.tiles.tiles().all(has_room);
        let (true, Some(root)) = (sound, tree.root) else {
            return Layout::default();
        };
        let missing: Vec<TileId> = missing.into_iter().map(|pane| tree.tiles.insert_pane(pane)).collect();
        match tree.tiles.get_mut(root) {
            Some(Tile::Container(Container::Tabs(tabs))) => {
                missing.into_iter().for_each(|pane| tabs.add_child(pane));
            }
            _ if missing.is_empty() => {}
            _ => tree.root = Some(tree.tiles.insert_tab_tile([vec![root], missing].concat())),
        }
        Layout { tree, ..Layout::default() }
    }

    /// To keep it.
    pub fn tree(&self) -> &Tree<Pane> {
        &self.tree
    }

    /// Whether a pane is in sight.
    pub fn shows(&self, pane: Pane) -> bool {
        self.tree.tiles.find_pane(&pane).is_some_and(|tile| self.tree.active_tiles().contains(&tile))
    }

    fn shows_tab(&self, tab: Tab) -> bool {
        Pane::ALL.into_iter().any(|pane| pane.tab() == Some(tab) && self.shows(pane))
    }

    fn bring_forward(&mut self, wanted: Pane) {
        self.tree.make_active(|_, tile| matches!(tile, Tile::Pane(pane) if *pane == wanted));
    }

    /// Chooses a view among its neighbours, though all of them may be behind another tab.
    fn choose_view(&mut self, view: View) {
        let wanted = Pane::ALL.into_iter().find(|pane| pane.view() == Some(view));
        let Some(tile) = wanted.and_then(|pane| self.tree.tiles.find_pane(&pane)) else {
            return;
        };
        let Some(parent) = self.tree.tiles.parent_of(tile) else {
            return;
        };
        if let Some(Tile::Container(Container::Tabs(tabs))) = self.tree.tiles.get_mut(parent) {
            tabs.set_active(tile);
        }
    }
}

impl App {
    /// Brings a tab forward, wherever it lies.
    pub(super) fn show_tab(&mut self, tab: Tab) {
        self.user.tab = tab;
        let view = self.user.look.view;
        let pane = |pane: &Pane| match tab {
            Tab::Designs => pane.view() == Some(view),
            _ => pane.tab() == Some(tab),
        };
        if let Some(pane) = Pane::ALL.into_iter().find(pane) {
            self.layout.bring_forward(pane);
        }
    }

    /// As it was at first.
    pub(super) fn reset_layout(&mut self) {
        self.layout = Layout::default();
        self.show_tab(self.user.tab);
    }

    /// Where the panes lie.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Draws the panes.
    pub(super) fn panes(&mut self, ui: &mut Ui) {
        if self.user.look.view != self.layout.view {
            self.layout.choose_view(self.user.look.view);
        }
        if self.user.tab != self.layout.tab && !self.layout.shows_tab(self.user.tab) {
            self.show_tab(self.user.tab);
        }
        (self.layout.tab, self.layout.view) = (self.user.tab, self.user.look.view);
        let placeholder = Tree::empty(egui::Id::unique(TREE));
        let mut tree = std::mem::replace(&mut self.layout.tree, placeholder);
        let mut panes = Panes { app: self, clicked: None };
        CentralPanel::default().frame(Frame::NONE).show(ui, |ui| tree.ui(&mut panes, ui));
        let clicked = panes.clicked;
        self.layout.tree = tree;
        // what a pane itself has asked for is brought forward in the next frame
        if (self.user.tab, self.user.look.view) == (self.layout.tab, self.layout.view) {
            self.follow_layout(clicked);
        } else {
            ui.ctx().request_repaint();
        }
    }

    /// What is in front now.
    fn follow_layout(&mut self, clicked: Option<Pane>) {
        if let Some(view) = clicked.and_then(Pane::view) {
            self.user.look.view = view;
        }
        if let Some(tab) = clicked.and_then(Pane::tab) {
            self.user.tab = tab;
        }
        if !self.layout.shows_tab(self.user.tab) {
            let others = Pane::ALL.into_iter().filter_map(|pane| pane.tab());
            if let Some(tab) = others.into_iter().find(|tab| self.layout.shows_tab(*tab)) {
                self.user.tab = tab;
            }
        }
        let shown = |pane: &Pane| pane.view().is_some() && self.layout.shows(*pane);
        let views: Vec<View> = Pane::ALL.into_iter().filter(shown).filter_map(|pane| pane.view()).collect();
        if let Some(first) = views.first()
            && !views.contains(&self.user.look.view)
        {
            self.user.look.view = *first;
        }
        (self.layout.tab, self.layout.view) = (self.user.tab, self.user.look.view);
    }
}

/// Draws panes for the tree.
struct Panes<'a> {
    app: &'a mut App,
    clicked: Option<Pane>,
}

/// The panes under a tile.
fn within(tiles: &Tiles<Pane>, tile: TileId, into: &mut Vec<Pane>) {
    match tiles.get(tile) {
        Some(Tile::Pane(pane)) => into.push(*pane),
        Some(Tile::Container(container)) => {
            container.children().for_each(|child| within(tiles, *child, into));
        }
        None => {}
    }
}

impl Behavior<Pane> for Panes<'_> {
    fn pane_ui(&mut self, ui: &mut Ui, _: TileId, pane: &mut Pane) -> UiResponse {
        // all of it, however little there is to show
        ui.painter().rect_filled(ui.max_rect(), 0.0, ui.visuals().panel_fill);
        Frame::NONE.inner_margin(Margin::symmetric(8, 5)).show(ui, |ui| {
            let app = &mut *self.app;
            match *pane {
                Pane::Scatter => app.view_pane(ui, View::Scatter),
                Pane::Space => app.view_pane(ui, View::Space),
                Pane::Parallel => app.view_pane(ui, View::Parallel),
                Pane::Table => app.table_pane(ui),
                Pane::Detail => app.detail_card(ui),
                Pane::Training => app.training_tab(ui),
                Pane::Search => app.search_tab(ui),
                Pane::Compare => app.compare_tab(ui),
                Pane::Circuit => app.circuit_tab(ui),
            }
        });
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &Pane) -> WidgetText {
        pane.title().into()
    }

    fn tab_title_for_tile(&mut self, tiles: &Tiles<Pane>, tile: TileId) -> WidgetText {
        let mut panes = Vec::new();
        within(tiles, tile, &mut panes);
        match panes.as_slice() {
            [pane] => pane.title().into(),
            panes if panes.iter().any(|pane| pane.view().is_some()) => "Designs".into(),
            panes => panes.iter().map(|pane| pane.title()).collect::<Vec<_>>().join(", ").into(),
        }
    }

    fn on_tab_button(
        &mut self,
        tiles: &mut Tiles<Pane>,
        tile: TileId,
        response: egui::Response,
    ) -> egui::Response {
        if response.clicked() {
            let mut panes = Vec::new();
            within(tiles, tile, &mut panes);
            let view = self.app.user.look.view;
            let chosen = panes.iter().find(|pane| pane.view() == Some(view));
            self.clicked = chosen.or_else(|| panes.iter().find(|pane| pane.tab().is_some())).copied();
        }
        response.on_hover_text("Drag it to lay it beside another pane")
    }

    fn top_bar_right_ui(&mut self, tiles: &Tiles<Pane>, ui: &mut Ui, _: TileId, tabs: &Tabs, _: &mut f32) {
        let front = tabs.active.and_then(|tile| tiles.get_pane(&tile));
        if front.is_some_and(|pane| pane.view().is_some()) {
            ui.add_space(6.0);
            self.app.view_bar(ui);
        }
    }

    fn simplification_options(&self) -> SimplificationOptions {
        SimplificationOptions { all_panes_must_have_tabs: true, ..SimplificationOptions::default() }
    }

    fn min_size(&self) -> f32 {
        120.0
    }

    fn gap_width(&self, _: &egui::Style) -> f32 {
        3.0
    }

    fn tab_bar_color(&self, visuals: &Visuals) -> Color32 {
        visuals.faint_bg_color
    }

    fn tab_outline_stroke(&self, visuals: &Visuals, _: &Tiles<Pane>, _: TileId, state: &TabState) -> Stroke {
        if state.active {
            Stroke::new(1.0, visuals.widgets.noninteractive.bg_stroke.color)
        } else {
            Stroke::NONE
        }
    }

    fn tab_text_color(&self, visuals: &Visuals, _: &Tiles<Pane>, _: TileId, state: &TabState) -> Color32 {
        if state.active { visuals.strong_text_color() } else { visuals.weak_text_color() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_is_kept_and_read_back() {
        let mut layout = Layout::default();
        layout.bring_forward(Pane::Search);
        assert!(layout.shows(Pane::Search) && !layout.shows(Pane::Table));
        let text = ron::to_string(layout.tree()).expect("it can be written");
        let read = Layout::restored(ron::from_str(&text).expect("it can be read"));
        assert!(read.shows(Pane::Search) && !read.shows(Pane::Table));
        assert!(read.tree() == layout.tree());
    }

    #[test]
    fn a_pane_that_a_file_lacks_comes_back_and_a_doubled_one_does_not() {
        let mut layout = Layout::default();
        let circuit = layout.tree.tiles.find_pane(&Pane::Circuit).expect("there");
        layout.tree.remove_recursively(circuit);
        let mut restored = Layout::restored(layout.tree.clone());
        restored.bring_forward(Pane::Circuit);
        assert!(restored.shows(Pane::Circuit));

        let again = layout.tree.tiles.insert_pane(Pane::Training);
        let root = layout.tree.root.expect("there");
        if let Some(Tile::Container(container)) = layout.tree.tiles.get_mut(root) {
            container.add_child(again);
        }
        assert!(Layout::restored(layout.tree).tree() == Layout::default().tree());
        assert!(Layout::restored(Tree::empty(egui::Id::unique("none"))).tree() == Layout::default().tree());
    }
}
