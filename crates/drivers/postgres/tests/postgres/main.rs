//! Databases are made, looked at, adopted and mended on a real PostgreSQL.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests fail by panicking, and say what they skip"
)]

mod adopting;
mod backing_up;
mod encrypted;
mod keys;
mod live;
mod making;
mod serving;
mod stopping;
mod support;
