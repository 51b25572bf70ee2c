//! `sizewright`: without arguments the window, else the command line.

fn main() {
    let code = match std::env::args_os().nth(1) {
        // the window opens here
        None => sizewright::cli::usage(),
        Some(_) => sizewright::cli::run(),
    };
    std::process::exit(code);
}
