//! What was chosen in a plot's menu.

use crate::app::core::App;
use crate::app::ids::WindowId;
use crate::app::plots::{self, PlotChoice, PlotRequest, Taken};
use crate::app::state::PlotFile;
use egui::Context;

impl App {
    /// Takes up what was chosen in a plot's menu; comes after the plots in a frame.
    pub(in crate::app) fn follow_plots(&mut self, ctx: &Context) {
        if let Some(request) = plots::requested(ctx) {
            match request.what {
                PlotChoice::SaveData | PlotChoice::CopyData => self.give_data(ctx, &request),
                PlotChoice::SavePicture | PlotChoice::CopyPicture => {
                    // it would stand in front of the plot
                    self.environment.close_window(WindowId::PLOT);
                    self.pictures.begin(ctx, request);
                }
            }
        }
        if let Some(taken) = self.pictures.follow(ctx) {
            self.give_picture(ctx, taken);
        }
    }

    fn circuit_name(&self) -> &str {
        self.bench.as_ref().map_or("sizewright", |bench| bench.open.circuit.name.as_str())
    }

    fn save_as(&mut self, save: PlotFile) {
        self.environment.plot = Some(save);
        self.environment.open_window(WindowId::PLOT);
    }

    fn give_data(&mut self, ctx: &Context, request: &PlotRequest) {
        let name = &request.name;
        let data = self.bench.as_ref().and_then(|bench| self.panes.data(request.plot, bench));
        let Some(text) = data else {
            self.environment.messages.error(format!("There are no data behind the {name} any more"));
            return;
        };
        if request.what == PlotChoice::CopyData {
            ctx.copy_text(text);
            self.environment.messages.note(format!("The data of the {name} are on the clipboard"));
            return;
        }
        self.save_as(PlotFile::data(self.circuit_name(), name, text));
    }

    fn give_picture(&mut self, ctx: &Context, taken: Taken) {
        let name = &taken.request.name;
        match taken.picture {
            Err(why) => {
                self.environment.messages.error(format!("There is no picture of the {name}: {why}"));
            }
            Ok(picture) if taken.request.what == PlotChoice::CopyPicture => {
                ctx.copy_image(picture);
                self.environment.messages.note(format!("The picture of the {name} is on the clipboard"));
            }
            Ok(picture) => self.save_as(PlotFile::picture(ctx, self.circuit_name(), name, picture)),
        }
    }

    /// Says that a plot's file was written, or not; one that was not keeps waiting for a path.
    pub(in crate::app) fn plot_written(&mut self, written: Result<String, String>) {
        match written {
            Ok(text) => {
                self.environment.plot = None;
                self.environment.close_window(WindowId::PLOT);
                self.environment.messages.note(text);
            }
            Err(message) => self.environment.messages.error(message),
        }
    }
}
