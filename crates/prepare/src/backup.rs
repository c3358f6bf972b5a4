//! Backups of what servers hold.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use mosipctl_catalogue::component;
use mosipctl_postgres::Tools;
use serde_json::Value;

use crate::databases;
use crate::error::PrepareError;
use crate::keycloak;
use crate::servers::Servers;

/// A dump that was restored beside the database and compared with it.
pub(crate) async fn database(
    servers: &Servers,
    database: &component::Database,
    folder: &Path,
) -> Result<String, PrepareError> {
    let tools = Tools::find()?;
    let server = databases::connect(servers).await?;
    let file = folder.join(format!("{}.dump", database.name));
    let wanted = databases::wanted(database);
    let backup = server.backup(&wanted, &tools, &file).await?;
    Ok(format!(
        "{} tables with {} rows in {} bytes, restored and compared",
        backup.tables, backup.rows, backup.bytes
    ))
}

/// A realm in the form that Keycloak imports. It cannot be restored beside itself, so it is read back from the file.
pub(crate) async fn realm(
    servers: &Servers,
    realm: &str,
    folder: &Path,
) -> Result<String, PrepareError> {
    let export = keycloak::connect(servers).await?.export(realm).await?;
    let file = folder.join(format!("realm-{realm}.json"));
    let written = keep(&file, &export).map_err(|source| PrepareError::Backup {
        file: file.clone(),
        source,
    })?;
    let count = |what: &str| written[what].as_array().map_or(0, Vec::len);
    Ok(format!(
        "{} clients and {} scopes, read back; users and secrets of clients are not in it",
        count("clients"),
        count("clientScopes")
    ))
}

/// Writes a file that only we may read, under its name once it is whole; gives what is in it.
fn keep(file: &PathBuf, export: &Value) -> std::io::Result<Value> {
    let folder = file.parent().unwrap_or(file);
    let mut beside = tempfile::NamedTempFile::new_in(folder)?;
    beside.write_all(export.to_string().as_bytes())?;
    beside.as_file().sync_all()?;
    let written: Value = serde_json::from_slice(&std::fs::read(beside.path())?)?;
    if written != *export {
        return Err(std::io::Error::other(
            "it reads otherwise than it was written",
        ));
    }
    beside.persist(file).map_err(|error| error.error)?;
    Ok(written)
}
