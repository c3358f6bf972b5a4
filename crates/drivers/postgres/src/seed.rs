//! Seeds: rows that scripts put into tables, and never over rows that are there.

use std::collections::BTreeSet;

use crate::error::PostgresError;
use crate::script::{Action, Statement, literal, words};
use crate::session::Session;
use crate::wanted::Wanted;

/// The seeds that may be put in.
#[derive(Debug, Default)]
pub(crate) struct Seeds {
    /// Their statements.
    pub(crate) statements: Vec<Statement>,
    /// Tables that have rows already.
    pub(crate) left: Vec<String>,
}

const TABLES: &str = "
    SELECT c.relname::text, format('%I.%I', n.nspname, c.relname)
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')";

impl Seeds {
    /// Chooses them. Where all tables are empty it is all of them. Where one has rows, no table is emptied at all, for a
    /// `TRUNCATE … CASCADE` of an empty one empties those that point at it; and tables with rows get none.
    pub(crate) async fn choose(
        session: &Session,
        wanted: &Wanted,
        seeds: &[Statement],
    ) -> Result<Self, PostgresError> {
        if seeds.is_empty() {
            return Ok(Self::default());
        }
        let full = tables_with_rows(session, wanted).await?;
        if full.is_empty() {
            return Ok(Self {
                statements: seeds.to_vec(),
                left: Vec::new(),
            });
        }
        let mut chosen = Self::default();
        let mut left = BTreeSet::new();
        for seed in seeds {
            match target(&seed.action) {
                Target::Emptied => {}
                Target::Table(table) if full.contains(&table) => drop(left.insert(table)),
                Target::Table(_) | Target::Other => chosen.statements.push(seed.clone()),
            }
        }
        chosen.left = left.into_iter().collect();
        Ok(chosen)
    }
}

async fn tables_with_rows(
    session: &Session,
    wanted: &Wanted,
) -> Result<BTreeSet<String>, PostgresError> {
    let what = format!("look for rows in `{}`", wanted.database);
    let tables = session.rows(&what, TABLES, &[&wanted.schema]).await?;
    let asks = tables.iter().map(|row| {
        let (name, table): (String, String) = (row.get(0), row.get(1));
        let name = literal(&name);
        format!("SELECT {name}::text WHERE EXISTS (SELECT FROM {table})")
    });
    let ask = asks.collect::<Vec<_>>().join(" UNION ALL ");
    if ask.is_empty() {
        return Ok(BTreeSet::new());
    }
    let full = session.rows(&what, &ask, &[]).await?;
    Ok(full.iter().map(|row| row.get(0)).collect())
}

/// The table that a seed puts rows into, without its schema; none when it does something else.
pub(crate) fn seeded_table(seed: &Statement) -> Option<String> {
    match target(&seed.action) {
        Target::Table(table) => Some(table),
        Target::Emptied | Target::Other => None,
    }
}

/// What a seed does to which table.
enum Target {
    /// It empties one.
    Emptied,
    /// It puts rows into this one.
    Table(String),
    /// Something else.
    Other,
}

fn target(action: &Action) -> Target {
    match action {
        Action::Copy(copy) => Target::Table(bare(&words(&copy.table, 3))),
        Action::Sql(sql) => {
            let words = words(sql, 5);
            match words.as_slice() {
                [first, ..] if first == "truncate" || first == "delete" => Target::Emptied,
                [first, into, table @ ..] if first == "insert" && into == "into" => {
                    Target::Table(bare(table))
                }
                _ => Target::Other,
            }
        }
        Action::Connect { .. } | Action::Echo(_) => Target::Other,
    }
}

/// The table without its schema.
fn bare(words: &[String]) -> String {
    let table = match words {
        [_, dot, table, ..] if dot == "." => Some(table),
        words => words.first(),
    };
    table.map_or_else(String::new, |table| table.trim_matches('"').to_owned())
}
