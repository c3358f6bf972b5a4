//! Backups that were proven by restoring them.

mod find;
mod program;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mosipctl_reach::Tunnel;

use crate::beside;
use crate::error::PostgresError;
use crate::lock::lock;
use crate::server::Server;
use crate::session::Session;
use crate::wanted::Wanted;
use program::{Login, run};

const TABLES: &str = "
    SELECT format('%I.%I', n.nspname, c.relname)
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
     ORDER BY 1";
/// The programs that dump and restore, of the server's release or newer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tools {
    /// `pg_dump`.
    pub dump: PathBuf,
    /// `pg_restore`.
    pub restore: PathBuf,
}

/// A backup that was restored and compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// The file, in the custom format of `pg_dump`.
    pub file: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// Tables in it.
    pub tables: usize,
    /// Rows in them.
    pub rows: u64,
}

impl Server {
    /// Dumps a database into a file, restores that into a database of its own, compares the rows of each table with those that the
    /// dump saw, and drops the copy. The database may be in use meanwhile. The file appears under its name once it is proven.
    ///
    /// # Errors
    /// The programs are missing, older than the server or fail, the copy differs, or the server cannot be reached.
    pub async fn backup(
        &self,
        wanted: &Wanted,
        tools: &Tools,
        to: &Path,
    ) -> Result<Backup, PostgresError> {
        let hub = self.session(&self.maintenance).await?;
        lock(&hub, wanted).await?;
        let session = self.session(&wanted.database).await?;
        let tunnel = Tunnel::open(Arc::clone(&self.reach)).await?;
        let login = Login::new(self, &tunnel, wanted)?;
        let unproven = to.with_extension("unproven");
        let snapshot = snapshot(&session, wanted).await?;
        let mut dump = login.command(&tools.dump);
        dump.args(["--format=custom", "--dbname", &wanted.database]);
        dump.arg(format!("--snapshot={snapshot}"))
            .arg("--file")
            .arg(&unproven);
        run(dump, &tools.dump, wanted).await?;
        let counts = counts(&session, wanted).await?;
        let copy = format!("{}_proof_of_backup", wanted.database);
        beside::make(&hub, &session, wanted, &copy).await?;
        let proven = self
            .prove(wanted, tools, &login, &unproven, &copy, &counts)
            .await;
        let dropped = beside::drop(&hub, &copy).await;
        proven.and(dropped)?;
        finish(&unproven, to, &counts)
    }

    async fn prove(
        &self,
        wanted: &Wanted,
        tools: &Tools,
        login: &Login,
        file: &Path,
        copy: &str,
        counts: &[(String, i64)],
    ) -> Result<(), PostgresError> {
        let mut restore = login.command(&tools.restore);
        restore
            .args(["--exit-on-error", "--dbname", copy])
            .arg(file);
        run(restore, &tools.restore, wanted).await?;
        let session = self.session(copy).await?;
        let restored = self::counts(&session, wanted).await?;
        let differing = counts.iter().find(|count| !restored.contains(count));
        let problem = match differing {
            Some((table, rows)) => {
                format!("table {table} has {rows} rows, and other ones restored")
            }
            None if restored.len() != counts.len() => "the copy has more tables".to_owned(),
            None => return Ok(()),
        };
        Err(PostgresError::Backup {
            database: wanted.database.clone(),
            problem,
        })
    }
}

/// Begins a transaction that sees what the dump will see, whoever writes meanwhile.
async fn snapshot(session: &Session, wanted: &Wanted) -> Result<String, PostgresError> {
    let what = format!("back up `{}`", wanted.database);
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    session.run(&what, begin).await?;
    let snapshot = session
        .value(&what, "SELECT pg_export_snapshot()", &[])
        .await?;
    Ok(snapshot.unwrap_or_default())
}

async fn counts(session: &Session, wanted: &Wanted) -> Result<Vec<(String, i64)>, PostgresError> {
    let what = format!("count the rows of `{}`", wanted.database);
    let mut counts = Vec::new();
    for row in session.rows(&what, TABLES, &[]).await? {
        let table: String = row.get(0);
        let ask = format!("SELECT count(*) FROM {table}");
        let rows = session.value(&what, &ask, &[]).await?;
        counts.push((table, rows.unwrap_or(0)));
    }
    Ok(counts)
}

fn finish(unproven: &Path, to: &Path, counts: &[(String, i64)]) -> Result<Backup, PostgresError> {
    let wrong = |source| PostgresError::File {
        path: to.to_owned(),
        source,
    };
    std::fs::rename(unproven, to).map_err(wrong)?;
    let rows = counts
        .iter()
        .filter_map(|(_, rows)| u64::try_from(*rows).ok());
    Ok(Backup {
        file: to.to_owned(),
        bytes: std::fs::metadata(to).map_err(wrong)?.len(),
        tables: counts.len(),
        rows: rows.sum(),
    })
}
