//! `sizewright`: without a subcommand the window, with one the command line.

fn main() {
    std::process::exit(sizewright::cli::run());
}
