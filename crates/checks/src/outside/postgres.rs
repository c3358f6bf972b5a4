//! PostgreSQL outside the cluster.

use std::sync::Arc;

use mosipctl_postgres::{Server, Tls};
use mosipctl_reach::Direct;
use mosipctl_spec::environment::externals::{Mode, Postgres};

use super::{Outside, PATIENCE, credentials, in_words, not_outside};
use crate::finding::{Check, Finding};

const CHECK: Check = Check::Postgres;
const PORT: u16 = 5432;
const SUPERUSER: &str = "postgres";

pub(super) async fn look(outside: &Outside<'_>) -> Finding {
    let postgres = &outside.externals.postgres;
    let (Mode::Existing, Some(host)) = (postgres.mode, &postgres.host) else {
        return not_outside(CHECK, "PostgreSQL", postgres.mode);
    };
    let port = postgres.port.unwrap_or(PORT);
    let user = postgres.superuser.as_deref().unwrap_or(SUPERUSER);
    let what = format!("PostgreSQL at {host}:{port}");
    let Some(source) = &postgres.password else {
        return Finding::failed(
            CHECK,
            what,
            "there is no password to log in with",
            "say where it is in `spec.externals.postgres.password`",
        );
    };
    let password = match credentials::read(outside.kube, source).await {
        Ok(password) => password,
        Err(why) => {
            return Finding::failed(
                CHECK,
                what,
                why,
                "supply what `spec.externals.postgres.password` names",
            );
        }
    };
    let server = Server::new(Arc::new(Direct::new(host, port)), user, password);
    let server = match tls(postgres, outside) {
        Ok(None) => server,
        Ok(Some(tls)) => server.with_tls(tls),
        Err(why) => {
            return Finding::failed(
                CHECK,
                what,
                why,
                "name a file with its certificate authority in `spec.externals.postgres.tls.ca`",
            );
        }
    };
    // looking for no database logs in, and asks one question
    match server.with_patience(PATIENCE).look(&[]).await {
        Ok(_) => Finding::passed(CHECK, what, format!("logged in as `{user}`")),
        Err(error) => {
            let remedy = error.remedy().unwrap_or("look into the server's log");
            Finding::failed(CHECK, what, in_words(&error), remedy)
        }
    }
}

/// Whom to trust as it; none when nothing is encrypted.
fn tls(postgres: &Postgres, outside: &Outside<'_>) -> Result<Option<Tls>, String> {
    let settings = postgres.tls.clone().unwrap_or_default();
    if !settings.enabled {
        return Ok(None);
    }
    let name = settings.server_name.or_else(|| postgres.host.clone());
    let name = name.unwrap_or_default();
    let tls = match settings.ca {
        None => Tls::trusting_as_this_machine(name),
        Some(file) => {
            let path = outside.folder.join(file);
            let pem = std::fs::read(&path)
                .map_err(|error| format!("`{}` cannot be read: {error}", path.display()))?;
            Tls::trusting(name, &pem)
        }
    };
    tls.map(Some).map_err(|error| in_words(&error))
}
