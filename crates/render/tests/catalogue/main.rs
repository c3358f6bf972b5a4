//! The components of this repository's catalogue, rendered with the real helm.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod charts;
mod contract;
mod gateways;
mod render;
mod storage;
mod together;
