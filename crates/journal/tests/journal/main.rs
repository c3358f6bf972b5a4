//! The journal as its users see it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod chain;
mod export;
mod runs;
mod samples;
mod stable_json;
mod writing;
