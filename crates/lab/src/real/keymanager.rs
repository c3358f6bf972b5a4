//! The key manager.

use mosipctl_servers::Keymanager;

use super::bench::{Bench, Tried, failed};
use super::kinds::RealKeymanager;
use super::server::ended;
use crate::expectations::Subject;

/// Starts it, waits until its health is up, then until it ends, which it should not.
pub(super) async fn keep(
    bench: &Bench,
    subject: &Subject,
    manager: &RealKeymanager,
    is_well: impl Fn(Option<u16>),
) -> Tried<()> {
    let settings = bench.keymanager(subject, &manager.keys).await?;
    let started = Keymanager::start(&bench.artefacts()?, &settings).await;
    let keymanager = started.map_err(failed)?;
    bench.lead(subject, manager.port, keymanager.port()).await?;
    is_well(Some(keymanager.port()));
    Err(ended("keymanager", keymanager.process()).await)
}
