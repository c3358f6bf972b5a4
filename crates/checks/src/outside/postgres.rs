//! PostgreSQL outside the cluster.

use std::sync::Arc;

use mosipctl_postgres::Server;
use mosipctl_prepare::PostgresSettings;
use mosipctl_reach::Direct;
use mosipctl_spec::environment::externals::Mode;

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
    let server = match PostgresSettings::read(postgres, outside.folder) {
        Ok(settings) => settings.encrypt(server),
        Err(error) => {
            return Finding::failed(CHECK, what, in_words(&error), error.remedy());
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
