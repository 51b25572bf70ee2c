//! Pictures of the plots against those in tests/pictures: each is saved as a user saves it, averaged down to 96 × 60
//! cells, and compared by the mean colours of 12 × 10 blocks, so that fonts, drivers and a few points of layout do
//! not matter, but a plot that is empty, elsewhere or of another colour does. `UPDATE_PICTURES=1` writes them anew.

use crate::window::{Window, click, drawn, errors, load_model, wait};
use crate::window_plots::{choose, write_to};
use egui_kittest::kittest::Queryable;
use image::RgbImage;
use image::imageops::{FilterType, resize};
use sizewright::app::PaneId;
use std::path::Path;

const CELLS: (u32, u32) = (96, 60);
const BLOCKS: (u32, u32) = (12, 10);
/// How far two pictures may be apart, as a part of what stands out of the ground in the one that is kept.
const MOST: f64 = 0.38;

/// A window that is drawn, with a model that has learnt but with no designs.
fn pictured() -> Option<Window> {
    let mut window = drawn()?;
    // no designs are drawn: they would depend on the processor's last digits
    window.state_mut().forms_mut().sample.live = false;
    load_model(&mut window);
    Some(window)
}

/// The picture of a plot, as it is saved, averaged down.
fn picture(window: &mut Window, plot: &str, folder: &Path) -> RgbImage {
    // nothing is pointed at
    window.hover_at(egui::pos2(700.0, 4.0));
    window.run_steps(2);
    choose(window, plot, "Save picture…");
    for _ in 0..60 {
        if window.query_all_by_label("Write file").count() > 0 {
            break;
        }
        window.step();
    }
    let path = folder.join("plot.png");
    let _ = std::fs::remove_file(&path);
    write_to(window, &path);
    wait(window, "the picture is written", |_| path.exists());
    wait(window, "the window closes", |app| !app.messages().is_empty());
    click(window, "Dismiss");
    assert_eq!(errors(window), Vec::<String>::new());
    let whole = image::open(&path).expect("a PNG").to_rgb8();
    resize(&whole, CELLS.0, CELLS.1, FilterType::Triangle)
}

/// The mean colour of each block.
fn blocks(picture: &RgbImage) -> Vec<[f64; 3]> {
    let (width, height) = (CELLS.0 / BLOCKS.0, CELLS.1 / BLOCKS.1);
    let mut means = vec![[0.0; 3]; (BLOCKS.0 * BLOCKS.1) as usize];
    for (x, y, pixel) in picture.enumerate_pixels() {
        let block = &mut means[(y / height * BLOCKS.0 + x / width) as usize];
        for (mean, value) in block.iter_mut().zip(pixel.0) {
            *mean += f64::from(value) / f64::from(width * height);
        }
    }
    means
}

fn difference(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum()
}

/// How far a picture is from the one that is kept: 0 for the same, 1 and more where nothing is alike.
fn apart(kept: &RgbImage, drawn: &RgbImage) -> f64 {
    let (kept_blocks, drawn_blocks) = (blocks(kept), blocks(drawn));
    let ground = ground(kept);
    let all: f64 = kept_blocks.iter().map(|b| difference(b, &ground)).sum();
    let other: f64 = kept_blocks.iter().zip(&drawn_blocks).map(|(a, b)| difference(a, b)).sum();
    other / all
}

/// The commonest colour.
fn ground(picture: &RgbImage) -> [f64; 3] {
    let mut counts = std::collections::HashMap::new();
    for pixel in picture.pixels() {
        *counts.entry(pixel.0).or_insert(0) += 1;
    }
    let commonest = counts.into_iter().max_by_key(|(colour, count)| (*count, *colour)).expect("pixels");
    commonest.0.map(f64::from)
}

/// The picture a cell to the right and down, or with a part of it wiped out.
fn altered(picture: &RgbImage, shift: u32, wiped: std::ops::Range<u32>) -> RgbImage {
    let ground = image::Rgb(ground(picture).map(|c| c as u8));
    RgbImage::from_fn(CELLS.0, CELLS.1, |x, y| match wiped.contains(&y) {
        true => ground,
        false => *picture.get_pixel(x.saturating_sub(shift), y.saturating_sub(shift)),
    })
}

fn compare(name: &str, drawn: &RgbImage) -> Result<(), String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures").join(format!("{name}.png"));
    if std::env::var_os("UPDATE_PICTURES").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        drawn.save(&path).expect("writable");
        return Ok(());
    }
    let kept = image::open(&path).map_err(|e| format!("{name}: {e}"))?.to_rgb8();
    let apart = apart(&kept, drawn);
    println!("{name}: {apart:.3} apart");
    if apart <= MOST {
        Ok(())
    } else {
        Err(format!("{name}: {apart:.2} apart, at most {MOST} is let through"))
    }
}

#[test]
fn the_plots_look_as_they_did() {
    let Some(mut window) = pictured() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut wrong = Vec::new();
    let mut drawn = Vec::new();
    for theme in ["dark", "light"] {
        let preference =
            if theme == "dark" { egui::ThemePreference::Dark } else { egui::ThemePreference::Light };
        window.ctx.set_theme(preference);
        window.run_steps(2);
        window.state_mut().show(&PaneId::SCATTER);
        for (pane, plot) in [
            (PaneId::SCATTER, "scatter plots"),
            (PaneId::SPACE, "3-D view"),
            (PaneId::PARALLEL, "parallel coordinates"),
        ] {
            window.state_mut().show(&pane);
            window.run_steps(3);
            drawn.push((
                format!("{}-{theme}", plot.replace(' ', "-")),
                picture(&mut window, plot, folder.path()),
            ));
        }
        if theme == "light" {
            continue;
        }
        for (pane, plot) in [(PaneId::TRAINING, "losses"), (PaneId::CIRCUIT, "trade-off front")] {
            window.state_mut().show(&pane);
            window.run_steps(3);
            drawn.push((
                format!("{}-{theme}", plot.replace(' ', "-")),
                picture(&mut window, plot, folder.path()),
            ));
        }
    }
    for (name, picture) in &drawn {
        wrong.extend(compare(name, picture).err());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // the measure lets a little shift through, and neither another plot nor one that has lost its middle
    for (name, picture) in &drawn {
        let (shifted, wiped) = (altered(picture, 1, 0..0), altered(picture, 0, 12..54));
        let (near, far) = (apart(picture, &shifted), apart(picture, &wiped));
        println!("{name}: shifted {near:.3}, wiped {far:.3}");
        assert!(near <= MOST && far > MOST, "{name}: shifted {near}, wiped {far}");
        for (other, another) in drawn.iter().filter(|(other, _)| other != name) {
            assert!(apart(picture, another) > MOST, "{name} looks like {other}");
        }
    }
}
