//! The program as people use it, on real control planes: whole stories from the command line.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot set up its world has failed"
)]

mod bad_input;
mod clusters;
mod faults;
mod hosts;
mod kills;
mod lost_node;
mod preflight;
mod real;
mod rehearse;
mod responders;
mod rights;
mod sandbox;
mod small;
mod support;

mosipctl_testkit::supervisor!();
