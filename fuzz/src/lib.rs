//! What must hold whatever comes in: one function for each fuzz target.
//!
//! `fuzz_targets/` hands them what libFuzzer makes up. `tests/random_input.rs` includes this file
//! and hands them all inputs of `seeds/` and `corpus/`, and some of its own, on each `cargo test`.

mod bytes;
mod classify;
mod csv;
pub mod document;
mod model;
mod segment;
mod warc;

pub use bytes::bytes;
pub use classify::classify;
pub use csv::csv;
pub use model::model;
pub use segment::segment;
pub use warc::warc;
