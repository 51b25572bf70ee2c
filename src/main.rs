//! `sizewright`: without arguments the window, else the command line.

fn main() {
    sizewright::files::fail_rather_than_end();
    sizewright::bundle::provide();
    let code = match std::env::args_os().nth(1) {
        None => sizewright::app::run(),
        Some(_) => sizewright::cli::run(),
    };
    std::process::exit(code);
}
