//! Programs of PostgreSQL, with a login that stands on no command line.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use mosipctl_reach::Tunnel;
use secrecy::ExposeSecret;
use tempfile::NamedTempFile;
use tokio::process::Command;

use crate::error::PostgresError;
use crate::server::Server;
use crate::wanted::Wanted;

/// Lines of what a program wrote that an error shows.
const LINES: usize = 4;

/// Where programs log in, and with what.
pub(crate) struct Login {
    environment: Vec<(&'static str, String)>,
    /// Only we may read them; they go with this.
    password: NamedTempFile,
    roots: Option<NamedTempFile>,
}

impl Login {
    /// Leads programs to the tunnel, which takes them to the server.
    pub(crate) fn new(
        server: &Server,
        tunnel: &Tunnel,
        wanted: &Wanted,
    ) -> Result<Self, PostgresError> {
        let wrong = |error: std::io::Error| PostgresError::Backup {
            database: wanted.database.clone(),
            problem: format!("a file for the password cannot be written: {error}"),
        };
        let escaped = |text: &str| text.replace('\\', "\\\\").replace(':', "\\:");
        let user = escaped(&server.user);
        let password = escaped(server.password.expose_secret());
        let line = format!("*:*:*:{user}:{password}\n");
        let near = tunnel.local_addr();
        let mut login = Self {
            environment: vec![
                ("PGHOSTADDR", near.ip().to_string()),
                ("PGPORT", near.port().to_string()),
                ("PGUSER", server.user.clone()),
                ("PGSSLMODE", "disable".to_owned()),
            ],
            password: file(line.as_bytes()).map_err(wrong)?,
            roots: None,
        };
        if let Some(tls) = &server.tls {
            login.environment.push(("PGHOST", tls.name.clone()));
            login
                .environment
                .push(("PGSSLMODE", "verify-full".to_owned()));
            login.roots = Some(file(&tls.roots).map_err(wrong)?);
        }
        Ok(login)
    }

    /// A command with this login.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.envs(self.environment.iter().map(|(name, value)| (*name, value)));
        command.env("PGPASSFILE", self.password.path());
        if let Some(roots) = &self.roots {
            command.env("PGSSLROOTCERT", roots.path());
        }
        command.arg("--no-password");
        command
    }
}

fn file(bytes: &[u8]) -> std::io::Result<NamedTempFile> {
    let mut file = NamedTempFile::new()?;
    file.write_all(bytes)?;
    file.flush()?;
    Ok(file)
}

/// Runs a program to its end; dropped, it takes the program along.
pub(crate) async fn run(
    mut command: Command,
    program: &Path,
    wanted: &Wanted,
) -> Result<(), PostgresError> {
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = command.output().await;
    let output = output.map_err(|source| PostgresError::File {
        path: program.to_owned(),
        source,
    })?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = text.trim().lines().take(LINES).collect();
    Err(PostgresError::Backup {
        database: wanted.database.clone(),
        problem: format!(
            "{} ended with {}: {}",
            program.display(),
            output.status,
            lines.join("; ")
        ),
    })
}
