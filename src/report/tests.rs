//! A report on a tiny budget, twice: the second time nothing is measured.
