//! One at a time works at a database.

use crate::error::PostgresError;
use crate::session::Session;
use crate::wanted::Wanted;

/// Long enough for the session of a run that was killed to be noticed.
const SECONDS: u64 = 10;
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// Locks a database until the session ends. The lock lies in the maintenance database, so it holds before there is another.
pub(crate) async fn lock(hub: &Session, wanted: &Wanted) -> Result<(), PostgresError> {
    let what = format!("lock database `{}`", wanted.database);
    let limit = format!("SET lock_timeout TO '{SECONDS}s'");
    hub.run(&what, &limit).await?;
    let take = "SELECT pg_advisory_lock(hashtext('mosipctl'), hashtext($1))::text";
    let taken = hub.rows(&what, take, &[&wanted.database]).await;
    match taken {
        Err(error) if error.code() == Some(LOCK_NOT_AVAILABLE) => Err(PostgresError::Locked {
            database: wanted.database.clone(),
            seconds: SECONDS,
        }),
        taken => taken.map(drop),
    }
}
