//! How a design is drawn and worded: by who judged it and by the verdict.

use crate::app::theme::Palette;
use crate::circuit::{Performance, Specification};
use crate::engine::Candidate;
use egui::{
    Color32, Painter, Pos2, Rect, Role, Sense, Shape, Stroke, StrokeKind, TextStyle, Ui, WidgetInfo, vec2,
};

/// Who judged a design, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// ngspice says that it meets every target.
    Feasible,
    /// The performance model says that it would; ngspice was not asked.
    PredictedToMeet,
    /// The performance model says that it would not.
    PredictedToMiss,
    /// ngspice says that it does not.
    Infeasible,
    /// ngspice could not say.
    Failed,
    /// Nobody was asked.
    Unknown,
}

impl Mark {
    /// The marks that a legend explains.
    pub const ALL: [Mark; 5] =
        [Mark::Feasible, Mark::Infeasible, Mark::PredictedToMeet, Mark::PredictedToMiss, Mark::Failed];

    /// The mark of a design.
    pub fn of(candidate: &Candidate, targets: &Specification) -> Mark {
        match (&candidate.simulated, &candidate.predicted) {
            (Some(Ok(simulated)), _) if targets.met_by(simulated.performance()) => Mark::Feasible,
            (Some(Ok(_)), _) => Mark::Infeasible,
            (Some(Err(_)), _) => Mark::Failed,
            (None, Some(p)) if targets.met_by(&p.performance) => Mark::PredictedToMeet,
            (None, Some(_)) => Mark::PredictedToMiss,
            (None, None) => Mark::Unknown,
        }
    }

    /// What the mark says, in words.
    pub fn words(self) -> &'static str {
        match self {
            Mark::Feasible => "feasible in ngspice",
            Mark::Infeasible => "infeasible in ngspice",
            Mark::PredictedToMeet => "predicted to meet",
            Mark::PredictedToMiss => "predicted to miss",
            Mark::Failed => "failed in ngspice",
            Mark::Unknown => "not judged",
        }
    }

    /// The colour of the mark in a theme.
    pub fn colour(self, palette: &Palette) -> Color32 {
        match self {
            Mark::Feasible | Mark::PredictedToMeet => palette.feasible,
            Mark::Infeasible | Mark::PredictedToMiss => palette.infeasible,
            Mark::Failed | Mark::Unknown => palette.failed,
        }
    }

    /// Paints the mark around a place, `radius` in points.
    pub fn paint(self, painter: &Painter, at: Pos2, radius: f32, palette: &Palette) {
        self.paint_in(painter, at, radius, self.colour(palette));
    }

    /// The same in a colour of its own.
    pub fn paint_in(self, painter: &Painter, at: Pos2, radius: f32, colour: Color32) {
        let stroke = Stroke::new(1.3, colour);
        let diamond = || {
            let r = radius * 1.2;
            vec![at + vec2(0.0, -r), at + vec2(r, 0.0), at + vec2(0.0, r), at + vec2(-r, 0.0)]
        };
        match self {
            Mark::Feasible => {
                painter.circle_filled(at, radius, colour);
            }
            Mark::PredictedToMeet => {
                painter.circle_stroke(at, radius - 0.3, stroke);
            }
            Mark::Infeasible => {
                painter.add(Shape::convex_polygon(diamond(), colour, Stroke::NONE));
            }
            Mark::PredictedToMiss => {
                painter.add(Shape::closed_line(diamond(), stroke));
            }
            Mark::Failed | Mark::Unknown => {
                let r = radius * 0.8;
                painter.line_segment([at + vec2(-r, -r), at + vec2(r, r)], stroke);
                painter.line_segment([at + vec2(-r, r), at + vec2(r, -r)], stroke);
            }
        }
    }

    /// The mark and its words, as one piece where lines are wrapped.
    pub fn legend(self, ui: &mut Ui) {
        let palette = crate::app::theme::palette(ui.visuals());
        let font = TextStyle::Small.resolve(ui.style());
        let colour = ui.visuals().text_color();
        let words = ui.painter().layout_no_wrap(self.words().to_owned(), font, colour);
        let size = vec2(14.0 + words.size().x, words.size().y.max(12.0));
        let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, self.words()));
        self.paint(ui.painter(), rect.left_center() + vec2(5.5, 0.0), 4.0, &palette);
        let at = rect.left_center() + vec2(14.0, -words.size().y / 2.0);
        ui.painter().galley(at, words, colour);
    }
}

/// Paints a design of an earlier run: a small square that is hollow, in a colour of its own.
pub fn earlier(painter: &Painter, at: Pos2, colour: Color32) {
    let square = Rect::from_center_size(at, vec2(4.4, 4.4));
    painter.rect_stroke(square, 0.0, Stroke::new(1.1, colour), StrokeKind::Middle);
}

/// Where a design is drawn: as measured, else as predicted.
pub fn shown(candidate: &Candidate) -> Option<&Performance> {
    candidate.measured().or(candidate.predicted.as_ref().map(|p| &p.performance))
}
