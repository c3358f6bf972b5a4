//! Servers that stand outside the cluster: whether they are reached, and let us in.
//!
//! Asked from this machine with what the environment names, before any Secret of the cluster is made. Whether pods reach them
//! too is another question, which nothing asks yet.

pub(crate) mod credentials;
mod postgres;
mod smtp;
mod store;

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use mosipctl_endpoint::Endpoint;
use mosipctl_kube::Kubernetes;
use mosipctl_plan::Desired;
use mosipctl_spec::environment::externals::{Externals, Keycloak, Mode};

use crate::finding::{Check, Finding};

/// A server that is there answers sooner.
const PATIENCE: Duration = Duration::from_secs(15);

/// What is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Outside<'a> {
    /// Where Secrets are read that the environment names.
    pub kube: &'a dyn Kubernetes,
    /// What the environment says of servers.
    pub externals: &'a Externals,
    /// What is to be prepared in them.
    pub desired: &'a Desired,
    /// The folder of the environment file.
    pub folder: &'a Path,
}

/// Asks all servers outside at once.
pub async fn look(outside: &Outside<'_>) -> Vec<Finding> {
    let externals = outside.externals;
    let (postgres, store, keycloak, smtp) = tokio::join!(
        postgres::look(outside),
        store::look(outside),
        keycloak(&externals.keycloak),
        smtp::look(externals.message_gateway.smtp.as_ref()),
    );
    vec![postgres, store, keycloak, smtp]
}

/// Whether it answers by HTTP; nobody logs in.
async fn keycloak(keycloak: &Keycloak) -> Finding {
    let check = Check::Keycloak;
    let url = match (keycloak.mode, &keycloak.url) {
        (Mode::Existing, Some(url)) => url,
        (mode, _) => return not_outside(check, "Keycloak", mode),
    };
    let what = format!("Keycloak at {url}");
    let answered = async {
        let endpoint = Endpoint::new(url).map_err(|error| in_words(&error))?;
        let client = endpoint
            .client(PATIENCE)
            .map_err(|error| in_words(&error))?;
        let answer = client.get(endpoint.url().clone()).send().await;
        answer.map_err(|error| endpoint.trouble(&error).to_string())
    };
    match answered.await {
        Ok(answer) if answer.status().is_server_error() => Finding::failed(
            check,
            what,
            format!("it answers with {}", answer.status()),
            "look into its log",
        ),
        Ok(answer) => Finding::passed(
            check,
            what,
            format!("it answers ({}); nobody logged in", answer.status()),
        ),
        Err(why) => Finding::failed(
            check,
            what,
            why,
            "check `spec.externals.keycloak.url`, and that this machine reaches it",
        ),
    }
}

/// Skipped: there is none outside.
fn not_outside(check: Check, what: &str, mode: Mode) -> Finding {
    let why = match mode {
        Mode::InCluster => "it runs in the cluster, where `up` makes it".to_owned(),
        Mode::Existing => "the environment does not say where it is".to_owned(),
        Mode::Environment => {
            "it belongs to another environment, which has a preflight of its own".to_owned()
        }
    };
    Finding::skipped(check, what, why)
}

/// An error with everything behind it, on one line.
fn in_words(error: &dyn Error) -> String {
    let mut text = format!("failed to {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}
