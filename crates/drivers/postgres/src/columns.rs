//! The columns of a schema, and how two schemas differ in them.

use std::collections::BTreeMap;
use std::fmt;

use crate::error::PostgresError;
use crate::session::Session;
use crate::wanted::Wanted;

const COLUMNS: &str = "
    SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull
      FROM pg_attribute a
      JOIN pg_class c ON c.oid = a.attrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped";

/// Columns by table and name.
pub(crate) type Columns = BTreeMap<(String, String), Column>;

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    /// Its type as the server writes it, such as `character varying(36)`.
    pub(crate) sort: String,
    /// Whether it must have a value.
    pub(crate) is_required: bool,
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let required = if self.is_required { " NOT NULL" } else { "" };
        write!(f, "{}{required}", self.sort)
    }
}

/// Reads the columns of the schema in the database of the session.
pub(crate) async fn read(session: &Session, wanted: &Wanted) -> Result<Columns, PostgresError> {
    let what = format!("read the columns of `{}`", wanted.database);
    let rows = session.rows(&what, COLUMNS, &[&wanted.schema]).await?;
    let columns = rows.iter().map(|row| {
        let column = Column {
            sort: row.get(2),
            is_required: row.get(3),
        };
        ((row.get(0), row.get(1)), column)
    });
    Ok(columns.collect())
}

/// How found columns differ from those that scripts make, each in words.
pub(crate) fn differences(made: &Columns, found: &Columns) -> Vec<String> {
    let lacking = made.iter().filter_map(|((table, name), column)| {
        match found.get(&(table.clone(), name.clone())) {
            None => Some(format!("`{table}.{name}` is lacking ({column})")),
            Some(found) if found != column => {
                Some(format!("`{table}.{name}` is {found}, not {column}"))
            }
            Some(_) => None,
        }
    });
    let more = found.keys().filter(|key| !made.contains_key(key));
    let more = more.map(|(table, name)| format!("`{table}.{name}` is none of theirs"));
    lacking.chain(more).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(given: &[(&str, &str, bool)]) -> Columns {
        let one = |(name, sort, is_required): &(&str, &str, bool)| {
            let column = Column {
                sort: (*sort).to_owned(),
                is_required: *is_required,
            };
            (("t".to_owned(), (*name).to_owned()), column)
        };
        given.iter().map(one).collect()
    }

    #[test]
    fn each_difference_is_told_in_its_own_words() {
        let made = columns(&[
            ("a", "integer", true),
            ("b", "text", false),
            ("c", "text", true),
        ]);
        let found = columns(&[
            ("a", "integer", false),
            ("c", "text", true),
            ("d", "date", false),
        ]);
        let expected = [
            "`t.a` is integer, not integer NOT NULL",
            "`t.b` is lacking (text)",
            "`t.d` is none of theirs",
        ];
        assert_eq!(differences(&made, &found), expected);
        assert_eq!(differences(&made, &made), Vec::<String>::new());
    }
}
