//! Changes under guard on real Debian hosts, with their own systemd, sshd and nftables.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "tests fail by panicking, and say what they skip"
)]

mod firewall;
mod kills;
mod place;
mod ssh;
