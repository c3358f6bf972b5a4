//! Looks at databases without touching them.

use std::collections::BTreeSet;

use futures::future::try_join_all;

use crate::bookkeeping;
use crate::error::PostgresError;
use crate::server::Server;
use crate::session::Session;
use crate::wanted::{Standing, Wanted};

const THERE: &str = "SELECT datname::text FROM pg_database WHERE datname = ANY($1)";
const CONTENT: &str = "
    SELECT to_regclass('mosipctl.bookkeeping') IS NOT NULL,
           count(*),
           count(*) FILTER (WHERE n.nspname = $1 AND c.relkind IN ('r', 'p'))
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
       AND n.nspname <> 'information_schema' AND n.nspname <> 'mosipctl'
       AND n.nspname NOT LIKE 'pg\\_%'";

const TABLES: &str = "
    SELECT c.relname::text
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')";

/// What is in a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Content {
    /// Whether we have written something down in it.
    pub(crate) has_bookkeeping: bool,
    /// Tables, views and sequences, the system's and ours left out.
    pub(crate) relations: i64,
    /// Tables in the schema that is wanted.
    pub(crate) tables: u32,
}

impl Server {
    /// How databases stand, in the order they were asked for. All are asked side by side, each with one or two questions.
    ///
    /// # Errors
    /// The server cannot be reached, or refuses.
    pub async fn look(&self, wanted: &[Wanted]) -> Result<Vec<Standing>, PostgresError> {
        let names: Vec<&str> = wanted.iter().map(|it| it.database.as_str()).collect();
        let hub = self.session(&self.maintenance).await?;
        let there = hub.rows("list the databases", THERE, &[&names]).await?;
        drop(hub);
        let there: BTreeSet<String> = there.iter().map(|row| row.get(0)).collect();
        let looks = wanted.iter().map(|wanted| async {
            match there.contains(&wanted.database) {
                true => self.look_into(wanted).await,
                false => Ok(Standing::Absent),
            }
        });
        try_join_all(looks).await
    }

    async fn look_into(&self, wanted: &Wanted) -> Result<Standing, PostgresError> {
        let session = self.session(&wanted.database).await?;
        let content = content(&session, wanted).await?;
        bookkeeping::standing(&session, wanted, &content).await
    }
}

/// What is in the database of the session.
pub(crate) async fn content(session: &Session, wanted: &Wanted) -> Result<Content, PostgresError> {
    let what = format!("look into `{}`", wanted.database);
    let rows = session.rows(&what, CONTENT, &[&wanted.schema]).await?;
    let read = rows.first().map(|row| Content {
        has_bookkeeping: row.get(0),
        relations: row.get(1),
        tables: u32::try_from(row.get::<_, i64>(2)).unwrap_or(u32::MAX),
    });
    Ok(read.unwrap_or(Content {
        has_bookkeeping: false,
        relations: 0,
        tables: 0,
    }))
}

/// The names of the tables in the schema.
pub(crate) async fn tables(
    session: &Session,
    wanted: &Wanted,
) -> Result<BTreeSet<String>, PostgresError> {
    let what = format!("list the tables of `{}`", wanted.database);
    let rows = session.rows(&what, TABLES, &[&wanted.schema]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
