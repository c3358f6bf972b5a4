//! Folders of Git repositories that these tests make themselves, and of MOSIP's where there are mirrors.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests fail by panicking, and say what they skip"
)]

mod cache;
mod catalogue;
mod mirrors;
mod server;
mod world;
