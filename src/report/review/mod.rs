//! A review page of a design, for colleagues: all that speaks for it, measured anew, as Markdown, as HTML, with pictures of
//! its curves and the sizing as a file for ngspice.
//!
//! `measuring` asks ngspice, `design` is what came of it. `contents` makes a `page` of that, which `markdown` and `html`
//! write, each escaping every text that it is given; `pictures` draws, `schematic` copies what is harmless, `folder`
//! writes over nothing that an earlier review did not write, `writing` does it all in order.

mod contents;
mod design;
mod folder;
mod html;
mod markdown;
mod measuring;
mod page;
mod pictures;
mod schematic;
#[cfg(test)]
mod tests;
mod writing;

pub use design::{About, Review};
pub(crate) use folder::check_folder;
pub use measuring::{ReviewTask, review};
pub use writing::write;
