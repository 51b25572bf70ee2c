//! Where the panes lie: tabs that the user drags into splits and back.

use super::ids::PaneId;
use super::panes::{self, PANES, Panes, Place};
use super::scene::Scene;
use egui::{CentralPanel, Color32, Frame, Margin, Stroke, Ui, Visuals, WidgetText};
use egui_tiles::{
    Behavior, Container, Linear, LinearDir, SimplificationOptions, TabState, Tabs, Tile, TileId, Tiles, Tree,
    UiResponse,
};

/// The tree of tabs and splits, which alone knows what is shown.
pub struct Layout {
    tree: Tree<PaneId>,
}

impl Default for Layout {
    fn default() -> Layout {
        Layout { tree: first_tree() }
    }
}

/// A name that no other tree has.
const TREE: &str = "panes";

/// The designs as views above a table with the selected one at their right, behind them the other tabs.
fn first_tree() -> Tree<PaneId> {
    let mut tiles = Tiles::default();
    let all: Vec<(Place, TileId)> =
        PANES.iter().map(|listed| (listed.place, tiles.insert_pane(listed.id.clone()))).collect();
    let at = |place| all.iter().filter(move |(here, _)| *here == place).map(|(_, tile)| *tile).collect();
    let [views, under, right] =
        [Place::View, Place::Under, Place::Right].map(|place| tiles.insert_tab_tile(at(place)));
    let left = Linear::new_binary(LinearDir::Vertical, [views, under], 0.68);
    let left = tiles.insert_container(left);
    let designs = Linear::new_binary(LinearDir::Horizontal, [left, right], 0.74);
    let designs = tiles.insert_container(designs);
    let behind: Vec<TileId> = at(Place::Behind);
    let root = tiles.insert_tab_tile([vec![designs], behind].concat());
    Tree::new(egui::Id::unique(TREE), root, tiles)
}

/// The title of a pane's tab.
fn title(pane: &PaneId) -> &'static str {
    panes::find(pane).map_or("", |listed| listed.title)
}

/// Whether a pane is a view of the designs.
fn is_view(pane: &PaneId) -> bool {
    panes::find(pane).is_some_and(|listed| listed.place == Place::View)
}

/// Whether a tile's shares can be laid out: one that is no number, or too large to add up, ends the program.
fn has_room(tile: &Tile<PaneId>) -> bool {
    let sound = |share: &f32| (0.0..=1e6).contains(share);
    match tile {
        Tile::Container(Container::Linear(linear)) => linear.shares.iter().all(|(_, share)| sound(share)),
        Tile::Container(Container::Grid(grid)) => grid.col_shares.iter().chain(&grid.row_shares).all(sound),
        Tile::Container(Container::Tabs(_)) | Tile::Pane(_) => true,
    }
}

impl Layout {
    /// The layout of a session: with each pane once, whatever the file says. A pane that there is no more is left out.
    pub fn restored(mut tree: Tree<PaneId>) -> Layout {
        let unknown: Vec<TileId> = tree
            .tiles
            .iter()
            .filter(|(_, tile)| matches!(tile, Tile::Pane(pane) if panes::find(pane).is_none()))
            .map(|(id, _)| *id)
            .collect();
        for tile in unknown {
            tree.remove_recursively(tile);
        }
        let count = |pane: &PaneId| {
            tree.tiles.tiles().filter(|tile| matches!(tile, Tile::Pane(here) if here == pane)).count()
        };
        let missing: Vec<&PaneId> =
            PANES.iter().map(|listed| &listed.id).filter(|id| count(id) == 0).collect();
        let sound = tree.root.is_some_and(|root| tree.tiles.get(root).is_some())
            && PANES.iter().all(|listed| count(&listed.id) <= 1)
            && missing.len() < PANES.len()
            && tree.tiles.tiles().all(has_room);
        let (true, Some(root)) = (sound, tree.root) else {
            return Layout::default();
        };
        let missing: Vec<TileId> =
            missing.into_iter().map(|pane| tree.tiles.insert_pane(pane.clone())).collect();
        match tree.tiles.get_mut(root) {
            Some(Tile::Container(Container::Tabs(tabs))) => {
                missing.into_iter().for_each(|pane| tabs.add_child(pane));
            }
            _ if missing.is_empty() => {}
            _ => tree.root = Some(tree.tiles.insert_tab_tile([vec![root], missing].concat())),
        }
        Layout { tree }
    }

    /// The tree, to be kept with the session.
    pub fn tree(&self) -> &Tree<PaneId> {
        &self.tree
    }

    /// Whether a pane is in sight.
    pub fn shows(&self, pane: &PaneId) -> bool {
        self.tree.tiles.find_pane(pane).is_some_and(|tile| self.tree.active_tiles().contains(&tile))
    }

    /// Brings a pane forward, wherever it lies.
    pub fn show(&mut self, wanted: &PaneId) {
        self.tree.make_active(|_, tile| matches!(tile, Tile::Pane(pane) if pane == wanted));
    }

    /// Brings the designs forward: the view that is in sight or was so last.
    pub fn show_designs(&mut self) {
        let views: Vec<&PaneId> = PANES.iter().map(|listed| &listed.id).filter(|id| is_view(id)).collect();
        let in_sight = views.iter().find(|id| self.shows(id));
        let chosen = in_sight.or_else(|| views.iter().find(|id| self.is_before_its_neighbours(id)));
        if let Some(view) = chosen.or(views.first()) {
            self.show(view);
        }
    }

    /// Whether a pane is the one in front among the tabs beside its own, though all may be behind another tab.
    fn is_before_its_neighbours(&self, pane: &PaneId) -> bool {
        let Some(tile) = self.tree.tiles.find_pane(pane) else {
            return false;
        };
        let parent = self.tree.tiles.parent_of(tile).and_then(|parent| self.tree.tiles.get(parent));
        matches!(parent, Some(Tile::Container(Container::Tabs(tabs))) if tabs.active == Some(tile))
    }

    /// Draws the panes.
    pub fn ui(&mut self, ui: &mut Ui, panes: &mut Panes, scene: &mut Scene<'_>) {
        let mut drawn = Drawn { panes, scene };
        CentralPanel::default().frame(Frame::NONE).show(ui, |ui| self.tree.ui(&mut drawn, ui));
    }
}

/// Draws panes for the tree.
struct Drawn<'a, 'b> {
    panes: &'a mut Panes,
    scene: &'a mut Scene<'b>,
}

/// The panes under a tile.
fn within<'a>(tiles: &'a Tiles<PaneId>, tile: TileId, into: &mut Vec<&'a PaneId>) {
    match tiles.get(tile) {
        Some(Tile::Pane(pane)) => into.push(pane),
        Some(Tile::Container(container)) => {
            container.children().for_each(|child| within(tiles, *child, into));
        }
        None => {}
    }
}

impl Behavior<PaneId> for Drawn<'_, '_> {
    fn pane_ui(&mut self, ui: &mut Ui, _: TileId, pane: &mut PaneId) -> UiResponse {
        // all of it, however little there is to show
        ui.painter().rect_filled(ui.max_rect(), 0.0, ui.visuals().panel_fill);
        Frame::NONE.inner_margin(Margin::symmetric(8, 5)).show(ui, |ui| {
            if let Some(pane) = self.panes.get(pane) {
                pane.ui(ui, self.scene);
            }
        });
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &PaneId) -> WidgetText {
        title(pane).into()
    }

    fn tab_title_for_tile(&mut self, tiles: &Tiles<PaneId>, tile: TileId) -> WidgetText {
        let mut panes = Vec::new();
        within(tiles, tile, &mut panes);
        match panes.as_slice() {
            [pane] => title(pane).into(),
            panes if panes.iter().any(|pane| is_view(pane)) => "Designs".into(),
            panes => panes.iter().map(|pane| title(pane)).collect::<Vec<_>>().join(", ").into(),
        }
    }

    fn on_tab_button(
        &mut self,
        _: &mut Tiles<PaneId>,
        _: TileId,
        response: egui::Response,
    ) -> egui::Response {
        response.on_hover_text("Drag it to lay it beside another pane")
    }

    fn top_bar_right_ui(&mut self, tiles: &Tiles<PaneId>, ui: &mut Ui, _: TileId, tabs: &Tabs, _: &mut f32) {
        let front = tabs.active.and_then(|tile| tiles.get_pane(&tile));
        // curves have axes of their own
        if front.is_some_and(|pane| is_view(pane) && *pane != PaneId::CURVES) {
            ui.add_space(6.0);
            panes::view_bar(ui, self.scene);
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

    fn tab_outline_stroke(
        &self,
        visuals: &Visuals,
        _: &Tiles<PaneId>,
        _: TileId,
        state: &TabState,
    ) -> Stroke {
        if state.active {
            Stroke::new(1.0, visuals.widgets.noninteractive.bg_stroke.color)
        } else {
            Stroke::NONE
        }
    }

    fn tab_text_color(&self, visuals: &Visuals, _: &Tiles<PaneId>, _: TileId, state: &TabState) -> Color32 {
        if state.active { visuals.strong_text_color() } else { visuals.weak_text_color() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_is_kept_and_read_back() {
        let mut layout = Layout::default();
        layout.show(&PaneId::SEARCH);
        assert!(layout.shows(&PaneId::SEARCH) && !layout.shows(&PaneId::TABLE));
        let text = ron::to_string(layout.tree()).expect("it can be written");
        let read = Layout::restored(ron::from_str(&text).expect("it can be read"));
        assert!(read.shows(&PaneId::SEARCH) && !read.shows(&PaneId::TABLE));
        assert!(read.tree() == layout.tree());
    }

    #[test]
    fn a_pane_that_a_file_lacks_comes_back_and_a_doubled_one_does_not() {
        let mut layout = Layout::default();
        let circuit = layout.tree.tiles.find_pane(&PaneId::CIRCUIT).expect("there");
        layout.tree.remove_recursively(circuit);
        let mut restored = Layout::restored(layout.tree.clone());
        restored.show(&PaneId::CIRCUIT);
        assert!(restored.shows(&PaneId::CIRCUIT));

        let again = layout.tree.tiles.insert_pane(PaneId::TRAINING);
        let root = layout.tree.root.expect("there");
        if let Some(Tile::Container(container)) = layout.tree.tiles.get_mut(root) {
            container.add_child(again);
        }
        assert!(Layout::restored(layout.tree).tree() == Layout::default().tree());
        assert!(Layout::restored(Tree::empty(egui::Id::unique("none"))).tree() == Layout::default().tree());
    }

    #[test]
    fn a_pane_that_there_is_no_more_is_left_out_and_the_rest_stays() {
        let mut layout = Layout::default();
        layout.show(&PaneId::COMPARE);
        let text = ron::to_string(layout.tree()).expect("it can be written");
        assert!(text.contains("Pane(Table)"), "{text}");
        let text = text.replacen("Pane(Table)", "Pane(Hologram)", 1);
        let restored = Layout::restored(ron::from_str(&text).expect("a name is enough"));
        assert!(restored.shows(&PaneId::COMPARE) && !restored.shows(&PaneId::CIRCUIT));
        let text = ron::to_string(restored.tree()).expect("it can be written");
        assert!(!text.contains("Hologram") && text.contains("Pane(Table)"), "{text}");
    }

    #[test]
    fn the_view_that_was_chosen_comes_back_with_the_designs() {
        let mut layout = Layout::default();
        layout.show(&PaneId::SPACE);
        layout.show(&PaneId::TRAINING);
        assert!(!layout.shows(&PaneId::SPACE));
        layout.show_designs();
        assert!(layout.shows(&PaneId::SPACE) && !layout.shows(&PaneId::SCATTER));
    }
}
