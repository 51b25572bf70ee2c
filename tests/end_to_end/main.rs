//! End to end: the program and the library as a user meets them. One binary, so that it links once.

mod claims;
mod dataset;
mod export;
mod spice;
mod support;
mod window;
