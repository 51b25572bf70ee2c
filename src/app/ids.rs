//! The names by which panes and windows are asked for. A name is enough: whoever asks need not know what it names.

use egui::Id;
use ron::value::RawValue;
use serde::de::{self, EnumAccess, VariantAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser};
use std::borrow::Cow;
use std::fmt;

/// A pane by its name in a layout's file. The list of panes says which there are; a file may name another one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PaneId(Cow<'static, str>);

impl PaneId {
    /// Every pair of metrics.
    pub const SCATTER: PaneId = PaneId::new("Scatter");
    /// Three metrics, in space.
    pub const SPACE: PaneId = PaneId::new("Space");
    /// Metrics and parameters side by side.
    pub const PARALLEL: PaneId = PaneId::new("Parallel");
    /// The designs as a table.
    pub const TABLE: PaneId = PaneId::new("Table");
    /// The kept designs side by side.
    pub const KEPT: PaneId = PaneId::new("Kept");
    /// What was drawn or found before.
    pub const RUNS: PaneId = PaneId::new("Runs");
    /// The curves of the selected design.
    pub const CURVES: PaneId = PaneId::new("Curves");
    /// The schematic with it.
    pub const SCHEMATIC: PaneId = PaneId::new("Schematic");
    /// The operating points of its transistors.
    pub const DEVICES: PaneId = PaneId::new("Devices");
    /// The selected design over corners and under mismatch.
    pub const CORNERS: PaneId = PaneId::new("Corners");
    /// How metrics move with parameters.
    pub const SENSITIVITY: PaneId = PaneId::new("Sensitivity");
    /// The selected design.
    pub const DETAIL: PaneId = PaneId::new("Detail");
    /// The losses of a training.
    pub const TRAINING: PaneId = PaneId::new("Training");
    /// The convergence of a search.
    pub const SEARCH: PaneId = PaneId::new("Search");
    /// The paper's tables, rebuilt.
    pub const COMPARE: PaneId = PaneId::new("Compare");
    /// The circuit's page.
    pub const CIRCUIT: PaneId = PaneId::new("Circuit");

    /// A pane by the name that a layout's file has for it: an identifier.
    pub const fn new(name: &'static str) -> PaneId {
        PaneId(Cow::Borrowed(name))
    }
}

/// The name that RON has for the type: a pane is written as the variant of an enum, such as `Pane(Scatter)`.
const TYPE: &str = "Pane";

impl Serialize for PaneId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Cow::Borrowed(name) => serializer.serialize_unit_variant(TYPE, 0, name),
            // read from a file: what it says is written again as it stands there
            Cow::Owned(name) => RawValue::from_boxed_ron(name.as_str().into())
                .map_err(ser::Error::custom)?
                .serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for PaneId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PaneId, D::Error> {
        deserializer.deserialize_enum(TYPE, &[], AnyVariant)
    }
}

/// Takes the name of whatever variant there is, as long as it has no content.
struct AnyVariant;

impl<'de> Visitor<'de> for AnyVariant {
    type Value = PaneId;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a pane")
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<PaneId, A::Error> {
        let (Name(name), content) = access.variant()?;
        content.unit_variant()?;
        Ok(PaneId(Cow::Owned(name)))
    }
}

/// An identifier as text.
struct Name(String);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Name, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Name, E> {
                Ok(Name(name.to_owned()))
            }
        }
        deserializer.deserialize_identifier(Text)
    }
}

/// A window above the panes, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WindowId(&'static str);

impl WindowId {
    /// The selected design as a file.
    pub const EXPORT: WindowId = WindowId::new("export");
    /// The netlist that ngspice runs for a design.
    pub const DECK: WindowId = WindowId::new("deck");
    /// The keyboard shortcuts.
    pub const SHORTCUTS: WindowId = WindowId::new("shortcuts");
    /// The log.
    pub const LOG: WindowId = WindowId::new("log");
    /// A plot that is to be saved.
    pub const PLOT: WindowId = WindowId::new("plot");
    /// What a deck would do beyond simulating.
    pub const TRUST: WindowId = WindowId::new("trust");

    /// What is found on looking through the circuit.
    pub const CHECK: WindowId = WindowId::new("check");
    /// A circuit made of decks.
    pub const NEW_CIRCUIT: WindowId = WindowId::new("new circuit");
    /// Taking rows from a file.
    pub const IMPORT: WindowId = WindowId::new("import");
    /// Opening and saving projects.
    pub const PROJECT: WindowId = WindowId::new("project");
    /// The selected design as a page for colleagues.
    pub const REVIEW: WindowId = WindowId::new("review");
    /// Growing rows at the front of those that there are.
    pub const GROW: WindowId = WindowId::new("grow");
    /// Making rows by simulation.
    pub const ROWS: WindowId = WindowId::new("rows");

    /// A window by a name that no other one has.
    pub const fn new(name: &'static str) -> WindowId {
        WindowId(name)
    }

    /// What egui knows the window by.
    pub fn id(self) -> Id {
        Id::unique(("window above the panes", self.0))
    }
}
