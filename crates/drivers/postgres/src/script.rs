//! Scripts in the dialect of psql, read into statements without a server.
//!
//! What psql does to a script happens here: other files are included, variables are put in, `\COPY` becomes a COPY with its data.
//! Strings, comments and quoted names are left as they are. What psql has and scripts of MOSIP do not use is an error that names
//! the line, never a guess.

mod arguments;
mod copy;
mod error;
mod files;
mod lexer;
mod place;
mod reader;
mod summed;
mod variables;
mod words;

pub use error::ScriptError;
pub use files::{Files, Folder};
pub use place::Place;
pub(crate) use summed::{Summed, Sums};
pub use variables::Variables;
pub(crate) use variables::{identifier, literal};
pub(crate) use words::{created_table, mentions, words};

/// What editors of other systems put before the text.
pub(crate) const BYTE_ORDER_MARK: &str = "\u{feff}";

/// What a script asks for, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Where it begins.
    pub place: Place,
    /// What it asks for.
    pub action: Action,
}

/// What a line of a script asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A statement of SQL, without the semicolon.
    Sql(String),
    /// Rows from a file or from the script itself.
    Copy(Copy),
    /// `\c`: what follows is for another database.
    Connect {
        /// The database; none when it stays.
        database: Option<String>,
        /// The user; none when it stays.
        user: Option<String>,
    },
    /// `\echo`: words for whoever reads along.
    Echo(String),
}

/// Rows for a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// The statement, as `COPY … FROM STDIN …`.
    pub sql: String,
    /// The table, as the script writes it.
    pub table: String,
    /// The rows.
    pub rows: Rows,
}

/// Where rows are.
#[derive(Clone, PartialEq, Eq)]
pub enum Rows {
    /// In the script itself.
    Here(Vec<u8>),
    /// In this file, by its path from the folder of the scripts on. It may be big, and begin with a byte-order mark, which is no
    /// part of the rows.
    File(String),
}

impl Copy {
    /// The same rows for another table with the same columns; none when the statement does not begin as expected.
    pub(crate) fn for_table(&self, table: &str) -> Option<Self> {
        let (copy, rest) = self.sql.split_at_checked("COPY ".len())?;
        let (named, rest) = rest.split_at_checked(self.table.len())?;
        let is_known =
            copy.eq_ignore_ascii_case("COPY ") && named.eq_ignore_ascii_case(&self.table);
        is_known.then(|| Self {
            sql: format!("COPY {table}{rest}"),
            table: table.to_owned(),
            ..self.clone()
        })
    }
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Here(rows) => write!(f, "{} bytes", rows.len()),
            Self::File(file) => write!(f, "rows of `{file}`"),
        }
    }
}

/// Reads a script and all that it includes.
///
/// # Errors
/// A file is missing or no text, something in it does not end, or psql's commands are used in a way that is not known here.
pub fn read(
    files: &dyn Files,
    script: &str,
    variables: &mut Variables,
) -> Result<Vec<Statement>, ScriptError> {
    let mut reader = reader::Reader {
        files,
        variables,
        statements: Vec::new(),
        open: Vec::new(),
    };
    reader.file(script, None)?;
    Ok(reader.statements)
}

#[cfg(test)]
mod tests;
