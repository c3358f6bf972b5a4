//! Makes a database as it is wanted.

mod adopt;
mod create;
mod fill;

use std::collections::BTreeSet;
use std::path::Path;

use secrecy::SecretString;

use crate::bookkeeping;
use crate::error::PostgresError;
use crate::lock::lock;
use crate::look::content;
use crate::server::Server;
use crate::session::Session;
use crate::wanted::{Made, Outcome, Role, Standing, Wanted};
use crate::work::Work;

impl Server {
    /// Makes a database as it is wanted, from the scripts in a folder: `role_dbuser.sql`, `db.sql`, `ddl.sql`, `grants.sql`, and
    /// `dml.sql` if seeds are wanted.
    ///
    /// Nothing is done twice: what holds is left, an empty database that a run left is filled, one that was made elsewhere is
    /// taken as it is when it has the tables that the scripts make. Schema, tables, keys, grants, seeds and bookkeeping come in one
    /// transaction, with the number of tables counted in it; whatever stops it, the database is empty or whole. Others who make
    /// the same database wait.
    ///
    /// # Errors
    /// The scripts cannot be read or are refused, the database is at another version or unlike what the scripts make, `fence` is
    /// less than that of a run that has been here, or the server cannot be reached.
    pub async fn make(
        &self,
        wanted: &Wanted,
        scripts: &Path,
        password: &SecretString,
        fence: Option<u64>,
    ) -> Result<Made, PostgresError> {
        let work = Work::read(wanted, scripts, &self.user, password).await?;
        let hub = self.session(&self.maintenance).await?;
        lock(&hub, wanted).await?;
        let making = Making {
            server: self,
            hub: &hub,
            wanted,
            work: &work,
            password,
            fence,
        };
        match self.session(&wanted.database).await {
            Err(PostgresError::NoDatabase { .. }) => making.make_whole().await,
            session => making.of_what_is_there(&session?).await,
        }
    }
}

/// What the making of a database has at hand.
struct Making<'a> {
    server: &'a Server,
    /// A session in the maintenance database, which holds the lock.
    hub: &'a Session,
    wanted: &'a Wanted,
    work: &'a Work,
    password: &'a SecretString,
    fence: Option<u64>,
}

impl Making<'_> {
    async fn make_whole(&self) -> Result<Made, PostgresError> {
        let role = self.create().await?;
        self.fill(role).await
    }

    async fn of_what_is_there(&self, session: &Session) -> Result<Made, PostgresError> {
        let content = content(session, self.wanted).await?;
        if content.has_bookkeeping {
            bookkeeping::check_fence(session, self.wanted, self.fence).await?;
        }
        match bookkeeping::standing(session, self.wanted, &content).await? {
            Standing::Holds => Ok(untouched(Outcome::Held, self.role().await?)),
            // a run ended between making the database and filling it
            Standing::Absent => {
                let role = self.role().await?;
                self.hub.statements(&self.work.outside).await?;
                self.fill(role).await
            }
            Standing::Unmarked { .. } => {
                self.adopt(session).await?;
                Ok(untouched(Outcome::Adopted, self.role().await?))
            }
            other @ Standing::Otherwise { .. } => {
                let changed = changed(self, session).await?;
                Err(unknown(self.wanted, format!("it is {other}{changed}")))
            }
        }
    }

    async fn role(&self) -> Result<Role, PostgresError> {
        let (wanted, work) = (self.wanted, self.work);
        self.server
            .role(self.hub, wanted, work, self.password)
            .await
    }
}

/// Which scripts are not those that made the database, in words; nothing where the bookkeeping is too old to know.
async fn changed(making: &Making<'_>, session: &Session) -> Result<String, PostgresError> {
    let Some(then) = bookkeeping::scripts(session, making.wanted).await? else {
        return Ok(String::new());
    };
    let now = &making.work.sums;
    let files = then.keys().chain(now.keys()).collect::<BTreeSet<_>>();
    let changed = files
        .into_iter()
        .filter(|file| then.get(*file) != now.get(*file));
    let changed: Vec<String> = changed.map(|file| format!("`{file}`")).collect();
    Ok(match changed.is_empty() {
        true => ", which are the same".to_owned(),
        false => format!(", which differ in {}", listed(&changed)),
    })
}

fn untouched(outcome: Outcome, role: Role) -> Made {
    Made {
        outcome,
        role,
        statements: 0,
        rows: 0,
        left: Vec::new(),
    }
}

fn unknown(wanted: &Wanted, difference: String) -> PostgresError {
    PostgresError::Unknown {
        database: wanted.database.clone(),
        difference,
    }
}

/// More names than a person wants to read in a message.
const SHOWN: usize = 8;

fn listed(parts: &[String]) -> String {
    let shown = parts[..parts.len().min(SHOWN)].join(", ");
    match parts.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Begins the transaction in which a database is filled or written down.
async fn begin(session: &Session, wanted: &Wanted) -> Result<(), PostgresError> {
    // the name is what a later run knows the session by; seeds of MOSIP hold dates of the United States
    let begin = "SET application_name TO 'mosipctl make'; BEGIN; \
        SET LOCAL DateStyle TO 'ISO, MDY'; SET LOCAL standard_conforming_strings TO on";
    session
        .run(&format!("begin with `{}`", wanted.database), begin)
        .await
}

async fn commit(session: &Session, wanted: &Wanted) -> Result<(), PostgresError> {
    let what = format!("commit what was done in `{}`", wanted.database);
    session.run(&what, "COMMIT").await
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// Steps run on any thread.
    #[test]
    fn a_making_can_move_between_threads() {
        fn moves<T: Send>(_: impl FnOnce(Server, Wanted, SecretString) -> T) {}
        moves(|server, wanted, password| async move {
            server.make(&wanted, Path::new(""), &password, None).await
        });
        moves(|server, wanted, _| async move { server.look(&[wanted]).await });
        moves(|server, wanted, password| async move { server.verify(&wanted, &password).await });
        moves(|server, wanted, _| async move { server.expired(&wanted, Path::new("")).await });
        moves(|server, wanted, _| async move { server.extend(&wanted, Path::new(""), "").await });
        moves(|server, wanted, _| async move { server.drop(&wanted, "").await });
        moves(|server, wanted, _| async move {
            let (dump, restore) = (PathBuf::new(), PathBuf::new());
            let tools = crate::Tools { dump, restore };
            server.backup(&wanted, &tools, Path::new("")).await
        });
    }
}
