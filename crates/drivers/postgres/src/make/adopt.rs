//! Takes a database that was made elsewhere, when it is as the scripts make it.

use std::collections::BTreeSet;

use super::fill::run;
use super::{Making, begin, commit, listed, unknown};
use crate::beside;
use crate::bookkeeping;
use crate::columns::{self, Columns, differences};
use crate::error::PostgresError;
use crate::look;
use crate::script::{Action, Statement, words};
use crate::session::Session;
use crate::wanted::{Outcome, Wanted};

impl Making<'_> {
    /// Writes the bookkeeping of a database that has the tables and columns that the scripts make, and touches nothing else.
    pub(super) async fn adopt(&self, session: &Session) -> Result<(), PostgresError> {
        let wanted = self.wanted;
        let found = columns::read(session, wanted).await?;
        // most of what is foreign shows without making anything
        let tables = look::tables(session, wanted).await?;
        if let Some(difference) = difference(&self.work.tables(), &tables, wanted) {
            return Err(unknown(wanted, difference));
        }
        let made = self.made_beside(session).await?;
        let differences = differences(&made, &found);
        if !differences.is_empty() {
            let listed = listed(&differences);
            let difference = format!("columns are not as its scripts make them: {listed}");
            return Err(unknown(wanted, difference));
        }
        begin(session, wanted).await?;
        bookkeeping::write(
            session,
            wanted,
            Outcome::Adopted,
            &self.work.sums,
            self.fence,
        )
        .await?;
        commit(session, wanted).await
    }

    /// The columns that the scripts make, read from a database beside this one that they make them in. It goes at the end; what a
    /// killed run left goes when the next one comes here.
    async fn made_beside(&self, session: &Session) -> Result<Columns, PostgresError> {
        let name = format!("{}_proof_of_scripts", self.wanted.database);
        beside::make(self.hub, session, self.wanted, &name).await?;
        let made = self.columns_in(&name).await;
        beside::drop(self.hub, &name).await?;
        made
    }

    async fn columns_in(&self, name: &str) -> Result<Columns, PostgresError> {
        let session = self.server.session(name).await?;
        let shaping = self.work.inside.iter().filter(|it| shapes_tables(it));
        let shaping: Vec<Statement> = shaping.cloned().collect();
        begin(&session, self.wanted).await?;
        run(&session, self.wanted, &shaping, &self.work.folder).await?;
        // nothing is committed: the database goes
        columns::read(&session, self.wanted).await
    }
}

/// Whether a statement may say how tables are. Roles and databases are beyond the database that the statements are run in: what is
/// said about them would be about the real ones.
fn shapes_tables(statement: &Statement) -> bool {
    let Action::Sql(sql) = &statement.action else {
        return false;
    };
    let words = words(sql, OWNER_WITHIN);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["grant" | "revoke", ..] => false,
        [_, "database" | "default" | "role" | "user", ..] => false,
        ["comment", ..] => false,
        ["alter", rest @ ..] => !rest.windows(2).any(|pair| pair == ["owner", "to"]),
        _ => true,
    }
}

/// `ALTER TABLE IF EXISTS ONLY "schema"."table" OWNER TO` is shorter.
const OWNER_WITHIN: usize = 12;

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
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
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
