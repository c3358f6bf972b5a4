//! The catalogue of this repository and the charts that render it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod charts;
mod contract;
mod edition;
mod guide;
mod render;
mod service_chart;
