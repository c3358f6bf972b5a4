//! A real keymanager on a real PostgreSQL, SoftHSM and Keycloak; and the token by itself.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests fail by panicking, and say what they skip and measured"
)]

mod caller;
mod database;
mod issuer;
mod service;
mod support;
mod token;
