//! End to end: the program and the library as a user meets them. One binary, so that it links once.

mod claims;
mod commands;
mod dataset;
mod desktop;
mod export;
mod foreign_decks;
mod gallery;
mod looser;
mod pictures;
mod readme;
mod regenerate;
mod region;
mod report;
mod rooms;
mod search;
mod spice;
mod support;
mod trust;
mod window;
mod window_compare;
mod window_plots;
mod window_shell;
mod window_trust;
mod window_views;
mod window_work;
