//! Servers with an administrator.

use std::path::PathBuf;

use mosipctl_servers::{Login, Process, Server};
use tempfile::TempDir;

use super::bench::{Bench, Tried, failed};
use super::kinds::RealLogin;
use crate::expectations::Subject;

/// Starts one and waits until it ends, which it should not.
pub(super) async fn keep(
    bench: &Bench,
    subject: &Subject,
    login: &RealLogin,
    is_well: impl Fn(Option<u16>),
) -> Tried<()> {
    let (server, _folder) = start(bench, login).await?;
    bench.lead(subject, login.port, server.port()).await?;
    is_well(Some(server.port()));
    Err(ended(login.kind.name(), server.process()).await)
}

/// Waits for a process to end, and says how.
pub(super) async fn ended(name: &str, process: &Process) -> String {
    let status = process.ended().await;
    let how = status.map_or_else(|| "it is gone".to_owned(), |status| status.to_string());
    format!("{name} ended: {how}")
}

/// The server, and its folder, which goes when it is dropped: one that all may enter, as PostgreSQL is not run by root.
async fn start(bench: &Bench, login: &RealLogin) -> Tried<(Server, TempDir)> {
    let known = Login {
        user: bench.text(&login.user).await?,
        password: bench.secret(&login.password).await?,
    };
    let folder = TempDir::with_prefix("mosipctl-lab-").map_err(|error| error.to_string())?;
    let place: PathBuf = folder.path().join("server");
    let server = login.kind.start(&bench.artefacts()?, &place, &known).await;
    Ok((server.map_err(failed)?, folder))
}
