//! Dates of seeds that have passed: told, and moved where the environment says until when.

use std::path::Path;

use futures::future::join_all;
use mosipctl_postgres::{PostgresError, Server, Wanted as Database};

use super::{connect, databases};
use crate::error::PrepareError;
use crate::servers::{Servers, Wanted};

impl Servers {
    /// What a person should know of databases that are as they should be: seeds whose dates have passed, and that nobody has asked to
    /// move. A server that cannot be asked is left out; a look says why.
    pub async fn notes(&self, wanted: &Wanted<'_>) -> Vec<String> {
        let (_, databases) = databases(wanted);
        if self.postgres.extend_to.is_some() || !databases.iter().any(|it| it.seeds) {
            return Vec::new();
        }
        let Ok(server) = connect(self).await else {
            return Vec::new();
        };
        let notes = databases.iter().map(|database| async {
            let passed = passed(self, &server, database).await.unwrap_or(0);
            (passed > 0).then(|| format!("{}: {}", database.database, told(passed)))
        });
        join_all(notes).await.into_iter().flatten().collect()
    }
}

/// How many dates of its seeds have passed; none where its scripts are not here, for they tell what is a seed.
pub(super) async fn passed(
    servers: &Servers,
    server: &Server,
    database: &Database,
) -> Result<u64, PostgresError> {
    let Some(scripts) = servers.scripts.get(&database.database) else {
        return Ok(0);
    };
    let expired = server.expired(database, scripts).await?;
    Ok(expired.iter().map(|expired| expired.rows).sum())
}

/// Moves them if that is asked for, and says what there is to know.
pub(super) async fn mend(
    servers: &Servers,
    server: &Server,
    database: &Database,
    scripts: &Path,
) -> Result<Option<String>, PrepareError> {
    if !database.seeds {
        return Ok(None);
    }
    let Some(day) = &servers.postgres.extend_to else {
        let passed = passed(servers, server, database).await?;
        return Ok((passed > 0).then(|| told(passed)));
    };
    let moved = server.extend(database, scripts, day).await?;
    let said = format!("{} that had passed: moved to {day}", counted(moved));
    Ok((moved > 0).then_some(said))
}

/// In words, with the way to move them.
pub(super) fn told(passed: u64) -> String {
    let has = if passed == 1 { "has" } else { "have" };
    format!(
        "{} {has} passed (`externals.postgres.extendSeedDates` moves them)",
        counted(passed)
    )
}

/// In words.
pub(super) fn counted(dates: u64) -> String {
    match dates {
        1 => "1 date of its seeds".to_owned(),
        dates => format!("{dates} dates of its seeds"),
    }
}
