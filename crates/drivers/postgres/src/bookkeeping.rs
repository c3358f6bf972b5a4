//! What we write down in each database: which version it is at, and from which scripts, each with its checksum.
//!
//! It lies in a schema of its own, which services may not read, so that a dump takes it along and a restored database knows
//! what it is.

use tokio_postgres::types::ToSql;

use crate::error::PostgresError;
use crate::look::Content;
use crate::script::Sums;
use crate::session::Session;
use crate::wanted::{Outcome, Standing, Wanted};

const MAKE: &str = "
    CREATE SCHEMA IF NOT EXISTS mosipctl;
    CREATE TABLE IF NOT EXISTS mosipctl.bookkeeping (
        number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        database text NOT NULL,
        version text NOT NULL,
        tree text NOT NULL,
        how text NOT NULL,
        at timestamptz NOT NULL DEFAULT now(),
        tool text NOT NULL,
        fence bigint
    );
    CREATE TABLE IF NOT EXISTS mosipctl.script (
        number bigint NOT NULL REFERENCES mosipctl.bookkeeping,
        file text NOT NULL,
        sha256 text NOT NULL,
        PRIMARY KEY (number, file)
    );";
const LATEST_FENCE: &str = "SELECT max(fence) FROM mosipctl.bookkeeping";
const LATEST: &str = "SELECT version, tree FROM mosipctl.bookkeeping ORDER BY number DESC LIMIT 1";
const INSERT: &str = "
    INSERT INTO mosipctl.bookkeeping (database, version, tree, how, tool, fence)
    VALUES ($1, $2, $3, $4, $5, $6) RETURNING number";
const INSERT_SCRIPTS: &str = "
    INSERT INTO mosipctl.script (number, file, sha256)
    SELECT $1, * FROM unnest($2::text[], $3::text[])";
const HAS_SCRIPTS: &str = "SELECT to_regclass('mosipctl.script') IS NOT NULL";
const SCRIPTS: &str = "
    SELECT file, sha256 FROM mosipctl.script
     WHERE number = (SELECT max(number) FROM mosipctl.bookkeeping)";

/// How a database stands, by its bookkeeping and by what is in it.
pub(crate) async fn standing(
    session: &Session,
    wanted: &Wanted,
    content: &Content,
) -> Result<Standing, PostgresError> {
    if !content.has_bookkeeping {
        return Ok(match content.relations {
            0 => Standing::Absent,
            _ => Standing::Unmarked {
                tables: content.tables,
            },
        });
    }
    let what = format!("read the bookkeeping of `{}`", wanted.database);
    let rows = session.rows(&what, LATEST, &[]).await?;
    let Some(row) = rows.first() else {
        return Ok(Standing::Unmarked {
            tables: content.tables,
        });
    };
    let (version, tree): (String, String) = (row.get(0), row.get(1));
    match version == wanted.version && tree == wanted.tree {
        true => Ok(Standing::Holds),
        false => Ok(Standing::Otherwise { version, tree }),
    }
}

/// Writes down that a database is as it is wanted, in the transaction of the session.
pub(crate) async fn write(
    session: &Session,
    wanted: &Wanted,
    how: Outcome,
    sums: &Sums,
    fence: Option<u64>,
) -> Result<(), PostgresError> {
    let what = format!("write the bookkeeping of `{}`", wanted.database);
    session.run(&what, MAKE).await?;
    check_fence(session, wanted, fence).await?;
    let fence = fence.and_then(|fence| i64::try_from(fence).ok());
    let how = match how {
        Outcome::Made => "made",
        Outcome::Adopted | Outcome::Held => "adopted",
    };
    let tool = concat!("mosipctl ", env!("CARGO_PKG_VERSION"));
    let (database, version, tree) = (&wanted.database, &wanted.version, &wanted.tree);
    let values: [&(dyn ToSql + Sync); 6] = [database, version, tree, &how, &tool, &fence];
    let number: Option<i64> = session.value(&what, INSERT, &values).await?;
    let (files, sums): (Vec<&String>, Vec<&String>) = sums.iter().unzip();
    session
        .rows(&what, INSERT_SCRIPTS, &[&number, &files, &sums])
        .await?;
    Ok(())
}

/// The scripts that the latest entry was made from, with their checksums; none where an entry is older than these.
pub(crate) async fn scripts(
    session: &Session,
    wanted: &Wanted,
) -> Result<Option<Sums>, PostgresError> {
    let what = format!("read the bookkeeping of `{}`", wanted.database);
    if session.value(&what, HAS_SCRIPTS, &[]).await? != Some(true) {
        return Ok(None);
    }
    let rows = session.rows(&what, SCRIPTS, &[]).await?;
    let sums: Sums = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    Ok((!sums.is_empty()).then_some(sums))
}

/// A run that has been taken over does nothing more.
pub(crate) async fn check_fence(
    session: &Session,
    wanted: &Wanted,
    fence: Option<u64>,
) -> Result<(), PostgresError> {
    let what = format!("read the bookkeeping of `{}`", wanted.database);
    let latest: Option<Option<i64>> = session.value(&what, LATEST_FENCE, &[]).await?;
    let latest = latest.flatten().and_then(|fence| u64::try_from(fence).ok());
    match (fence, latest) {
        (Some(ours), Some(theirs)) if theirs > ours => Err(PostgresError::TakenOver {
            database: wanted.database.clone(),
            ours,
            theirs,
        }),
        _ => Ok(()),
    }
}
