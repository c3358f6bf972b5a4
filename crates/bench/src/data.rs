//! What is prepared inside servers: the drivers of this program against real servers on this machine.
//!
//! The drivers run within this task, so in whatever build it is; the release build of the program has nothing to do with them.

mod databases;
mod psql;
mod realm;

/// The realm that the driver's own tests make.
#[path = "../../../crates/drivers/keycloak/tests/keycloak/catalogue.rs"]
#[allow(
    dead_code,
    clippy::unwrap_used,
    reason = "tests fail by panicking, and need more of it"
)]
mod catalogue;

use std::time::Instant;

use anyhow::Result;
use mosipctl_servers::ServerError;

use super::figure::{Figure, Name};

pub(crate) use databases::measure as databases;
pub(crate) use realm::measure as realm;

/// The password of everything here. Nothing of it outlives the measurement.
const PASSWORD: &str = "only for a measurement";

/// What was measured; nothing where this machine lacks what it takes, which is said and is no fault.
fn or_lacking<T>(what: &str, started: Result<T, ServerError>) -> Result<Option<T>> {
    match started {
        Ok(server) => Ok(Some(server)),
        Err(error) if error.is_missing() => {
            not_measured(what, &error);
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

fn not_measured(what: &str, why: &dyn std::fmt::Display) {
    println!("not measured: {what}: {why}");
}

/// A figure in seconds.
fn seconds(name: Name, what: &str, value: f64, most: f64, beside: Vec<String>) -> Figure {
    Figure {
        name,
        what: what.to_owned(),
        value,
        unit: " s",
        bar: super::figure::Bar::AtMost(most),
        beside,
    }
}

fn since(started: Instant) -> f64 {
    started.elapsed().as_secs_f64()
}
