//! psql, as MOSIP's own deploy script calls it.

use std::path::Path;

use anyhow::{Result, ensure};
use futures::future::try_join_all;
use mosipctl_postgres::Wanted;
use mosipctl_servers::Postgres;
use tokio::process::Command;

use super::PASSWORD;
use super::databases::Subject;

const SCRIPTS: [&str; 5] = [
    "role_dbuser.sql",
    "db.sql",
    "ddl.sql",
    "grants.sql",
    "dml.sql",
];

/// Makes all databases side by side.
pub(super) async fn deploy(postgres: &Postgres, all: &[Subject]) -> Result<()> {
    let deploying = all.iter().map(|one| deploy_one(postgres, one));
    try_join_all(deploying).await.map(drop)
}

async fn deploy_one(postgres: &Postgres, subject: &Subject) -> Result<()> {
    let scripts = SCRIPTS.into_iter();
    for script in scripts.filter(|script| subject.wanted.seeds || *script != "dml.sql") {
        let password = format!("dbuserpwd='{PASSWORD}'");
        let arguments = ["-f", script, "-v", &password];
        run(postgres, &subject.scripts, &arguments).await?;
    }
    Ok(())
}

/// Makes the server forget a database and its role.
pub(super) async fn forget(postgres: &Postgres, wanted: &Wanted) -> Result<()> {
    let (database, role) = (&wanted.database, &wanted.role);
    let database = format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)");
    let role = format!("DROP ROLE IF EXISTS {role}");
    run(postgres, Path::new("/"), &["-c", &database]).await?;
    run(postgres, Path::new("/"), &["-c", &role]).await
}

async fn run(postgres: &Postgres, folder: &Path, arguments: &[&str]) -> Result<()> {
    let output = Command::new(postgres.bin("psql"))
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", "postgres"])
        .args(["-h", postgres.host(), "-U", postgres.superuser()])
        .args(["-p", &postgres.port().to_string()])
        .args(arguments)
        .env("PGPASSWORD", PASSWORD)
        .current_dir(folder)
        .kill_on_drop(true)
        .output()
        .await?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "psql {arguments:?}: {said}");
    Ok(())
}
