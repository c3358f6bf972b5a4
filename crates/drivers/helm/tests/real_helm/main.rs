//! Against the real helm and a real API server: what we write it understands, what it writes we understand.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod adopting;
mod charts;
mod hooks;
mod records;
mod rendering;
mod support;

mosipctl_testkit::supervisor!();
