//! The engine's promises, on fakes.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot set up its world has failed"
)]

mod commands;
mod control;
mod failures;
mod fake;
mod interrupts;
mod journalling;
mod kill;
mod lock;
mod progress;
mod random;
mod starting;
mod waiting;
