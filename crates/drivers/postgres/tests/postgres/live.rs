//! MOSIP's own scripts, where there is a mirror of its repositories.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use mosipctl_catalogue::component::Database;
use mosipctl_postgres::{Outcome, Standing, Wanted};
use mosipctl_servers::Postgres;
use tempfile::TempDir;

use crate::support::{ask, deploy_with_psql, driver, password, psql, start_with};

#[derive(serde::Deserialize)]
struct Part {
    databases: Vec<Database>,
}

/// A database of the catalogue and its scripts.
struct Live {
    wanted: Wanted,
    folder: TempDir,
}

/// What tells whether two databases are alike: all that `pg_dump` says of the schema, and the rows of each table.
#[derive(Debug, PartialEq, Eq)]
struct Likeness {
    schema: String,
    rows: String,
}

#[tokio::test]
async fn the_databases_of_mosip_are_as_psql_makes_them() {
    let Some(mirror) = std::env::var_os("MOSIPCTL_MIRROR") else {
        eprintln!("skipped: MOSIPCTL_MIRROR is not set");
        return;
    };
    let Some(postgres) = start_with("postgres-live", true).await else {
        return;
    };
    if !postgres.has_locale() {
        eprintln!("skipped: PostgreSQL has no locale en_US.UTF-8");
        return;
    }
    let all = bring(Path::new(&mirror));
    let by_psql = made_by_psql(&postgres, &all).await;
    clear(&postgres, &all);
    let by_us = made_by_us(&postgres, &all).await;
    for (name, likeness) in &by_us {
        assert_eq!(likeness, &by_psql[name], "{name}");
    }
    postgres.stop().await;
}

/// Plain psql, one after another and then side by side.
async fn made_by_psql(postgres: &Postgres, all: &[Live]) -> BTreeMap<String, Likeness> {
    let started = Instant::now();
    for live in all {
        deploy_with_psql(postgres, live.folder.path(), live.wanted.seeds);
    }
    eprintln!(
        "psql, one after another: {:.2} s",
        started.elapsed().as_secs_f32()
    );
    let likenesses = likenesses(postgres, all);
    adopted_by_us(postgres, all).await;
    clear(postgres, all);
    let started = Instant::now();
    std::thread::scope(|scope| {
        for live in all {
            scope.spawn(|| deploy_with_psql(postgres, live.folder.path(), live.wanted.seeds));
        }
    });
    eprintln!(
        "psql, side by side: {:.2} s",
        started.elapsed().as_secs_f32()
    );
    likenesses
}

/// What psql made is known by its columns.
async fn adopted_by_us(postgres: &Postgres, all: &[Live]) {
    let server = driver(postgres);
    let password = password();
    let started = Instant::now();
    let adopting = all
        .iter()
        .map(|live| server.make(&live.wanted, live.folder.path(), &password, Some(1)));
    let adopted = futures::future::join_all(adopting).await;
    eprintln!(
        "mosipctl, adopting what psql made: {:.2} s",
        started.elapsed().as_secs_f32()
    );
    for adopted in adopted {
        assert_eq!(adopted.unwrap().outcome, Outcome::Adopted);
    }
}

async fn made_by_us(postgres: &Postgres, all: &[Live]) -> BTreeMap<String, Likeness> {
    let server = driver(postgres);
    let password = password();
    let wanted: Vec<Wanted> = all.iter().map(|live| live.wanted.clone()).collect();
    let started = Instant::now();
    let making = all
        .iter()
        .map(|live| server.make(&live.wanted, live.folder.path(), &password, Some(1)));
    let made = futures::future::join_all(making).await;
    eprintln!(
        "mosipctl, side by side: {:.2} s",
        started.elapsed().as_secs_f32()
    );
    for (made, wanted) in made.into_iter().zip(&wanted) {
        let made = made.unwrap();
        assert_eq!(made.outcome, Outcome::Made, "{}", wanted.database);
    }
    let started = Instant::now();
    assert_eq!(
        server.look(&wanted).await.unwrap(),
        vec![Standing::Holds; all.len()]
    );
    let took = started.elapsed();
    eprintln!(
        "mosipctl, looking at all again: {:.3} s",
        took.as_secs_f32()
    );
    for live in all {
        let wanted = &live.wanted;
        assert_eq!(
            server.verify(wanted, &password).await.unwrap(),
            Vec::<String>::new()
        );
        for expired in server.expired(wanted, live.folder.path()).await.unwrap() {
            eprintln!("{}: {expired:?}", wanted.database);
        }
    }
    likenesses(postgres, all)
}

fn likenesses(postgres: &Postgres, all: &[Live]) -> BTreeMap<String, Likeness> {
    let of = |live: &Live| {
        let database = &live.wanted.database;
        (
            database.clone(),
            likeness(postgres, database, &live.wanted.schema),
        )
    };
    all.iter().map(of).collect()
}

fn likeness(postgres: &Postgres, database: &str, schema: &str) -> Likeness {
    let mut dump = psql(postgres, database);
    let environment = dump
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
    let environment: Vec<_> = environment.collect();
    dump = Command::new(postgres.bin("pg_dump"));
    dump.envs(environment)
        .args(["--schema-only", "--create", "--exclude-schema=mosipctl"]);
    dump.args(["-h", postgres.host(), "-U", postgres.superuser()]);
    dump.args(["-p", &postgres.port().to_string(), database]);
    let output = dump.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    // newer releases draw a key for each dump
    let lines = text.lines().filter(|line| !line.contains("restrict "));
    let count = format!(
        "SELECT string_agg(c.relname || '=' || (xpath('/row/c/text()', query_to_xml(format('SELECT count(*) AS c FROM %I.%I', \
         n.nspname, c.relname), false, true, '')))[1]::text, ' ' ORDER BY c.relname) \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = '{schema}' AND c.relkind = 'r'"
    );
    Likeness {
        schema: lines.collect::<Vec<_>>().join("\n"),
        rows: ask(postgres, database, &count),
    }
}

/// Makes the server forget the databases and their roles.
fn clear(postgres: &Postgres, all: &[Live]) {
    for Live { wanted, .. } in all {
        ask(
            postgres,
            "postgres",
            &format!("DROP DATABASE {} WITH (FORCE)", wanted.database),
        );
        ask(postgres, "postgres", &format!("DROP ROLE {}", wanted.role));
    }
}

/// The databases of the catalogue, with the scripts at the trees that it pins.
fn bring(mirror: &Path) -> Vec<Live> {
    let path = "../../../catalogue/1.2.0.1/postgres-init/databases.yaml";
    let text = std::fs::read_to_string(path).unwrap();
    let part: Part = serde_saphyr::from_str(&text).unwrap();
    part.databases
        .iter()
        .map(|it| bring_one(mirror, it))
        .collect()
}

fn bring_one(mirror: &Path, database: &Database) -> Live {
    let folder = tempfile::tempdir().unwrap();
    let scripts = &database.scripts;
    let mut archive = Command::new("git")
        .arg("--git-dir")
        .arg(repository(mirror, &scripts.repository))
        .args(["archive", &scripts.tree])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let unpacked = Command::new("tar")
        .args(["-x", "-C"])
        .arg(folder.path())
        .stdin(archive.stdout.take().unwrap())
        .status()
        .unwrap();
    assert!(
        archive.wait().unwrap().success() && unpacked.success(),
        "{}",
        database.name
    );
    let wanted = Wanted {
        database: database.name.clone(),
        version: database.version.clone(),
        schema: database.schema.clone(),
        role: database.role.clone(),
        tables: database.tables,
        tree: scripts.tree.clone(),
        // its seeds cannot be put in: a key comes twice
        seeds: database.name != "mosip_master",
    };
    Live { wanted, folder }
}

fn repository(mirror: &Path, name: &str) -> PathBuf {
    let plain = mirror.join(format!("{name}.git"));
    match plain.is_dir() {
        true => plain,
        false => mirror.join(name.replace('/', "+")).join("repo"),
    }
}
