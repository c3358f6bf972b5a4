//! Seeds whose time is over, such as stock policies with a date that has passed.
//!
//! Only what the scripts put in counts: a row that they name, by its key, with the date that they give it. Keys, one-time
//! passwords and what people entered end when they end.

mod seeded;

use std::path::Path;

use crate::error::PostgresError;
use crate::lock::lock;
use crate::script::{Folder, Statement, literal};
use crate::seed::seeded_table;
use crate::server::Server;
use crate::session::Session;
use crate::wanted::Wanted;
use crate::work::Work;
use seeded::Dated;

/// Columns that say until when something holds, by their names.
const COLUMNS: &str = r"
    SELECT c.relname::text, a.attname::text
      FROM pg_attribute a
      JOIN pg_class c ON c.oid = a.attrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = ANY($2)
       AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
       AND a.atttypid IN ('timestamp'::regtype, 'timestamptz'::regtype, 'date'::regtype)
       AND (a.attname LIKE '%valid\_to%' OR a.attname LIKE '%valid\_till%'
            OR a.attname LIKE '%\_to\_date%' OR a.attname LIKE '%expir%')
     ORDER BY 1, 2";
/// Seeds of MOSIP hold dates of the United States.
const BEGIN: &str = "BEGIN; SET LOCAL DateStyle TO 'ISO, MDY'";
const LIES_AHEAD: &str = "SELECT $1::text::date > (now() AT TIME ZONE 'UTC')::date";

/// Seeds of a table whose time is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expired {
    /// The table.
    pub table: String,
    /// The column that says until when a row holds.
    pub column: String,
    /// Rows whose time has passed.
    pub rows: u64,
}

impl Server {
    /// Columns that say until when a row holds, with the number of seeds whose time is over; columns without such rows are left
    /// out. `scripts` is the folder with `dml.sql`. Nothing is changed: the seeds are compared in a temporary table.
    ///
    /// # Errors
    /// The scripts cannot be read, or the server cannot be reached or refuses.
    pub async fn expired(
        &self,
        wanted: &Wanted,
        scripts: &Path,
    ) -> Result<Vec<Expired>, PostgresError> {
        let seeds = Work::seeds(wanted, scripts, &self.user).await?;
        let folder = Folder(scripts.to_owned());
        let session = self.session(&wanted.database).await?;
        let columns = columns(&session, wanted, &seeds).await?;
        if columns.is_empty() {
            return Ok(Vec::new());
        }
        let what = what(wanted);
        session.run(&what, BEGIN).await?;
        let mut expired = Vec::new();
        for dated in Dated::of(&session, wanted, (&seeds, &folder), &columns).await? {
            for column in &dated.columns {
                let rows = session.value(&what, &dated.count(column), &[]).await?;
                expired.push(Expired {
                    table: dated.table.clone(),
                    column: column.clone(),
                    rows: number(rows),
                });
            }
        }
        session.run(&what, "ROLLBACK").await?;
        expired.retain(|expired| expired.rows > 0);
        Ok(expired)
    }

    /// Sets the dates of seeds that have passed to `until`, such as `2035-12-31`, in one transaction. Gives how many were changed.
    ///
    /// # Errors
    /// `until` is no date or has passed itself, the scripts cannot be read, or the server cannot be reached or refuses.
    pub async fn extend(
        &self,
        wanted: &Wanted,
        scripts: &Path,
        until: &str,
    ) -> Result<u64, PostgresError> {
        let seeds = Work::seeds(wanted, scripts, &self.user).await?;
        let folder = Folder(scripts.to_owned());
        let hub = self.session(&self.maintenance).await?;
        lock(&hub, wanted).await?;
        let session = self.session(&wanted.database).await?;
        let what = format!("extend dates in `{}`", wanted.database);
        if session.value(&what, LIES_AHEAD, &[&until]).await? != Some(true) {
            return Err(PostgresError::Passed {
                until: until.to_owned(),
            });
        }
        let columns = columns(&session, wanted, &seeds).await?;
        session.run(&what, BEGIN).await?;
        let mut changed = 0;
        for dated in Dated::of(&session, wanted, (&seeds, &folder), &columns).await? {
            for column in &dated.columns {
                let sql = dated.extend(column, until);
                changed += number(session.value(&what, &sql, &[]).await?);
            }
        }
        session.run(&what, "COMMIT").await?;
        Ok(changed)
    }
}

fn what(wanted: &Wanted) -> String {
    format!("look for dates in `{}`", wanted.database)
}

/// Columns of tables that are seeded, in which some date has passed, by table.
async fn columns(
    session: &Session,
    wanted: &Wanted,
    seeds: &[Statement],
) -> Result<Vec<(String, String)>, PostgresError> {
    let tables: Vec<String> = seeds.iter().filter_map(seeded_table).collect();
    let what = what(wanted);
    let all = session
        .rows(&what, COLUMNS, &[&wanted.schema, &tables])
        .await?;
    let asks = all.iter().map(|row| {
        let (table, column): (String, String) = (row.get(0), row.get(1));
        let passed = seeded::passed(&column);
        let from = seeded::qualified(wanted, &table);
        let (table, column) = (literal(&table), literal(&column));
        format!(
            "SELECT {table}::text, {column}::text WHERE EXISTS (SELECT FROM {from} t WHERE {passed})"
        )
    });
    let ask = asks.collect::<Vec<_>>().join(" UNION ALL ");
    if ask.is_empty() {
        return Ok(Vec::new());
    }
    let found = session.rows(&what, &ask, &[]).await?;
    Ok(found.iter().map(|row| (row.get(0), row.get(1))).collect())
}

fn number(rows: Option<i64>) -> u64 {
    rows.and_then(|rows| u64::try_from(rows).ok()).unwrap_or(0)
}
