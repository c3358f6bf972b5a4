//! The driver against a real Artemis.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests fail by panicking, and say what they skip and how long things take"
)]

mod client;
mod faults;
mod queues;
mod support;
