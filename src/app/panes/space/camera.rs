//! The eye of the 3-D view: how a place in the scene becomes a place on screen, and back to a design.
//!
//! The scene is a box of half sides [`HALF`] around the origin, the third axis upwards. The eye looks at its
//! middle from a fixed distance, in perspective; magnifying scales the picture rather than moving the eye, so
//! that nothing ever comes behind it.

use egui::{Pos2, Rect, Vec2, vec2};
use std::f32::consts::{FRAC_PI_2, PI};

/// Half the sides of the scene: wider than high, as a pane is.
pub const HALF: [f32; 3] = [1.2, 1.2, 0.85];
/// Of the eye from the middle. Nearer, the far side would look small; farther, depth is hard to see.
pub const DISTANCE: f32 = 7.0;
/// What may be seen in front of and behind the middle: more than the scene's diagonal.
const DEPTH: f32 = 2.5;

/// How far the picture may be shifted, in half sides of the pane: a corner magnified to the full.
const FARTHEST: f32 = 12.0;

/// Where one looks from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// Round the vertical axis, in radians.
    yaw: f32,
    /// Above the floor, in radians.
    pitch: f32,
    /// Magnification.
    zoom: f32,
    /// Shift of the picture as parts of the pane's half sides, upwards positive.
    pan: Vec2,
}

impl Default for Camera {
    fn default() -> Camera {
        Camera { yaw: -PI / 3.2, pitch: PI / 8.0, zoom: 1.0, pan: vec2(0.0, 0.08) }
    }
}

impl Camera {
    /// Turns by a drag in points; a place of the scene stays where it is on screen.
    pub fn turn_about(&mut self, drag: Vec2, place: [f32; 3], pane: Rect) {
        let (before, _) = self.projection(pane).place(place);
        self.turn(drag);
        let (after, _) = self.projection(pane).place(place);
        self.shift(before - after, pane);
    }

    /// Whether the whole scene is in sight.
    pub fn sees_all(&self) -> bool {
        self.zoom < 1.2
    }

    /// Turns by a drag in points.
    pub fn turn(&mut self, drag: Vec2) {
        self.yaw = (self.yaw - 0.008 * drag.x).rem_euclid(2.0 * PI);
        self.pitch = (self.pitch + 0.008 * drag.y).clamp(-FRAC_PI_2 + 0.02, FRAC_PI_2 - 0.02);
    }

    /// Moves the picture by a drag in points.
    pub fn shift(&mut self, drag: Vec2, pane: Rect) {
        let moved = self.pan + vec2(2.0 * drag.x / pane.width(), -2.0 * drag.y / pane.height());
        self.pan = moved.clamp(Vec2::splat(-FARTHEST), Vec2::splat(FARTHEST));
    }

    /// Magnifies by a factor; what is at `about` stays there.
    pub fn magnify(&mut self, factor: f32, about: Pos2, pane: Rect) {
        let before = self.zoom;
        self.zoom = (before * factor).clamp(0.4, 12.0);
        let at = vec2(
            2.0 * (about.x - pane.center().x) / pane.width(),
            -2.0 * (about.y - pane.center().y) / pane.height(),
        );
        self.pan = at - (at - self.pan) * (self.zoom / before);
        self.pan = self.pan.clamp(Vec2::splat(-FARTHEST), Vec2::splat(FARTHEST));
    }

    /// The unit vector from the middle of the scene to the eye.
    fn toward(&self) -> [f32; 3] {
        let ((sin_yaw, cos_yaw), (sin_pitch, cos_pitch)) = (self.yaw.sin_cos(), self.pitch.sin_cos());
        [cos_pitch * cos_yaw, cos_pitch * sin_yaw, sin_pitch]
    }

    /// The eye's place.
    pub fn eye(&self) -> [f32; 3] {
        self.toward().map(|c| c * DISTANCE)
    }

    /// What is seen in a pane.
    pub fn projection(&self, pane: Rect) -> Projection {
        let ((sin_yaw, cos_yaw), (sin_pitch, cos_pitch)) = (self.yaw.sin_cos(), self.pitch.sin_cos());
        let toward = self.toward();
        let right = [-sin_yaw, cos_yaw, 0.0];
        let up = [-sin_pitch * cos_yaw, -sin_pitch * sin_yaw, cos_pitch];
        // points a unit of the scene, in its middle: room is left for ticks and titles
        let scale = self.zoom * 0.5 * (pane.height() / 1.8).min(pane.width() / 2.2);
        let [sx, sy] = [pane.width(), pane.height()].map(|side| 2.0 * scale * DISTANCE / side.max(1.0));
        let row = |axis: [f32; 3], s: f32, pan: f32| {
            [0, 1, 2].map(|i| s * axis[i] - pan * toward[i]).into_iter().chain([pan * DISTANCE])
        };
        let (near, far) = (DISTANCE - DEPTH, DISTANCE + DEPTH);
        let z = far / (far - near);
        let mut rows = [[0.0; 4]; 4];
        for (to, value) in rows[0].iter_mut().zip(row(right, sx, self.pan.x)) {
            *to = value;
        }
        for (to, value) in rows[1].iter_mut().zip(row(up, sy, self.pan.y)) {
            *to = value;
        }
        rows[2] = [-z * toward[0], -z * toward[1], -z * toward[2], z * (DISTANCE - near)];
        rows[3] = [-toward[0], -toward[1], -toward[2], DISTANCE];
        Projection { rows, pane }
    }
}

/// How the scene is seen in a pane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Projection {
    rows: [[f32; 4]; 4],
    pane: Rect,
}

impl Projection {
    /// Column by column, as WGSL wants it.
    pub fn columns(&self) -> [[f32; 4]; 4] {
        [0, 1, 2, 3].map(|c| self.rows.map(|row| row[c]))
    }

    /// Where a place of the scene is on screen, and how far along the line of sight.
    pub fn place(&self, at: [f32; 3]) -> (Pos2, f32) {
        let dot = |row: [f32; 4]| row[0] * at[0] + row[1] * at[1] + row[2] * at[2] + row[3];
        let w = dot(self.rows[3]);
        let half = self.pane.size() / 2.0;
        let on_screen = vec2(dot(self.rows[0]) / w * half.x, -dot(self.rows[1]) / w * half.y);
        (self.pane.center() + on_screen, w)
    }

    /// The nearest of `places` within `reach` points of `at`; of two at the same spot the one in front.
    pub fn pick(
        &self,
        at: Pos2,
        reach: f32,
        places: impl Iterator<Item = (usize, [f32; 3])>,
    ) -> Option<usize> {
        let score = |(i, place): (usize, [f32; 3])| {
            let (on_screen, depth) = self.place(place);
            let distance = on_screen.distance(at);
            // half a point is what the hand cannot tell apart
            (distance <= reach).then_some(((2.0 * distance).round(), depth, i))
        };
        let nearest = places.filter_map(score).min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        nearest.map(|(_, _, i)| i)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::pos2;

    const PANE: Rect = Rect { min: pos2(100.0, 50.0), max: pos2(900.0, 550.0) };

    fn front() -> Camera {
        Camera { yaw: -FRAC_PI_2, pitch: 0.0, zoom: 1.0, pan: Vec2::ZERO }
    }

    #[test]
    fn a_known_camera_maps_known_points() {
        // from the front: the first axis to the right, the third upwards, the second away from the eye
        let p = front().projection(PANE);
        let scale = 0.5 * (500.0_f32 / 1.8).min(800.0 / 2.2);
        let (middle, depth) = p.place([0.0; 3]);
        assert!(middle.distance(PANE.center()) < 1e-3 && (depth - DISTANCE).abs() < 1e-5);
        let (at, _) = p.place([1.0, 0.0, 0.5]);
        assert!(at.distance(PANE.center() + vec2(scale, -0.5 * scale)) < 1e-2, "{at}");
        let (far, depth) = p.place([1.0, 1.0, 0.0]);
        assert!((depth - DISTANCE - 1.0).abs() < 1e-5);
        assert!((far.x - PANE.center().x - scale * DISTANCE / (DISTANCE + 1.0)).abs() < 1e-2, "{far}");
    }

    #[test]
    fn depth_lies_between_nought_and_one_whatever_the_view() {
        let mut camera = Camera::default();
        for _ in 0..60 {
            camera.turn(vec2(37.0, 23.0));
            let columns = camera.projection(PANE).columns();
            for corner in 0..8 {
                let at = [0, 1, 2].map(|i| if corner >> i & 1 == 1 { HALF[i] } else { -HALF[i] });
                let clip =
                    [2, 3].map(|row| columns[3][row] + (0..3).map(|c| columns[c][row] * at[c]).sum::<f32>());
                let z = clip[0] / clip[1];
                assert!((0.0..=1.0).contains(&z), "{z}");
            }
        }
    }

    #[test]
    fn the_wheel_keeps_what_is_under_the_pointer() {
        let mut camera = Camera::default();
        camera.shift(vec2(30.0, -40.0), PANE);
        let (before, _) = camera.projection(PANE).place([0.0; 3]);
        camera.magnify(1.7, before, PANE);
        let (after, _) = camera.projection(PANE).place([0.0; 3]);
        assert!(before.distance(after) < 1e-2, "{before} {after}");
    }

    #[test]
    fn turning_about_a_place_keeps_it_in_sight() {
        let mut camera = Camera::default();
        let place = [0.7, -0.4, 0.2];
        camera.magnify(4.0, camera.projection(PANE).place(place).0, PANE);
        let (before, _) = camera.projection(PANE).place(place);
        camera.turn_about(vec2(120.0, -60.0), place, PANE);
        let (after, _) = camera.projection(PANE).place(place);
        assert!(before.distance(after) < 0.1, "{before} {after}");
    }

    #[test]
    fn picking_takes_the_nearest_and_of_two_the_one_in_front() {
        let p = front().projection(PANE);
        let places = [[0.0, 0.8, 0.0], [0.0, -0.8, 0.0], [0.6, 0.0, 0.0]];
        let pick = |at| p.pick(at, 9.0, places.into_iter().enumerate());
        assert_eq!(pick(PANE.center()), Some(1));
        let (third, _) = p.place(places[2]);
        assert_eq!(pick(third + vec2(3.0, 2.0)), Some(2));
        assert_eq!(pick(third + vec2(0.0, 30.0)), None);
    }
}
