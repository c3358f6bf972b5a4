//! Databases of PostgreSQL.

pub(crate) mod settings;

use std::collections::BTreeMap;
use std::sync::Arc;

use mosipctl_catalogue::{Fact, component};
use mosipctl_plan::desired::Prepared;
use mosipctl_plan::observed::Standing as Stands;
use mosipctl_postgres::{Outcome, Server, Standing, Wanted as Database};
use mosipctl_reach::Direct;
use mosipctl_spec::environment::rehearsal::Part;
use secrecy::SecretString;

use crate::error::PrepareError;
use crate::finding::Finding;
use crate::login;
use crate::servers::{Servers, Wanted};

const PART: Part = Part::Postgres;

pub(crate) async fn make(
    servers: &Servers,
    database: &component::Database,
    fence: Option<u64>,
) -> Result<Option<String>, PrepareError> {
    let scripts = servers.scripts.get(&database.name).ok_or_else(|| {
        PrepareError::Refused(format!("find the scripts of database `{}`", database.name))
    })?;
    let password = role_password(servers).await?;
    let server = connect(servers).await?;
    let wanted = wanted(database);
    let made = server.make(&wanted, scripts, &password, fence).await?;
    Ok(Some(match made.outcome {
        Outcome::Held => "it was as it should be".to_owned(),
        Outcome::Adopted => {
            "it was made elsewhere with the same tables and columns: taken over as it is".to_owned()
        }
        Outcome::Made => {
            let (statements, rows) = (made.statements, made.rows);
            let expired = server.expired(&wanted).await?;
            let expired: u64 = expired.iter().map(|expired| expired.rows).sum();
            let expired = match expired {
                0 => String::new(),
                rows => format!("; {rows} seeded rows have expired dates"),
            };
            format!("{statements} statements, {rows} rows{expired}")
        }
    }))
}

pub(crate) async fn look(
    servers: &Servers,
    all: &Wanted<'_>,
) -> Result<BTreeMap<Fact, Stands>, PrepareError> {
    let (facts, databases) = databases(all);
    let standings = connect(servers).await?.look(&databases).await?;
    let standings = standings.into_iter().map(|standing| match standing {
        Standing::Holds => Stands::Holds,
        Standing::Absent => Stands::Absent,
        other => Stands::Differs(vec![other.to_string()]),
    });
    Ok(facts.into_iter().zip(standings).collect())
}

pub(crate) async fn verify(
    servers: &Servers,
    all: &Wanted<'_>,
) -> Result<Vec<Finding>, PrepareError> {
    let server = connect(servers).await?;
    let password = role_password(servers).await?;
    let (facts, databases) = databases(all);
    let mut findings = Vec::new();
    for (fact, database) in facts.into_iter().zip(&databases) {
        findings.push(Finding {
            fact,
            wrong: server.verify(database, &password).await?,
            proof: "tables counted, rights of its role compared, logged in as it".to_owned(),
        });
    }
    Ok(findings)
}

fn databases(all: &Wanted<'_>) -> (Vec<Fact>, Vec<Database>) {
    let databases = all.iter().filter_map(|(fact, what)| match what {
        Prepared::Database(database) => Some(((*fact).clone(), wanted(database))),
        _ => None,
    });
    databases.unzip()
}

fn wanted(database: &component::Database) -> Database {
    Database {
        database: database.name.clone(),
        version: database.version.clone(),
        schema: database.schema.clone(),
        role: database.role.clone(),
        tables: database.tables,
        tree: database.scripts.tree.clone(),
        seeds: database.seeds,
    }
}

/// The password of all application roles: property files of MOSIP 1.2.0.1 know one.
async fn role_password(servers: &Servers) -> Result<SecretString, PrepareError> {
    let path = &servers.server(PART)?.hands_on;
    login::secret(servers.kube.as_ref(), PART.as_str(), path).await
}

async fn connect(servers: &Servers) -> Result<Server, PrepareError> {
    let server = servers.server(PART)?;
    let (user, password) = servers.administrator(PART).await?;
    let host = match server.outside.as_str() {
        "" => return Ok(Server::new(servers.way(server), user, password)),
        host => host,
    };
    let port = server.outside_port.parse().unwrap_or(server.port);
    let outside = Server::new(Arc::new(Direct::new(host, port)), user, password);
    Ok(match &servers.postgres.tls {
        Some(tls) => outside.with_tls(tls.clone()),
        None => outside,
    })
}
