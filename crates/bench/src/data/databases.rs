//! PostgreSQL: the default databases of MOSIP from its own scripts, against psql.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use futures::future::try_join_all;
use mosipctl_artefact::{ArtefactError, Artefacts, GitFolder, Settings};
use mosipctl_catalogue::component::Database;
use mosipctl_catalogue::{Catalogue, Source};
use mosipctl_postgres::{Outcome, Server, Standing, Wanted};
use mosipctl_reach::Direct;
use mosipctl_servers::{Postgres, PostgresOptions};
use secrecy::SecretString;

use super::{PASSWORD, not_measured, or_lacking, psql, seconds, since};
use crate::figure::{Bar, Figure, Name};
use crate::machine::load;

/// The component of the catalogue that has them.
const COMPONENT: &str = "databases";
/// Each side makes all databases this often, in turns; the median counts.
const TIMES: usize = 3;
/// Looks of which the slowest counts.
const LOOKS: usize = 3;

/// A database that is made, and where its scripts lie.
pub(super) struct Subject {
    pub(super) wanted: Wanted,
    pub(super) scripts: PathBuf,
}

/// Makes all databases on a server that keeps what it says, by psql and by us in turns, and looks at them again.
pub(crate) async fn measure() -> Result<Vec<Figure>> {
    eprintln!("── databases");
    let catalogue = Source::Embedded.load(&"1.2.0.1".parse()?)?;
    let all = match subjects(&catalogue).await? {
        Ok(all) => all,
        Err(error) => {
            not_measured(
                "databases, look: MOSIPCTL_MIRROR is to name a folder of bare mirrors",
                &error,
            );
            return Ok(Vec::new());
        }
    };
    let folder = tempfile::tempdir()?;
    let options = PostgresOptions {
        password: SecretString::from(PASSWORD),
        fsync: true,
        settings: Vec::new(),
    };
    let started = Postgres::start(&folder.path().join("postgres"), &options).await;
    let Some(postgres) = or_lacking("databases, look", started)? else {
        return Ok(Vec::new());
    };
    let measured = match postgres.has_locale() {
        true => of_server(&postgres, &all).await,
        false => {
            not_measured("databases, look", &"PostgreSQL has no locale en_US.UTF-8");
            Ok(Vec::new())
        }
    };
    postgres.stop().await;
    measured
}

async fn of_server(postgres: &Postgres, all: &[Subject]) -> Result<Vec<Figure>> {
    let before = load()?;
    let (mut by_psql, mut by_us) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        forget(postgres, all).await?;
        let started = Instant::now();
        psql::deploy(postgres, all).await?;
        by_psql.push(since(started));
        forget(postgres, all).await?;
        by_us.push(make(postgres, all).await?);
    }
    let looks = looks(postgres, all).await?;
    let (psql, us) = (median(&mut by_psql), median(&mut by_us));
    let number = all.len();
    Ok(vec![
        Figure {
            name: Name::Databases,
            what: format!("{number} databases, against psql side by side"),
            value: us / psql,
            unit: " times",
            bar: Bar::AtMost(1.0),
            beside: vec![format!(
                "median of {TIMES} in turns, with fsync: {us:.2} s; psql {psql:.2} s; load before {before}"
            )],
        },
        seconds(
            Name::Look,
            &format!("{number} databases, nothing to do"),
            looks.iter().copied().fold(0.0, f64::max),
            1.0,
            vec![format!("slowest of {LOOKS}")],
        ),
    ])
}

async fn make(postgres: &Postgres, all: &[Subject]) -> Result<f64> {
    let server = server(postgres);
    let password = SecretString::from(PASSWORD);
    let started = Instant::now();
    let making = all
        .iter()
        .map(|one| server.make(&one.wanted, &one.scripts, &password, Some(1)));
    let made = try_join_all(making).await?;
    let took = since(started);
    let is_made = made.iter().all(|made| made.outcome == Outcome::Made);
    ensure!(is_made, "some databases were there");
    Ok(took)
}

async fn looks(postgres: &Postgres, all: &[Subject]) -> Result<Vec<f64>> {
    let server = server(postgres);
    let wanted: Vec<Wanted> = all.iter().map(|one| one.wanted.clone()).collect();
    let mut times = Vec::new();
    for _ in 0..LOOKS {
        let started = Instant::now();
        let standings = server.look(&wanted).await?;
        times.push(since(started));
        let hold = standings
            .iter()
            .all(|standing| *standing == Standing::Holds);
        ensure!(hold, "{standings:?}");
    }
    Ok(times)
}

async fn forget(postgres: &Postgres, all: &[Subject]) -> Result<()> {
    for subject in all {
        psql::forget(postgres, &subject.wanted).await?;
    }
    Ok(())
}

fn server(postgres: &Postgres) -> Server {
    let way = Arc::new(Direct::new(postgres.host(), postgres.port()));
    Server::new(way, postgres.superuser(), SecretString::from(PASSWORD))
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The default databases with their scripts, at the trees that the catalogue pins.
async fn subjects(catalogue: &Catalogue) -> Result<Result<Vec<Subject>, ArtefactError>> {
    let entry = catalogue.components.get(COMPONENT);
    let entry = entry.with_context(|| format!("no component `{COMPONENT}`"))?;
    let artefacts = Artefacts::new(Settings::from_environment()?);
    let bringing = entry.component.databases.iter().map(async |database| {
        let scripts = artefacts.git_folder(&folder_of(database)).await?;
        let wanted = wanted(database);
        Ok(Subject { wanted, scripts })
    });
    Ok(try_join_all(bringing).await)
}

fn folder_of(database: &Database) -> GitFolder {
    let scripts = &database.scripts;
    GitFolder {
        repository: scripts.repository.clone(),
        reference: scripts.reference.clone(),
        folder: scripts.folder.clone(),
        tree: scripts.tree.clone(),
    }
}

fn wanted(database: &Database) -> Wanted {
    Wanted {
        database: database.name.clone(),
        version: database.version.clone(),
        schema: database.schema.clone(),
        role: database.role.clone(),
        tables: database.tables,
        tree: database.scripts.tree.clone(),
        seeds: database.seeds,
    }
}
