//! The driver against a real Kafka.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests fail by panicking, and say what they skip and how long things take"
)]

mod faults;
mod support;
mod topics;
