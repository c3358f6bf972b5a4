//! Databases of PostgreSQL.

mod dates;
pub(crate) mod settings;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::try_join_all;
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
    let done = match made.outcome {
        Outcome::Held => "it was as it should be".to_owned(),
        Outcome::Adopted => {
            "it was made elsewhere with the same tables and columns: taken over as it is".to_owned()
        }
        Outcome::Made => format!("{} statements, {} rows", made.statements, made.rows),
    };
    let dates = dates::mend(servers, &server, &wanted, scripts).await?;
    Ok(Some(match dates {
        Some(dates) => format!("{done}; {dates}"),
        None => done,
    }))
}

pub(crate) async fn look(
    servers: &Servers,
    all: &Wanted<'_>,
) -> Result<BTreeMap<Fact, Stands>, PrepareError> {
    let (facts, databases) = databases(all);
    let server = connect(servers).await?;
    let looked = server.look(&databases).await?;
    let standings = looked
        .into_iter()
        .zip(&databases)
        .map(async |(standing, database)| {
            Ok::<_, PrepareError>(match standing {
                Standing::Holds => holds(servers, &server, database).await?,
                Standing::Absent => Stands::Absent,
                other => Stands::Differs(vec![other.to_string()]),
            })
        });
    let standings = try_join_all(standings).await?;
    Ok(facts.into_iter().zip(standings).collect())
}

/// A database with the bookkeeping that is wanted holds, unless dates are to be moved in it.
async fn holds(
    servers: &Servers,
    server: &Server,
    database: &Database,
) -> Result<Stands, PrepareError> {
    if servers.postgres.extend_to.is_none() || !database.seeds {
        return Ok(Stands::Holds);
    }
    Ok(match dates::passed(servers, server, database).await? {
        0 => Stands::Holds,
        passed => Stands::Differs(vec![dates::counted(passed)]),
    })
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
        let mut wrong = server.verify(database, &password).await?;
        let mut proof = "tables counted, rights of its role compared, logged in as it".to_owned();
        // what cannot be verified has no dates to look for
        let passed = match wrong.is_empty() {
            true => dates::passed(servers, &server, database).await?,
            false => 0,
        };
        match (passed, &servers.postgres.extend_to) {
            (0, _) => {}
            (passed, Some(_)) => wrong.push(format!("{} have passed", dates::counted(passed))),
            (passed, None) => proof = format!("{proof}; {}", dates::told(passed)),
        }
        findings.push(Finding { fact, wrong, proof });
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

pub(crate) fn wanted(database: &component::Database) -> Database {
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

pub(crate) async fn connect(servers: &Servers) -> Result<Server, PrepareError> {
    let server = servers.server(PART)?;
    let (user, password) = servers.administrator(PART).await?;
    let host = match server.outside.as_str() {
        "" => return Ok(Server::new(servers.way(server), user, password)),
        host => host,
    };
    let port = server.outside_port.parse().unwrap_or(server.port);
    let outside = Server::new(Arc::new(Direct::new(host, port)), user, password);
    Ok(servers.postgres.encrypt(outside))
}
