//! Rows whose time is over, such as stock policies with a date that has passed.

use crate::error::PostgresError;
use crate::script::{identifier, literal};
use crate::server::Server;
use crate::session::Session;
use crate::wanted::Wanted;

/// Columns that say until when something holds, by their names.
const COLUMNS: &str = r"
    SELECT c.relname::text, a.attname::text
      FROM pg_attribute a
      JOIN pg_class c ON c.oid = a.attrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
       AND a.atttypid IN ('timestamp'::regtype, 'timestamptz'::regtype, 'date'::regtype)
       AND (a.attname LIKE '%valid\_to%' OR a.attname LIKE '%valid\_till%'
            OR a.attname LIKE '%\_to\_date%' OR a.attname LIKE '%expir%')
     ORDER BY 1, 2";

/// Rows of a table whose time is over.
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
    /// Columns in the schema that say until when a row holds, with the rows whose time is over; columns without such rows are
    /// left out. Each table is read once, so this is not for big ones.
    ///
    /// # Errors
    /// The server cannot be reached, or refuses.
    pub async fn expired(&self, wanted: &Wanted) -> Result<Vec<Expired>, PostgresError> {
        let session = self.session(&wanted.database).await?;
        let what = format!("look for dates in `{}`", wanted.database);
        let columns = session.rows(&what, COLUMNS, &[&wanted.schema]).await?;
        let mut expired = Vec::new();
        for row in &columns {
            let (table, column): (String, String) = (row.get(0), row.get(1));
            let rows = count(&session, wanted, &table, &column).await?;
            if rows > 0 {
                expired.push(Expired {
                    table,
                    column,
                    rows,
                });
            }
        }
        Ok(expired)
    }

    /// Sets the dates that have passed in these columns to `until`, such as `2030-12-31`, in one transaction. Gives how many rows
    /// were changed.
    ///
    /// # Errors
    /// It is no date, or the server cannot be reached or refuses.
    pub async fn extend(
        &self,
        wanted: &Wanted,
        columns: &[Expired],
        until: &str,
    ) -> Result<u64, PostgresError> {
        let session = self.session(&wanted.database).await?;
        let what = format!("extend dates in `{}`", wanted.database);
        session
            .run(&what, "BEGIN; SET LOCAL DateStyle TO 'ISO, YMD'")
            .await?;
        let mut changed = 0;
        for Expired { table, column, .. } in columns {
            let (table, column) = names(wanted, table, column);
            let until = literal(until);
            let sql = format!(
                "WITH changed AS (UPDATE {table} SET {column} = {until} WHERE {} RETURNING 1)
                 SELECT count(*) FROM changed",
                passed(&column)
            );
            let rows: Option<i64> = session.value(&what, &sql, &[]).await?;
            changed += rows.and_then(|rows| u64::try_from(rows).ok()).unwrap_or(0);
        }
        session.run(&what, "COMMIT").await?;
        Ok(changed)
    }
}

async fn count(
    session: &Session,
    wanted: &Wanted,
    table: &str,
    column: &str,
) -> Result<u64, PostgresError> {
    let what = format!("look for dates in `{}`", wanted.database);
    let (table, column) = names(wanted, table, column);
    let sql = format!("SELECT count(*) FROM {table} WHERE {}", passed(&column));
    let rows: Option<i64> = session.value(&what, &sql, &[]).await?;
    Ok(rows.and_then(|rows| u64::try_from(rows).ok()).unwrap_or(0))
}

/// MOSIP keeps universal time in columns that know no zone.
fn passed(column: &str) -> String {
    format!("{column}::timestamp < now() AT TIME ZONE 'UTC'")
}

fn names(wanted: &Wanted, table: &str, column: &str) -> (String, String) {
    let schema = identifier(&wanted.schema);
    (
        format!("{schema}.{}", identifier(table)),
        identifier(column),
    )
}
