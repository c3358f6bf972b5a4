//! Proves that a database serves, without changing it.

use secrecy::SecretString;

use crate::error::PostgresError;
use crate::look::content;
use crate::server::Server;
use crate::session::Session;
use crate::wanted::Wanted;

const OWNERS: &str = "
    SELECT pg_get_userbyid(d.datdba)::text, pg_get_userbyid(n.nspowner)::text
      FROM pg_database d, pg_namespace n
     WHERE d.datname = current_database() AND n.nspname = $1";
const RIGHTS: &str = "
    SELECT has_database_privilege($2::text, current_database(), 'CONNECT'),
           has_schema_privilege($2::text, $1::text, 'USAGE')";
/// Tables and what the role may not do with them.
const TABLE_RIGHTS: &str = "
    SELECT c.relname::text, p.name
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
           unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS p(name)
     WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')
       AND NOT has_table_privilege($2::text, c.oid, p.name)
     ORDER BY 1, 2";
const ROLE: &str = "SELECT rolcanlogin FROM pg_roles WHERE rolname = $1";

impl Server {
    /// What is wrong with a database, each in a sentence; nothing is when it serves: the tables are there, its role may use them
    /// all and logs in with its password.
    ///
    /// # Errors
    /// The server cannot be reached, or lets us not in.
    pub async fn verify(
        &self,
        wanted: &Wanted,
        password: &SecretString,
    ) -> Result<Vec<String>, PostgresError> {
        let session = match self.session(&wanted.database).await {
            Err(PostgresError::NoDatabase { database }) => {
                return Ok(vec![format!("database `{database}` is not there")]);
            }
            session => session?,
        };
        let mut findings = Vec::new();
        let tables = content(&session, wanted).await?.tables;
        if tables != wanted.tables {
            let Wanted {
                schema,
                tables: right,
                ..
            } = wanted;
            findings.push(format!(
                "schema `{schema}` has {tables} tables, not {right}"
            ));
        }
        check_owners(&session, wanted, &mut findings).await?;
        if self
            .check_role(&session, wanted, password, &mut findings)
            .await?
        {
            check_rights(&session, wanted, &mut findings).await?;
        }
        Ok(findings)
    }

    /// Gives whether there is such a role.
    async fn check_role(
        &self,
        session: &Session,
        wanted: &Wanted,
        password: &SecretString,
        findings: &mut Vec<String>,
    ) -> Result<bool, PostgresError> {
        let Wanted { database, role, .. } = wanted;
        let what = format!("look for role `{role}`");
        let may = session.value::<bool>(&what, ROLE, &[role]).await?;
        match may {
            None => findings.push(format!("role `{role}` is not there")),
            Some(false) => findings.push(format!("role `{role}` may not log in")),
            Some(true) if !self.logs_in(database, wanted, password).await? => {
                findings.push(format!("role `{role}` does not log in with its password"));
            }
            Some(true) => {}
        }
        Ok(may.is_some())
    }
}

async fn check_owners(
    session: &Session,
    wanted: &Wanted,
    findings: &mut Vec<String>,
) -> Result<(), PostgresError> {
    let what = format!("read the owners in `{}`", wanted.database);
    let rows = session.rows(&what, OWNERS, &[&wanted.schema]).await?;
    let Some(row) = rows.first() else {
        findings.push(format!("schema `{}` is not there", wanted.schema));
        return Ok(());
    };
    let (database, schema): (String, String) = (row.get(0), row.get(1));
    if database != schema {
        findings.push(format!(
            "schema `{}` is owned by `{schema}`, and the database by `{database}`",
            wanted.schema
        ));
    }
    Ok(())
}

async fn check_rights(
    session: &Session,
    wanted: &Wanted,
    findings: &mut Vec<String>,
) -> Result<(), PostgresError> {
    let Wanted {
        database,
        schema,
        role,
        ..
    } = wanted;
    let what = format!("read the rights in `{database}`");
    if session.rows(&what, OWNERS, &[schema]).await?.is_empty() {
        return Ok(());
    }
    let rows = session.rows(&what, RIGHTS, &[schema, role]).await?;
    for (at, right) in ["connect to the database", "use the schema"]
        .iter()
        .enumerate()
    {
        if rows.first().is_some_and(|row| !row.get::<_, bool>(at)) {
            findings.push(format!("role `{role}` may not {right}"));
        }
    }
    for row in session.rows(&what, TABLE_RIGHTS, &[schema, role]).await? {
        let (table, right): (String, String) = (row.get(0), row.get(1));
        findings.push(format!("role `{role}` lacks {right} on table `{table}`"));
    }
    Ok(())
}
