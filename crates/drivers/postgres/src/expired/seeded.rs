//! Rows of a table that its seeds name.

use std::collections::BTreeMap;

use crate::error::PostgresError;
use crate::script::{Action, Folder, Statement, identifier, literal};
use crate::seed::seeded_table;
use crate::session::Session;
use crate::wanted::Wanted;

/// The columns of the key, without which a seed cannot be found again.
const KEY: &str = "
    SELECT a.attname::text
      FROM pg_index i
      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
     WHERE i.indisprimary AND i.indrelid = $1::text::regclass
     ORDER BY 1";

/// A seeded table with columns that say until when a row holds, and its seeds in a temporary table.
pub(super) struct Dated {
    /// Its name.
    pub(super) table: String,
    /// The columns.
    pub(super) columns: Vec<String>,
    /// Its name with the schema, quoted.
    name: String,
    /// The temporary table.
    seeds: String,
    key: Vec<String>,
}

impl Dated {
    /// Puts the seeds of each table into a temporary one, in the transaction of the session.
    pub(super) async fn of(
        session: &Session,
        wanted: &Wanted,
        (seeds, folder): (&[Statement], &Folder),
        columns: &[(String, String)],
    ) -> Result<Vec<Self>, PostgresError> {
        let mut by_table: BTreeMap<&String, Vec<String>> = BTreeMap::new();
        for (table, column) in columns {
            by_table.entry(table).or_default().push(column.clone());
        }
        let mut all = Vec::new();
        for (number, (table, columns)) in by_table.into_iter().enumerate() {
            let dated = Self {
                name: qualified(wanted, table),
                seeds: format!("pg_temp.seeds_{number}"),
                key: Vec::new(),
                table: table.clone(),
                columns,
            };
            let own = seeds
                .iter()
                .filter(|it| seeded_table(it).as_ref() == Some(table));
            all.push(dated.filled(session, wanted, (own, folder)).await?);
        }
        all.retain(|dated| !dated.key.is_empty());
        Ok(all)
    }

    async fn filled(
        mut self,
        session: &Session,
        wanted: &Wanted,
        (seeds, folder): (impl Iterator<Item = &Statement>, &Folder),
    ) -> Result<Self, PostgresError> {
        let what = format!("compare seeds of `{}`", wanted.database);
        let (name, to) = (&self.name.clone(), &self.seeds.clone());
        let key = session.rows(&what, KEY, &[name]).await?;
        self.key = key.iter().map(|row| row.get(0)).collect();
        // made from a question, so columns that seeds leave out may be empty in it
        let temporary = to.trim_start_matches("pg_temp.");
        let make = format!(
            "CREATE TEMP TABLE {temporary} ON COMMIT DROP AS SELECT * FROM {name} WHERE false"
        );
        session.run(&what, &make).await?;
        for Statement { place, action } in seeds {
            if let Action::Copy(copy) = action
                && let Some(copy) = copy.for_table(to)
            {
                session.copy(place, &copy, folder).await?;
            }
        }
        Ok(self)
    }

    /// The rows whose time is over in a column, and that the seeds name with the same date.
    fn passed(&self, column: &str) -> String {
        let same = self.key.iter().map(String::as_str).chain([column]);
        let same = same
            .map(identifier)
            .map(|name| format!("t.{name} = s.{name}"));
        let same = same.collect::<Vec<_>>().join(" AND ");
        let seeds = &self.seeds;
        format!(
            "{} AND EXISTS (SELECT FROM {seeds} s WHERE {same})",
            passed(column)
        )
    }

    /// Asks how many there are.
    pub(super) fn count(&self, column: &str) -> String {
        format!(
            "SELECT count(*) FROM {} t WHERE {}",
            self.name,
            self.passed(column)
        )
    }

    /// Moves their dates, and says how many there were.
    pub(super) fn extend(&self, column: &str, until: &str) -> String {
        format!(
            "WITH changed AS (UPDATE {} t SET {} = {}::date WHERE {} RETURNING 1)
             SELECT count(*) FROM changed",
            self.name,
            identifier(column),
            literal(until),
            self.passed(column)
        )
    }
}

/// The table with its schema.
pub(super) fn qualified(wanted: &Wanted, table: &str) -> String {
    format!("{}.{}", identifier(&wanted.schema), identifier(table))
}

/// MOSIP keeps universal time in columns that know no zone.
pub(super) fn passed(column: &str) -> String {
    format!(
        "t.{}::timestamp < now() AT TIME ZONE 'UTC'",
        identifier(column)
    )
}
