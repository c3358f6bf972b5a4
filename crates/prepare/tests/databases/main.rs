//! Databases of a real PostgreSQL outside the cluster, as an environment file declares it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests fail by panicking, and say what they skip"
)]

mod dates;
mod encrypted;
mod outside;

mosipctl_testkit::supervisor!();
