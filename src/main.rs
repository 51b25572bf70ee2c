//! `sizewright`: without arguments the window, else the command line.

fn main() {
    let code = match std::env::args_os().nth(1) {
        None => sizewright::app::run(),
        Some(_) => sizewright::cli::run(),
    };
    std::process::exit(code);
}
