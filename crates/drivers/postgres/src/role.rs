//! The role that services log in with.

use secrecy::SecretString;

use crate::error::PostgresError;
use crate::script::{identifier, literal, mentions, words};
use crate::server::Server;
use crate::session::Session;
use crate::wanted::{Role, Wanted};
use crate::work::{Work, hashed};

const THERE: &str = "SELECT 1 FROM pg_roles WHERE rolname = $1";
/// The password was right, but the role may not use the database that was asked for.
const MAY_NOT_CONNECT: &str = "42501";

impl Server {
    /// Makes the role if it is missing, and sets its password if it cannot log in with the wanted one.
    pub(crate) async fn role(
        &self,
        hub: &Session,
        wanted: &Wanted,
        work: &Work,
        password: &SecretString,
    ) -> Result<Role, PostgresError> {
        let what = format!("look for role `{}`", wanted.role);
        let there = hub.rows(&what, THERE, &[&wanted.role]).await?;
        let mut outcome = Role::Held;
        if there.is_empty() {
            hub.statements(&work.role).await?;
            outcome = Role::Made;
        } else {
            // the script may make others beside it, but only this one is looked for
            let rest = |sql: &&(_, String)| !makes(&sql.1, &wanted.role);
            let rest: Vec<_> = work.role.iter().filter(rest).cloned().collect();
            hub.statements(&rest).await?;
            if !self.logs_in(&self.maintenance, wanted, password).await? {
                set_password(hub, wanted, password).await?;
                outcome = Role::PasswordSet;
            }
        }
        Ok(outcome)
    }

    /// Whether the role logs in with the password.
    pub(crate) async fn logs_in(
        &self,
        database: &str,
        wanted: &Wanted,
        password: &SecretString,
    ) -> Result<bool, PostgresError> {
        let session = self.session_as(database, &wanted.role, password).await;
        match session {
            Ok(_) => Ok(true),
            Err(PostgresError::Login { .. }) => Ok(false),
            Err(error) if error.code() == Some(MAY_NOT_CONNECT) => Ok(true),
            Err(error) => Err(error),
        }
    }
}

fn makes(sql: &str, role: &str) -> bool {
    let words = words(sql, 2);
    words.first().is_some_and(|word| word == "create") && mentions(sql, role)
}

async fn set_password(
    hub: &Session,
    wanted: &Wanted,
    password: &SecretString,
) -> Result<(), PostgresError> {
    let what = format!("set the password of role `{}`", wanted.role);
    let hash = literal(&hashed(password));
    let role = identifier(&wanted.role);
    let sql = format!("ALTER ROLE {role} WITH LOGIN PASSWORD {hash}");
    hub.run(&what, &sql).await
}
