//! The driver against real servers: Keycloak 16.1.1 under `/auth`, and 26 at the root.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests fail by panicking, and print what they measured"
)]

mod catalogue;
mod connecting;
mod hand;
mod keeping;
mod making;
mod proving;
mod support;
