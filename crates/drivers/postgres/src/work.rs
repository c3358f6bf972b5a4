//! What the scripts of a database ask for, put in the order in which it is done.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use crate::error::PostgresError;
use crate::script::{
    Action, Files, Folder, Place, ScriptError, Statement, Summed, Sums, Variables, created_table,
    read, words,
};
use crate::wanted::Wanted;

/// The files that make a database, in the order of MOSIP's own deploy script; the seeds follow.
const SCRIPTS: [&str; 3] = ["db.sql", "ddl.sql", "grants.sql"];
const ROLE: &str = "role_dbuser.sql";
const SEEDS: &str = "dml.sql";
/// The variable that stands for the role's password. Its value holds the quotes.
const PASSWORD: &str = "dbuserpwd";

/// What is to be done for a database.
#[derive(Debug)]
pub(crate) struct Work {
    /// Makes the role.
    pub(crate) role: Vec<Sql>,
    /// Makes the database.
    pub(crate) create: Vec<Sql>,
    /// What else is done outside it.
    pub(crate) outside: Vec<Sql>,
    /// What is done in it, seeds left out.
    pub(crate) inside: Vec<Statement>,
    /// Its seeds.
    pub(crate) seeds: Vec<Statement>,
    /// Where the files are that rows come from.
    pub(crate) folder: Folder,
    /// The checksums of the files.
    pub(crate) sums: Sums,
}

/// A statement and its place.
pub(crate) type Sql = (Place, String);

impl Work {
    /// Reads the scripts in a folder.
    pub(crate) async fn read(
        wanted: &Wanted,
        scripts: &Path,
        user: &str,
        password: &SecretString,
    ) -> Result<Self, PostgresError> {
        let gathering = Gathering::new(wanted, scripts, user);
        let password = password.clone();
        let path = scripts.to_owned();
        // hashing the password takes longest; reading may wait for a disk
        let read = tokio::task::spawn_blocking(move || gathering.gather(&password));
        read.await.map_err(|error| gone(path, error))?
    }

    /// Reads the seeds alone; there are none when none are wanted.
    pub(crate) async fn seeds(
        wanted: &Wanted,
        scripts: &Path,
        user: &str,
    ) -> Result<Vec<Statement>, PostgresError> {
        let gathering = Gathering::new(wanted, scripts, user);
        let read = tokio::task::spawn_blocking(move || gathering.seeds(&mut Variables::default()));
        read.await
            .map_err(|error| gone(scripts.to_owned(), error))?
    }

    /// The names of the tables that the scripts make.
    pub(crate) fn tables(&self) -> BTreeSet<String> {
        let statements = self.inside.iter();
        let made = statements.filter_map(|statement| match &statement.action {
            Action::Sql(sql) => created_table(sql),
            _ => None,
        });
        made.collect()
    }
}

/// The server takes the password hashed as it would itself, so that it stands in no log of statements.
pub(crate) fn hashed(password: &SecretString) -> String {
    let bytes = password.expose_secret().as_bytes();
    postgres_protocol::password::scram_sha_256(bytes)
}

fn gone(path: PathBuf, error: tokio::task::JoinError) -> PostgresError {
    PostgresError::File {
        path,
        source: std::io::Error::other(error),
    }
}

struct Gathering {
    wanted: Wanted,
    user: String,
    folder: Folder,
    files: Summed,
}

impl Gathering {
    fn new(wanted: &Wanted, scripts: &Path, user: &str) -> Self {
        let folder = Folder(scripts.to_owned());
        Self {
            wanted: wanted.clone(),
            user: user.to_owned(),
            files: Summed::new(folder.clone()),
            folder,
        }
    }

    fn gather(self, password: &SecretString) -> Result<Work, PostgresError> {
        let mut work = Work {
            role: Vec::new(),
            create: Vec::new(),
            outside: Vec::new(),
            inside: Vec::new(),
            seeds: Vec::new(),
            folder: self.folder.clone(),
            sums: Sums::new(),
        };
        let mut variables = Variables::default();
        variables.set(PASSWORD, format!("'{}'", hashed(password)));
        for statement in self.statements(ROLE, &mut variables)? {
            if let (false, Action::Sql(sql)) = (statement.inside, statement.statement.action) {
                work.role.push((statement.statement.place, sql));
            }
        }
        for script in SCRIPTS {
            for statement in self.statements(script, &mut variables)? {
                work.add(statement)?;
            }
        }
        work.seeds = self.seeds(&mut variables)?;
        work.sums = self.files.into_sums();
        Ok(work)
    }

    fn seeds(&self, variables: &mut Variables) -> Result<Vec<Statement>, PostgresError> {
        // there need not be any
        if !self.wanted.seeds || self.folder.find(SEEDS).is_err() {
            return Ok(Vec::new());
        }
        let seeds = self.statements(SEEDS, variables)?.into_iter();
        let seeds = seeds.filter(|seed| seed.inside);
        Ok(seeds.map(|seed| seed.statement).collect())
    }

    /// The statements of a script, and whether each is for the database itself.
    fn statements(
        &self,
        script: &str,
        variables: &mut Variables,
    ) -> Result<Vec<Directed>, PostgresError> {
        let mut inside = false;
        let mut directed = Vec::new();
        for statement in read(&self.files, script, variables)? {
            match &statement.action {
                Action::Connect { database, user } => {
                    self.check_user(&statement.place, user.as_deref())?;
                    let database = database.as_deref();
                    inside = database.map_or(inside, |name| name == self.wanted.database);
                    if !inside && database.is_some_and(|name| name != "postgres") {
                        return Err(wrong(&statement.place, "it goes to another database"));
                    }
                }
                Action::Echo(text) => tracing::info!("{}: {text}", statement.place),
                Action::Sql(_) | Action::Copy(_) => directed.push(Directed { statement, inside }),
            }
        }
        Ok(directed)
    }

    /// Who makes an object owns it, so it matters who does.
    fn check_user(&self, place: &Place, user: Option<&str>) -> Result<(), PostgresError> {
        match user.filter(|user| *user != self.user) {
            Some(user) => Err(wrong(place, &format!("it is for the user `{user}`"))),
            None => Ok(()),
        }
    }
}

struct Directed {
    statement: Statement,
    inside: bool,
}

impl Work {
    fn add(&mut self, directed: Directed) -> Result<(), PostgresError> {
        let Directed { statement, inside } = directed;
        let Action::Sql(sql) = &statement.action else {
            return match inside {
                true => {
                    self.inside.push(statement);
                    Ok(())
                }
                false => Err(wrong(&statement.place, "rows go to no database yet")),
            };
        };
        let words = words(sql, 2);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match (inside, words.as_slice()) {
            // we begin and end the one transaction
            (
                true,
                [
                    "begin" | "start" | "commit" | "end" | "rollback" | "abort" | "prepare",
                    ..,
                ],
            ) => {
                return Err(wrong(&statement.place, "it has a transaction of its own"));
            }
            (true, _) => self.inside.push(statement),
            (false, ["create", "database"]) => self.create.push((statement.place, sql.clone())),
            (false, ["create", "role" | "user"]) => self.role.push((statement.place, sql.clone())),
            (false, ["alter" | "comment" | "grant" | "revoke" | "set", ..]) => {
                self.outside.push((statement.place, sql.clone()));
            }
            (false, _) => {
                return Err(wrong(
                    &statement.place,
                    "before the database only it and its role are made",
                ));
            }
        }
        Ok(())
    }
}

fn wrong(place: &Place, problem: &str) -> PostgresError {
    let (place, problem) = (place.clone(), problem.to_owned());
    ScriptError::Line { place, problem }.into()
}
