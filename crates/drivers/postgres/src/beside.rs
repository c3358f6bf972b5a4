//! A database beside another, of the same sort, for a while.

use crate::error::PostgresError;
use crate::script::{identifier, literal};
use crate::session::Session;
use crate::wanted::Wanted;

const SETTINGS: &str = "
    SELECT pg_encoding_to_char(encoding)::text, datcollate::text, datctype::text
      FROM pg_database WHERE datname = current_database()";

/// Makes an empty one of that name with encoding and locale of the database of the session. One that a killed run left goes first;
/// whoever calls this holds the lock of the database, so nobody else uses it.
pub(crate) async fn make(
    hub: &Session,
    session: &Session,
    wanted: &Wanted,
    name: &str,
) -> Result<(), PostgresError> {
    let what = format!("make `{name}` beside `{}`", wanted.database);
    hub.run(&what, &drop_sql(name)).await?;
    let rows = session.rows(&what, SETTINGS, &[]).await?;
    let setting = |at: usize| literal(&rows.first().map_or_else(String::new, |row| row.get(at)));
    let sql = format!(
        "CREATE DATABASE {} TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {}",
        identifier(name),
        setting(0),
        setting(1),
        setting(2)
    );
    hub.run(&what, &sql).await
}

/// Drops it, with whoever is in it.
pub(crate) async fn drop(hub: &Session, name: &str) -> Result<(), PostgresError> {
    hub.run(&format!("drop `{name}`"), &drop_sql(name)).await
}

fn drop_sql(name: &str) -> String {
    format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", identifier(name))
}
