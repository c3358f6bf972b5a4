//! The driver against a real API server, and the fake against the same tests.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod connecting;
mod contract;
mod explaining;
mod leasing;
mod marks;
mod reaching;
mod scripted;
mod somebody;
mod support;
mod watching;

mosipctl_testkit::supervisor!();
