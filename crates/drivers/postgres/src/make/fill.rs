//! Fills an empty database, in one transaction.

use super::{Making, begin, commit, unknown};
use crate::bookkeeping;
use crate::error::PostgresError;
use crate::look::content;
use crate::script::{Action, Folder, Statement, identifier};
use crate::seed::Seeds;
use crate::session::Session;
use crate::wanted::{Made, Outcome, Role, Wanted};
use crate::work::Sql;

/// Statements that are sent before the first answer is read.
const AHEAD: usize = 64;
const END_LEFTOVERS: &str = "
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
     WHERE datname = $1 AND application_name = 'mosipctl make'";

impl Making<'_> {
    /// Fills the database; when that fails it is as empty as before.
    pub(super) async fn fill(&self, role: Role) -> Result<Made, PostgresError> {
        self.end_leftovers().await?;
        // settings of the database count for sessions that begin after they were made
        let session = self.server.session(&self.wanted.database).await?;
        begin(&session, self.wanted).await?;
        let filled = self.fill_in(&session, role).await;
        let undone = match &filled {
            // who is silent would be waited for once more; the end of the session undoes the same, only later
            Ok(_) | Err(PostgresError::Silent { .. } | PostgresError::Connection { .. }) => Ok(()),
            Err(_) => session.run("undo what was done", "ROLLBACK").await,
        };
        if let Err(error) = undone {
            tracing::debug!("{error}");
        }
        filled
    }

    /// A run that was killed or lost its connection may have left a session that still works at a statement. We hold the lock, so
    /// nobody waits for what it does, and it would make us wait.
    async fn end_leftovers(&self) -> Result<(), PostgresError> {
        let what = format!(
            "end what is left of an earlier run in `{}`",
            self.wanted.database
        );
        let ended = self
            .hub
            .rows(&what, END_LEFTOVERS, &[&self.wanted.database])
            .await?;
        if !ended.is_empty() {
            tracing::info!("ended {} sessions of an earlier run", ended.len());
        }
        Ok(())
    }

    async fn fill_in(&self, session: &Session, role: Role) -> Result<Made, PostgresError> {
        let Self { wanted, work, .. } = self;
        let mut rows = run(session, wanted, &work.inside, &work.folder).await?;
        let tables = content(session, wanted).await?.tables;
        if tables != wanted.tables {
            let difference = format!("its scripts make {tables} tables, not {}", wanted.tables);
            return Err(unknown(wanted, difference));
        }
        let seeds = Seeds::choose(session, wanted, &work.seeds).await?;
        rows += run(session, wanted, &seeds.statements, &work.folder).await?;
        bookkeeping::write(session, wanted, Outcome::Made, &work.sums, self.fence).await?;
        commit(session, wanted).await?;
        Ok(Made {
            outcome: Outcome::Made,
            role,
            statements: work.inside.len() + seeds.statements.len(),
            rows,
            left: seeds.left,
        })
    }
}

/// Runs statements in the transaction, and gives how many rows came from files.
pub(crate) async fn run(
    session: &Session,
    wanted: &Wanted,
    statements: &[Statement],
    folder: &Folder,
) -> Result<u64, PostgresError> {
    set_path(session, &scripts_path(wanted)).await?;
    let mut rows = 0;
    let mut ahead: Vec<Sql> = Vec::new();
    for Statement { place, action } in statements {
        match action {
            Action::Sql(sql) => {
                ahead.push((place.clone(), sql.clone()));
            }
            Action::Copy(copy) => {
                session.statements(&std::mem::take(&mut ahead)).await?;
                rows += session.copy(place, copy, folder).await?;
            }
            Action::Connect { .. } | Action::Echo(_) => {}
        }
        if ahead.len() >= AHEAD {
            session.statements(&std::mem::take(&mut ahead)).await?;
        }
    }
    session.statements(&ahead).await?;
    set_path(session, "pg_catalog").await?;
    Ok(rows)
}

/// Scripts rely on a new connection to pick up the path that they gave the database; there is none within a transaction. The
/// schema may be made later.
fn scripts_path(wanted: &Wanted) -> String {
    let schema = identifier(&wanted.schema);
    format!("{schema}, pg_catalog, public")
}

async fn set_path(session: &Session, path: &str) -> Result<(), PostgresError> {
    let sql = format!("SET LOCAL search_path TO {path}");
    session.run("set the search path", &sql).await
}
