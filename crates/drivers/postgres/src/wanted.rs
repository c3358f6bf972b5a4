//! What a database is to be, and how it stands.

use std::fmt;

/// What a database is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its name, such as `mosip_kernel`.
    pub database: String,
    /// The version of its schema.
    pub version: String,
    /// The schema in it, such as `kernel`.
    pub schema: String,
    /// The role that services log in with, such as `kerneluser`.
    pub role: String,
    /// Tables in the schema after the scripts ran.
    pub tables: u32,
    /// What pins the content of the scripts: the id of their Git tree.
    pub tree: String,
    /// Whether `dml.sql` fills it. The one of `mosip_master` cannot run; others fill that database.
    pub seeds: bool,
}

/// How a database stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// The bookkeeping says that it is at the version and tree that are wanted.
    Holds,
    /// It is not there, or nothing is in it yet.
    Absent,
    /// It was made elsewhere. [`crate::Server::make`] takes it as it is, when it has the tables that the scripts make.
    Unmarked {
        /// Tables in its schema.
        tables: u32,
    },
    /// The bookkeeping says something else.
    Otherwise {
        /// The version it is at.
        version: String,
        /// The tree of the scripts that it was made from.
        tree: String,
    },
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holds => f.write_str("as wanted"),
            Self::Absent => f.write_str("not there"),
            Self::Unmarked { tables } => write!(f, "made elsewhere, with {tables} tables"),
            Self::Otherwise { version, tree } => {
                write!(f, "at version {version}, from scripts of tree {tree}")
            }
        }
    }
}

/// What was done for a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// What became of it.
    pub outcome: Outcome,
    /// What was done for its role.
    pub role: Role,
    /// Statements that ran in it.
    pub statements: usize,
    /// Rows that were put into it.
    pub rows: u64,
    /// Tables that were to be filled and had rows already. They were left as they are.
    pub left: Vec<String>,
}

/// What became of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was made, or an empty one that a run left was filled.
    Made,
    /// It was made elsewhere and is as the scripts make it: only the bookkeeping is new.
    Adopted,
    /// It was as wanted.
    Held,
}

/// What was done for a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It was made.
    Made,
    /// It was there, with another password; it has the wanted one now.
    PasswordSet,
    /// It logs in as wanted.
    Held,
}
