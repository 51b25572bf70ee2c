//! The real window on a real (virtual) display, driven with mouse and keyboard from the circuit to the exported
//! file, which ngspice then reads. Where things are is asked of the same window without a display.

use crate::support::{altered_ota1, batch, printed, program};
use crate::window::{click, open, quiet, tiny, undrawn, wait};
use egui::{Pos2, vec2};
use egui_kittest::kittest::Queryable;
use sizewright::app::{AppConfig, Session};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Generous: the machine may be busy with other work.
const DEADLINE: Duration = Duration::from_secs(240);

/// A virtual display with the program on it; both end with it.
struct Desktop {
    server: Child,
    display: String,
    window: Option<Child>,
}

impl Desktop {
    fn start() -> Desktop {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1440x900x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is installed by ./dev setup");
        let mut number = String::new();
        let out = server.stdout.take().expect("it is piped");
        BufReader::new(out).read_line(&mut number).expect("Xvfb says its number");
        Desktop { server, display: format!(":{}", number.trim()), window: None }
    }

    fn open(&mut self, home: &Path) {
        let child = Command::new(program())
            .env("DISPLAY", &self.display)
            .env_remove("WAYLAND_DISPLAY")
            .env("HOME", home)
            .env("XDG_RUNTIME_DIR", home)
            .env("SIZEWRIGHT_SESSION", home.join("session.ron"))
            .stderr(Stdio::null())
            .spawn();
        self.window = Some(child.expect("the program starts"));
    }

    fn xdotool(&self, arguments: &[&str]) -> String {
        let output = Command::new("xdotool").env("DISPLAY", &self.display).args(arguments).output();
        let output = output.expect("xdotool is installed by ./dev setup");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn title(&self) -> String {
        let window = self.xdotool(&["search", "--class", "sizewright"]);
        let first = window.lines().next().unwrap_or_default().to_owned();
        if first.is_empty() { String::new() } else { self.xdotool(&["getwindowname", &first]) }
    }

    fn focus(&self) {
        let window = self.xdotool(&["search", "--class", "sizewright"]);
        let first = window.lines().next().expect("the window is open");
        self.xdotool(&["windowfocus", "--sync", first]);
    }

    fn key(&self, keys: &str) {
        self.xdotool(&["key", "--clearmodifiers", keys]);
    }

    fn point(&self, at: Pos2) {
        self.xdotool(&["mousemove", "--sync", &at.x.round().to_string(), &at.y.round().to_string()]);
        self.settle();
    }

    fn click(&self, at: Pos2) {
        self.point(at);
        self.xdotool(&["click", "1"]);
        self.settle();
    }

    /// Waits until the window rests, which uses no processor time then; not for ever, as it may be at work. On a busy machine
    /// it answers a key or the pointer late, and what is typed next would go elsewhere.
    fn settle(&self) {
        let spent = || {
            let pid = self.window.as_ref()?.id();
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            // user and system time stand 12 and 13 fields behind the name in brackets (proc(5))
            let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
            Some((fields.get(11)?.to_string(), fields.get(12)?.to_string()))
        };
        let mut before = spent();
        for _ in 0..10 {
            std::thread::sleep(Duration::from_millis(400));
            let now = spent();
            if now == before {
                break;
            }
            before = now;
        }
    }

    fn wait(&mut self, what: &str, mut done: impl FnMut(&Desktop) -> bool) {
        let began = Instant::now();
        while !done(self) {
            let ended = self.window.as_mut().and_then(|w| w.try_wait().ok()).flatten();
            assert!(ended.is_none(), "the window is gone ({ended:?}) while waiting: {what}");
            assert!(began.elapsed() < DEADLINE, "waited in vain: {what}; title: {}", self.title());
            std::thread::sleep(Duration::from_millis(150));
        }
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        for child in self.window.iter_mut().chain([&mut self.server]) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[test]
fn from_a_circuit_to_a_file_that_ngspice_reads_with_mouse_and_keyboard() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let mut twin = open(Ok("ngspice-test".to_owned()), true);
    tiny(&mut twin);
    twin.run_steps(3);
    let user = twin.state().forms();
    let session =
        Session { train: Some(user.train.clone()), sample: Some(user.sample.clone()), ..Session::default() };
    let text = session.text().expect("it can be written");
    std::fs::write(home.path().join("session.ron"), text).expect("writable");

    let mut desktop = Desktop::start();
    desktop.open(home.path());
    desktop.wait("OTA1 is open", |d| d.title().starts_with("ota1"));
    desktop.focus();
    wait(&mut twin, "the bundled model draws", |app| app.bench().expect("open").designs.is_some());

    // a model is in hand, so that its step is folded: it is opened, to train another
    twin.run_steps(30);
    let train = twin.get_by_label("2  Train").rect().center();
    desktop.click(train);
    click(&mut twin, "2  Train");
    twin.run_steps(30);
    let start = twin.get_by_label("Start").rect().center();
    desktop.click(start);
    desktop.wait("the training begins", |d| d.title().contains("raining"));
    desktop.wait("the training ends", |d| d.title().starts_with("ota1"));
    click(&mut twin, "Start");
    wait(&mut twin, "the twin's training ends", |app| app.bench().expect("open").training.is_none());
    twin.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num1);
    twin.run_steps(3);

    // a target is dragged, which samples again
    desktop.key("ctrl+1");
    let slider = twin.get_by_label("Power target").rect();
    desktop.point(slider.center());
    desktop.xdotool(&["mousedown", "1"]);
    desktop.point(slider.center() + vec2(40.0, 0.0));
    desktop.point(slider.center() + vec2(80.0, 0.0));
    desktop.xdotool(&["mouseup", "1"]);

    // the file
    wait(&mut twin, "the twin has designs", |app| app.bench().expect("open").designs.is_some());
    twin.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::E);
    twin.run_steps(4);
    desktop.key("ctrl+e");
    desktop.settle();
    let circuit = altered_ota1(home.path(), "OTA1", "OTA1");
    let file = circuit.folder.join("sizing.param");
    std::fs::remove_file(&file).expect("it was copied with the circuit");
    desktop.click(twin.get_by_label("Path of the exported file").rect().center());
    desktop.xdotool(&["type", "--delay", "15", &file.display().to_string()]);
    desktop.settle();
    let save = twin.get_by_label("Save to file").rect().center();
    desktop.click(save);
    desktop.wait("the file is written", |_| file.is_file());
    let mut text = String::new();
    // what the file says, not what the title says: a measurement may be over before the title is read, and the
    // designs of the target before may still be there
    desktop.wait("the file has what ngspice measured", |d| {
        d.key("ctrl+shift+m");
        std::thread::sleep(Duration::from_secs(2));
        d.click(save);
        std::thread::sleep(Duration::from_secs(1));
        text = std::fs::read_to_string(&file).expect("written");
        text.contains("measured by SPICE (ngspice")
    });
    assert!(!text.contains("power <= 27 nW"), "the target was dragged: {text}");
    let power = printed(&batch(&circuit.testbenches[0].deck), "power");
    let said = sizewright::circuit::format_quantity(power, circuit.metrics[0].unit, 5);
    assert!(text.contains(&said), "ngspice says {said}, the file: {text}");
}

#[test]
fn a_design_is_turned_kept_looked_at_and_reviewed_on_a_display() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let session = home.path().join("session.ron");
    let mut twin = undrawn(AppConfig { measure: true, demo_model: true, ..quiet() });
    twin.state_mut().forms_mut().sample.count = 20;
    wait(&mut twin, "the twin's designs are measured", |app| {
        let bench = app.bench().expect("open");
        let idle = bench.sampling.is_none() && !bench.simulating();
        idle && bench.tally().simulated == bench.candidates().len() && bench.designs.is_some()
    });
    let sample = Some(twin.state().forms().sample.clone());
    let text = Session { sample, ..Session::default() }.text().expect("it can be written");
    std::fs::write(&session, text).expect("writable");

    let mut desktop = Desktop::start();
    desktop.open(home.path());
    desktop.wait("OTA1 is open", |d| d.title().starts_with("ota1"));
    desktop.focus();

    // a width is turned by the keys and the design is kept, once there are designs
    twin.state_mut().bench_mut().expect("open").selected = Some(0);
    twin.run_steps(3);
    let width = twin.get_by_label("W1 on its range").rect().center();
    let kept = |text: &str| text.matches("name:\"Design ").count();
    desktop.wait("a design is kept", |d| {
        d.click(width);
        d.key("shift+Right");
        d.key("shift+Right");
        std::thread::sleep(Duration::from_secs(1));
        d.key("ctrl+k");
        std::thread::sleep(Duration::from_secs(2));
        kept(&std::fs::read_to_string(&session).unwrap_or_default()) > 0
    });
    // it may have been kept before the keys found designs: it is turned once more, and is reviewed as turned
    desktop.click(width);
    desktop.key("Left");
    std::thread::sleep(Duration::from_secs(1));
    // the panes that look into it, one after the other
    for tab in ["Curves", "Schematic", "Kept", "Corners", "Devices"] {
        let at = twin.query_all_by_label(tab).next().expect("a tab").rect().center();
        desktop.click(at);
    }
    // the review page
    let page = home.path().join("page");
    desktop.key("ctrl+p");
    std::thread::sleep(Duration::from_secs(1));
    desktop.xdotool(&["type", "--delay", "15", "review page"]);
    desktop.key("Return");
    std::thread::sleep(Duration::from_secs(1));
    twin.state_mut().run(sizewright::app::Command::Review, &egui::Context::default());
    twin.run_steps(4);
    desktop.click(twin.get_by_label("Folder of the review page").rect().center());
    desktop.xdotool(&["type", "--delay", "15", &page.display().to_string()]);
    std::thread::sleep(Duration::from_secs(1));
    desktop.click(twin.get_by_label("Write page").rect().center());
    desktop.wait("the page is written", |_| page.join("review.md").is_file());
    let markdown = std::fs::read_to_string(page.join("review.md")).expect("written");
    for piece in ["curve-1-magnitude.png", "schematic.svg", "review.html", "sizing.param"] {
        assert!(page.join(piece).is_file(), "{piece}");
    }
    // the design that was turned, with what ngspice says of it
    let circuit = altered_ota1(home.path(), "OTA1", "OTA1");
    std::fs::copy(page.join("sizing.param"), circuit.folder.join("sizing.param")).expect("writable");
    let power = printed(&batch(&circuit.testbenches[0].deck), "power");
    let said = sizewright::circuit::format_quantity(power, circuit.metrics[0].unit, 4);
    assert!(markdown.contains(&said), "ngspice says {said}, the page: {markdown}");
    assert!(markdown.contains("turned by hand"), "{markdown}");
}
