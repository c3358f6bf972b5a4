//! The driver against real OpenSSH servers on 127.0.0.1.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests fail by panicking, and say what they skip"
)]

mod commands;
mod facts;
mod files;
mod jumps;
mod lock;
mod login;
mod prepared;
mod rpm;
mod support;
mod trust;
mod upload;
