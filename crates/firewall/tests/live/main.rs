//! The rules of the example, loaded by `nft` into network namespaces that play its hosts, and connections of everybody to everybody.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests fail by panicking, and say what they skip"
)]

mod everybody;
mod pods;
mod world;
