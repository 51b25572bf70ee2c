//! Reads and draws schematics on a thread of its own, so that no frame waits for one. Of several commissions the newest is
//! carried out: what was asked for before and has not begun is forgotten.

use super::drawing::{Drawing, Inks};
use super::plain;
use crate::circuit::Circuit;
use egui::{ColorImage, Context};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// A picture: its width in pixels, its colours, the group that is lit.
pub type PictureKey = (u32, Inks, Option<usize>);

/// What the artist is asked for.
pub enum Commission {
    /// The circuit's drawing.
    Read(Arc<Circuit>),
    /// A picture of it.
    Draw(Arc<Drawing>, PictureKey),
}

/// What was made of a commission.
pub enum Delivery {
    /// The drawing of this circuit; `None` if it names none.
    Read(Arc<Circuit>, Option<Result<Drawing, String>>),
    /// The picture of this drawing.
    Drawn(Arc<Drawing>, PictureKey, Result<ColorImage, String>),
}

#[derive(Default)]
struct Desk {
    commission: Option<Commission>,
    done: Vec<Delivery>,
    leave: bool,
}

type Shared = Arc<(Mutex<Desk>, Condvar)>;

/// The thread, which ends with this.
pub struct Artist {
    desk: Shared,
    working: bool,
}

/// What lies on the desk is whole whenever the lock is free.
fn desk(shared: &Shared) -> MutexGuard<'_, Desk> {
    shared.0.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Artist {
    /// Starts the thread, which wakes the window whenever it has done something.
    pub fn new(ctx: &Context) -> Artist {
        let shared = Shared::default();
        let (its, ctx) = (Arc::clone(&shared), ctx.clone());
        let spawned =
            std::thread::Builder::new().name("sizewright-drawing".into()).spawn(move || work(&its, &ctx));
        Artist { desk: shared, working: spawned.is_ok() }
    }

    /// Asks for something, in place of what was asked for before. `false` where the system has no more threads.
    pub fn commission(&self, commission: Commission) -> bool {
        desk(&self.desk).commission = Some(commission);
        self.desk.1.notify_one();
        self.working
    }

    /// What has been done since this was last asked.
    pub fn done(&self) -> Vec<Delivery> {
        std::mem::take(&mut desk(&self.desk).done)
    }
}

impl Drop for Artist {
    fn drop(&mut self) {
        desk(&self.desk).leave = true;
        self.desk.1.notify_one();
    }
}

fn work(shared: &Shared, ctx: &Context) {
    loop {
        let mut at = desk(shared);
        let commission = loop {
            if at.leave {
                return;
            }
            match at.commission.take() {
                Some(commission) => break commission,
                None => at = shared.1.wait(at).unwrap_or_else(PoisonError::into_inner),
            }
        };
        drop(at);
        let done = carry_out(commission);
        desk(shared).done.push(done);
        ctx.request_repaint();
    }
}

fn carry_out(commission: Commission) -> Delivery {
    match commission {
        Commission::Read(circuit) => {
            let plain = || plain::drawn(&circuit).map(|source| Drawing::new(source, &circuit));
            let read = Drawing::read(&circuit).or_else(plain);
            Delivery::Read(circuit, read)
        }
        Commission::Draw(drawing, key) => {
            let (width, inks, lit) = key;
            let drawn = drawing.picture(width, inks, lit);
            Delivery::Drawn(drawing, key, drawn)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::Color32;
    use std::time::{Duration, Instant};

    fn wait(artist: &Artist, mut enough: impl FnMut(&[Delivery]) -> bool) -> Vec<Delivery> {
        let (mut all, began) = (Vec::new(), Instant::now());
        while !enough(&all) {
            assert!(began.elapsed() < Duration::from_secs(60), "the artist never comes to it");
            all.extend(artist.done());
            std::thread::sleep(Duration::from_millis(2));
        }
        all
    }

    #[test]
    fn the_newest_wish_is_granted_and_not_every_one_before() {
        let artist = Artist::new(&Context::default());
        let circuit = Arc::new(Circuit::open("ota2").expect("bundled"));
        assert!(artist.commission(Commission::Read(Arc::clone(&circuit))));
        let read = wait(&artist, |all| !all.is_empty()).remove(0);
        let Delivery::Read(of, Some(Ok(drawing))) = read else { panic!("no drawing") };
        assert!(Arc::ptr_eq(&of, &circuit));
        let drawing = Arc::new(drawing);
        let inks = Inks { ink: Color32::BLACK, faint: Color32::GRAY, lit: Color32::RED };
        let newest = (1400, inks, None);
        for width in 1000..1400 {
            artist.commission(Commission::Draw(Arc::clone(&drawing), (width, inks, None)));
        }
        artist.commission(Commission::Draw(Arc::clone(&drawing), newest));
        let last =
            |all: &[Delivery]| matches!(all.last(), Some(Delivery::Drawn(_, key, Ok(_))) if *key == newest);
        let drawn = wait(&artist, last);
        assert!(drawn.len() < 400, "{} pictures that nobody waits for", drawn.len());
    }
}
