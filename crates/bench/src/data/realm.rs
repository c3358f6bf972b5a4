//! Keycloak: the realm of MOSIP with all its clients.

use std::time::Instant;

use anyhow::{Result, ensure};
use mosipctl_artefact::{Artefacts, Settings};
use mosipctl_endpoint::Endpoint;
use mosipctl_keycloak::{Administrator, Keycloak, Realm};
use mosipctl_servers::{Keycloak as Server, KeycloakSettings, KeycloakVersion};
use secrecy::SecretString;

use super::{PASSWORD, catalogue, or_lacking, seconds, since};
use crate::figure::{Figure, Name};
use crate::machine::load;

/// The version that MOSIP 1.2.0.1 comes with.
const VERSION: KeycloakVersion = KeycloakVersion::V16;

/// Makes the realm in a Keycloak that has none, and looks at it again.
pub(crate) async fn measure() -> Result<Vec<Figure>> {
    eprintln!("── realm in {VERSION}");
    let folder = tempfile::tempdir()?;
    let settings = KeycloakSettings {
        version: VERSION,
        folder: folder.path().join("keycloak"),
        port: None,
        password: SecretString::from(PASSWORD),
    };
    let artefacts = Artefacts::new(Settings::from_environment()?);
    let started = Server::start(&artefacts, &settings).await;
    let Some(server) = or_lacking("realm", started)? else {
        return Ok(Vec::new());
    };
    let measured = of_server(&server).await;
    server.stop().await;
    measured
}

async fn of_server(server: &Server) -> Result<Vec<Figure>> {
    let administrator = Administrator {
        user: "admin".to_owned(),
        password: SecretString::from(PASSWORD),
    };
    let keycloak = Keycloak::connect(Endpoint::new(&server.url())?, administrator).await?;
    // who speaks first with a server waits for what it reads then
    let mut warm = catalogue::realm("warm");
    warm.clients.truncate(1);
    warm.roles
        .retain(|role| warm.clients[0].roles.contains(role));
    keycloak.make_realm(&warm).await?;
    let wanted = catalogue::realm("measured");
    let before = load()?;
    let started = Instant::now();
    keycloak.make(&wanted).await?;
    let making = since(started);
    let looking = look(&keycloak, &wanted).await?;
    let about = format!(
        "{} clients, {} roles; load before {before}",
        wanted.clients.len(),
        wanted.roles.len()
    );
    Ok(vec![
        seconds(
            Name::Realm,
            "realm with all clients, from nothing",
            making,
            15.0,
            vec![about.clone()],
        ),
        seconds(
            Name::Look,
            "realm with all clients, nothing to do",
            looking,
            2.0,
            vec![about],
        ),
    ])
}

async fn look(keycloak: &Keycloak, wanted: &Realm) -> Result<f64> {
    let started = Instant::now();
    let look = keycloak.look(wanted).await?;
    let took = since(started);
    ensure!(look.differences.is_empty(), "{:?}", look.differences);
    Ok(took)
}
