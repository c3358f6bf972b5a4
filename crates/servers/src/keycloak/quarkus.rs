//! Keycloak 26, on Quarkus.
//!
//! It is built once with its options, which takes longer than a start. A server's folder holds links to what was built, and what
//! it writes beside them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use secrecy::ExposeSecret;

use super::distribution::Distribution;
use super::{ADMINISTRATOR, KeycloakSettings, KeycloakVersion};
use crate::error::{AtPath, ServerError};
use crate::java::QUICK;
use crate::process::{RunAs, run};

/// What a server reads.
const SHARED: [&str; 5] = ["lib", "providers", "themes", "conf", "version.txt"];
/// As its own script has them.
const OPTIONS: [&str; 9] = [
    "-Djava.util.concurrent.ForkJoinPool.common.threadFactory=io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory",
    "-XX:MaxMetaspaceSize=256m",
    "-Dfile.encoding=UTF-8",
    "-XX:+ExitOnOutOfMemoryError",
    "--add-opens=java.base/java.util=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    "--add-opens=java.base/java.security=ALL-UNNAMED",
    "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
    "-Dpicocli.disable.closures=true",
];

/// Builds the options that cannot be changed later into an unpacked archive.
pub(super) async fn build(
    home: &Path,
    version: KeycloakVersion,
    java: &Path,
) -> Result<(), ServerError> {
    let mut command = Command::new(java);
    command.args(QUICK);
    options(&mut command, home);
    let path = match version.path() {
        "" => "/",
        path => path,
    };
    command.args(["build", "--db=dev-file", "--health-enabled=false"]);
    command.arg(format!("--http-relative-path={path}"));
    run("build Keycloak", &command, RunAs::Ourselves).await?;
    Ok(())
}

/// Links the server's folder to what was built, and completes the command.
pub(super) fn prepare(
    command: &mut Command,
    distribution: &Distribution,
    settings: &KeycloakSettings,
    port: u16,
) -> Result<(), ServerError> {
    let folder = &settings.folder;
    for name in SHARED {
        let link = folder.join(name);
        // the cache may have moved since
        let _ = fs::remove_file(&link);
        symlink(distribution.home.join(name), &link).at(&link)?;
    }
    command.arg("-Dkc.config.built=true");
    options(command, folder);
    command.args(["start", "--optimized", "--cache=local"]);
    command.args(["--http-enabled=true", "--hostname-strict=false"]);
    command.arg("--http-host=127.0.0.1");
    command.arg(format!("--http-port={port}"));
    command.env("KC_BOOTSTRAP_ADMIN_USERNAME", ADMINISTRATOR);
    command.env(
        "KC_BOOTSTRAP_ADMIN_PASSWORD",
        settings.password.expose_secret(),
    );
    Ok(())
}

fn options(command: &mut Command, home: &Path) {
    let text = home.display();
    command
        .args(OPTIONS)
        .arg(format!("-Dkc.home.dir={text}"))
        .arg(format!("-Djboss.server.config.dir={text}/conf"))
        .arg("-cp")
        .arg(home.join("lib/quarkus-run.jar"))
        .arg("io.quarkus.bootstrap.runner.QuarkusEntryPoint");
}
