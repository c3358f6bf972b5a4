//! Keycloak 16.1.1, on WildFly.
//!
//! Java is run as the server's own script would run it, but by ourselves: a signal to a shell would not reach it.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::Command;

use secrecy::ExposeSecret;

use super::distribution::Distribution;
use super::{ADMINISTRATOR, KeycloakSettings};
use crate::error::{AtPath, ServerError};
use crate::process::free_port;

/// What WildFly opens of the Java it runs in.
const OPENED: [&str; 11] = [
    "--add-exports=java.desktop/sun.awt=ALL-UNNAMED",
    "--add-exports=java.naming/com.sun.jndi.ldap=ALL-UNNAMED",
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
    "--add-opens=java.base/java.lang.invoke=ALL-UNNAMED",
    "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/java.security=ALL-UNNAMED",
    "--add-opens=java.base/java.util=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    "--add-opens=java.management/javax.management=ALL-UNNAMED",
    "--add-opens=java.naming/javax.naming=ALL-UNNAMED",
];

/// Lays the server's own files out, unless they are there, and completes the command.
pub(super) fn prepare(
    command: &mut Command,
    distribution: &Distribution,
    settings: &KeycloakSettings,
    port: u16,
) -> Result<(), ServerError> {
    let base = settings.folder.join("standalone");
    if !base.is_dir() {
        lay_out(&distribution.home, &base, settings)?;
    }
    arguments(command, &distribution.home, &base, port)
}

fn lay_out(home: &Path, base: &Path, settings: &KeycloakSettings) -> Result<(), ServerError> {
    let half = base.with_extension("half");
    let configuration = half.join("configuration");
    fs::create_dir_all(&configuration).at(&configuration)?;
    let from = home.join("standalone/configuration");
    for entry in fs::read_dir(&from).at(&from)? {
        let entry = entry.at(&from)?;
        let to = configuration.join(entry.file_name());
        fs::copy(entry.path(), &to).at(&to)?;
    }
    let file = configuration.join("standalone.xml");
    let text = fs::read_to_string(&file).at(&file)?;
    fs::write(&file, private(&text)).at(&file)?;
    first_administrator(&configuration, settings)?;
    fs::rename(&half, base).at(base)
}

/// Without the port on all interfaces by which other processes could open the database.
fn private(standalone: &str) -> String {
    standalone.replace(";AUTO_SERVER=TRUE", "")
}

/// What `add-user-keycloak.sh` would write. That takes the password as an argument; the server reads a plain one too, and
/// deletes the file.
fn first_administrator(
    configuration: &Path,
    settings: &KeycloakSettings,
) -> Result<(), ServerError> {
    let users = serde_json::json!([{"realm": "master", "users": [{
        "username": ADMINISTRATOR,
        "enabled": true,
        "credentials": [{"type": "password", "value": settings.password.expose_secret()}],
        "realmRoles": ["admin"],
    }]}]);
    let path = configuration.join("keycloak-add-user.json");
    let mut options = fs::OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = file.open(&path).at(&path)?;
    file.write_all(users.to_string().as_bytes()).at(&path)
}

fn arguments(
    command: &mut Command,
    home: &Path,
    base: &Path,
    port: u16,
) -> Result<(), ServerError> {
    let home_text = home.display();
    let base_text = base.display();
    command
        .args(OPENED)
        .args([
            "-XX:MaxMetaspaceSize=256m",
            "-Djava.net.preferIPv4Stack=true",
        ])
        .args([
            "-Djboss.modules.system.pkgs=org.jboss.byteman",
            "-Djava.awt.headless=true",
        ])
        .arg(format!(
            "-Dorg.jboss.boot.log.file={base_text}/log/server.log"
        ))
        .arg(format!(
            "-Dlogging.configuration=file:{base_text}/configuration/logging.properties"
        ))
        .arg("-jar")
        .arg(home.join("jboss-modules.jar"))
        .arg("-mp")
        .arg(home.join("modules"))
        .arg("org.jboss.as.standalone")
        .arg(format!("-Djboss.home.dir={home_text}"))
        .arg(format!("-Djboss.server.base.dir={base_text}"))
        .args(["-b", "127.0.0.1", "-bmanagement", "127.0.0.1"])
        .arg(format!("-Djboss.http.port={port}"));
    for other in ["https", "ajp", "management.http", "management.https"] {
        let port = free_port().at(base)?;
        command.arg(format!("-Djboss.{other}.port={port}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_opens_no_port() {
        let text = "<connection-url>jdbc:h2:keycloak;AUTO_SERVER=TRUE</connection-url>";
        let private = private(text);
        assert_eq!(private, "<connection-url>jdbc:h2:keycloak</connection-url>");
    }
}
