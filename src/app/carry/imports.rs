//! Rows taken from another tool's table: read, shown with what its columns are taken for, written and put on the bench.

use super::rows::unwritable;
use crate::app::core::App;
use crate::app::ids::WindowId;
use crate::app::state::ImportTable;
use crate::app::words::grouped;
use std::path::PathBuf;
use std::sync::Arc;

impl App {
    /// Reads the heads of the table that the form names.
    pub(super) fn read_table(&mut self) {
        let form = &mut self.forms.import;
        let Some(bench) = self.bench.as_ref().filter(|_| form.doing.is_none()) else {
            return;
        };
        let path = form.path.trim();
        if path.is_empty() {
            self.environment.messages.error("Name a file first, such as rows.csv");
            return;
        }
        (form.doing, form.table) = (Some("Reading the table…"), None);
        self.background.read_table(Arc::clone(&bench.open.circuit), PathBuf::from(path));
    }

    /// Takes what was read, unless another circuit was opened meanwhile.
    pub(in crate::app) fn table_read(&mut self, read: Result<Box<ImportTable>, String>) {
        self.forms.import.doing = None;
        match read {
            Ok(table) => {
                let here = self.bench.as_ref().is_some_and(|b| b.open.circuit.folder == table.of);
                self.forms.import.table = Some(*table).filter(|_| here);
            }
            Err(why) => self.environment.messages.error(why),
        }
    }

    /// Takes the rows as the form has them; those that are there are kept beside them.
    pub(super) fn take_table(&mut self) {
        let form = &mut self.forms.import;
        let Some(bench) = &self.bench else {
            return;
        };
        let Some(table) = form.table.as_ref().filter(|t| form.doing.is_none() && t.is_whole()) else {
            return;
        };
        let circuit = &bench.open.circuit;
        if table.of != circuit.folder {
            form.table = None;
            return;
        }
        if let Some(why) = unwritable(circuit) {
            self.environment.messages.error(why);
            return;
        }
        form.doing = Some("Taking the rows…");
        self.background.take_table(Arc::clone(circuit), table.file.clone(), table.maps());
    }

    /// Puts the rows that were taken on the bench, as their file has them.
    pub(in crate::app) fn table_taken(
        &mut self,
        folder: &PathBuf,
        taken: Result<(usize, usize, usize), String>,
    ) {
        self.forms.import.doing = None;
        let (rows, gaps, refused) = match taken {
            Ok(counts) => counts,
            Err(why) => return self.environment.messages.error(why),
        };
        self.forms.import = Default::default();
        self.environment.close_window(WindowId::IMPORT);
        let mut text = format!("{} rows taken", grouped(rows));
        if gaps > 0 {
            text += &format!(", and {} with gaps", grouped(gaps));
        }
        if refused > 0 {
            text += &format!("; {} were refused", grouped(refused));
        }
        self.environment.messages.record(text);
        if let Some(bench) = self.bench.as_ref().filter(|b| b.open.circuit.folder == *folder) {
            let circuit = Arc::clone(&bench.open.circuit);
            let file = circuit.dataset.clone();
            self.background.read_rows(circuit, file);
        }
    }
}
