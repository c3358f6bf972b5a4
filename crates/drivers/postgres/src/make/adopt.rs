//! Takes a database that was made elsewhere, when it is as the scripts make it.

use std::collections::BTreeSet;

use super::{Making, begin, commit, unknown};
use crate::bookkeeping;
use crate::error::PostgresError;
use crate::session::Session;
use crate::wanted::{Outcome, Wanted};

const TABLES: &str = "
    SELECT c.relname::text
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')";
/// More names than a person wants to read in a message.
const SHOWN: usize = 8;

impl Making<'_> {
    /// Writes the bookkeeping of a database that has the tables that the scripts make, and touches nothing else.
    pub(super) async fn adopt(&self, session: &Session) -> Result<(), PostgresError> {
        let wanted = self.wanted;
        let what = format!("list the tables of `{}`", wanted.database);
        let rows = session.rows(&what, TABLES, &[&wanted.schema]).await?;
        let found: BTreeSet<String> = rows.iter().map(|row| row.get(0)).collect();
        if let Some(difference) = difference(&self.work.tables(), &found, wanted) {
            return Err(unknown(wanted, difference));
        }
        begin(session, wanted).await?;
        bookkeeping::write(session, wanted, Outcome::Adopted, self.fence).await?;
        commit(session, wanted).await
    }
}

fn difference(
    made: &BTreeSet<String>,
    found: &BTreeSet<String>,
    wanted: &Wanted,
) -> Option<String> {
    let schema = &wanted.schema;
    let mut parts = Vec::new();
    for (names, verb) in [
        (made - found, "lacks"),
        (found - made, "has beside what its scripts make"),
    ] {
        if !names.is_empty() {
            parts.push(format!("schema `{schema}` {verb} {}", listed(&names)));
        }
    }
    let count = u32::try_from(found.len()).unwrap_or(u32::MAX);
    if parts.is_empty() && count != wanted.tables {
        let wanted = wanted.tables;
        parts.push(format!(
            "schema `{schema}` has {count} tables, not {wanted}"
        ));
    }
    (!parts.is_empty()).then(|| parts.join(", and "))
}

fn listed(names: &BTreeSet<String>) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{name}`"))
        .collect();
    let more = names.len().saturating_sub(SHOWN);
    match more {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
