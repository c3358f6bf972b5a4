//! What everything that runs for real has at hand.

use std::fmt::Display;
use std::path::PathBuf;
use std::time::Duration;

use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, Patch, PatchParams};
use kube::{Client, ResourceExt};
use mosipctl_artefact::{Artefacts, Settings};
use mosipctl_servers::{
    Issuer, KeymanagerDatabase, KeymanagerSettings, OwnClient, Salts, SoftHsm, SoftHsmSettings,
    Tables, TokenHealth,
};
use secrecy::SecretString;
use serde_json::json;
use tokio::sync::watch;

use super::{Asked, RealKeys, RealToken, Standing, Standings};
use crate::container_logs::ContainerLogs;
use crate::expectations::Subject;
use crate::folder::LabFolder;
use crate::furnish::{MANAGER, kwok_api};
use crate::stages::KWOK_API;

/// How long one waits for another: Keycloak takes longest, 27 s on quiet cores.
const PATIENCE: Duration = Duration::from_secs(240);

/// What everything that runs for real has at hand. Cheap to clone.
#[derive(Clone)]
pub(super) struct Bench {
    pub(super) client: Client,
    pub(super) folder: LabFolder,
    pub(super) logs: ContainerLogs,
    pub(super) standings: watch::Sender<Standings>,
}

/// What went wrong, in words.
pub(super) type Tried<T> = Result<T, String>;

/// Puts what was done before what went wrong.
pub(super) fn failed<E: Display>(error: E) -> String {
    format!("failed to {error}")
}

impl Bench {
    pub(super) fn say(&self, asked: &Asked, standing: Standing) {
        self.standings.send_modify(|standings| {
            drop(standings.insert(asked.clone(), standing));
        });
    }

    pub(super) fn artefacts(&self) -> Tried<Artefacts> {
        let settings = Settings::from_environment().map_err(|error| error.to_string())?;
        Ok(Artefacts::new(settings))
    }

    /// A folder of the lab for what a release keeps; it goes with the lab.
    pub(super) fn place(&self, subject: &Subject) -> PathBuf {
        let Subject {
            namespace,
            instance,
        } = subject;
        self.folder.real(&format!("{namespace}.{instance}"))
    }

    /// A text as it stands, or the one in a Secret.
    pub(super) async fn text(&self, path: &str) -> Tried<String> {
        let Some((secret, key)) = path.split_once('#') else {
            return Ok(path.to_owned());
        };
        let (namespace, name) = secret.split_once('/').unwrap_or_default();
        let secrets: Api<Secret> = Api::namespaced(self.client.clone(), namespace);
        let found = secrets.get(name).await.map_err(|error| error.to_string())?;
        let value = found.data.as_ref().and_then(|data| data.get(key));
        let value = value.ok_or_else(|| format!("secret {} has no key {key}", found.name_any()))?;
        String::from_utf8(value.0.clone()).map_err(|_| format!("secret {path} is no text"))
    }

    pub(super) async fn secret(&self, path: &str) -> Tried<SecretString> {
        Ok(SecretString::from(self.text(path).await?))
    }

    /// Has kwok lead a port of the pods to a port of this machine.
    pub(super) async fn lead(&self, subject: &Subject, from: u16, to: u16) -> Tried<()> {
        let name = format!("{}.{}", subject.namespace, subject.instance);
        let forward = json!({
            "apiVersion": KWOK_API,
            "kind": "ClusterPortForward",
            "metadata": {"name": name},
            "spec": {
                "selector": {"matchNamespaces": [subject.namespace]},
                "forwards": [{"ports": [from], "target": {"address": "127.0.0.1", "port": to}}],
            },
        });
        let api = kwok_api(&self.client, "ClusterPortForward", None);
        let params = PatchParams::apply(MANAGER).force();
        let led = api.patch(&name, &params, &Patch::Apply(&forward)).await;
        led.map(drop)
            .map_err(|error| format!("failed to lead pods to it: {error}"))
    }

    /// The port of another server, as soon as it answers.
    pub(super) async fn port_of(&self, subject: &Subject) -> Tried<u16> {
        let asked = Asked {
            subject: subject.clone(),
            pod: None,
        };
        let mut standings = self.standings.subscribe();
        let decided = standings.wait_for(|standings| {
            !matches!(standings.get(&asked), None | Some(Standing::Starting))
        });
        let decided = tokio::time::timeout(PATIENCE, decided).await;
        let key = subject.key();
        match decided {
            Ok(Ok(standings)) => match standings.get(&asked) {
                Some(Standing::Answers(Some(port))) => Ok(*port),
                Some(Standing::Failed(problem)) => Err(format!("{key} does not run: {problem}")),
                _ => Err(format!("{key} has no port")),
            },
            _ => Err(format!(
                "{key} does not answer within {} s",
                PATIENCE.as_secs()
            )),
        }
    }

    /// The token of a release; one that does not open is an error, and stays as it is.
    pub(super) async fn token(&self, pods: &Subject, token: &RealToken) -> Tried<SoftHsm> {
        let pin = self.secret(&token.pin).await?;
        let settings = SoftHsmSettings {
            folder: self.place(pods),
            label: token.label.clone(),
            pin: pin.clone(),
            // the image of MOSIP takes one PIN for both
            officer_pin: pin,
        };
        let opened = SoftHsm::open(&self.artefacts()?, &settings).await;
        opened.map_err(failed)
    }

    /// What a keymanager, or its Job, is told: what was prepared for it, and where the real servers are.
    pub(super) async fn keymanager(
        &self,
        subject: &Subject,
        keys: &RealKeys,
    ) -> Tried<KeymanagerSettings> {
        let RealKeys {
            database, issuer, ..
        } = keys;
        if !SoftHsm::is_in(&self.place(&keys.pods)) {
            return Err(format!("{} has made no token", keys.pods.key()));
        }
        Ok(KeymanagerSettings {
            folder: self.place(subject),
            port: None,
            token: self.token(&keys.pods, &keys.token).await?,
            database: KeymanagerDatabase {
                host: "127.0.0.1".to_owned(),
                port: self.port_of(&database.server).await?,
                name: database.name.clone(),
                schema: database.schema.clone(),
                user: database.user.clone(),
                password: self.secret(&database.password).await?,
                tables: Tables::There,
            },
            issuer: Issuer {
                url: format!(
                    "http://127.0.0.1:{}/auth",
                    self.port_of(&issuer.server).await?
                ),
                named: Some(issuer.address.clone()),
                realm: issuer.realm.clone(),
                clients: issuer.clients.clone(),
                own: Some(OwnClient {
                    id: issuer.client.clone(),
                    secret: self.secret(&issuer.secret).await?,
                }),
            },
            salts: Salts {
                uin: self.secret(&keys.salts.uin).await?,
                partner_code: self.secret(&keys.salts.partner_code).await?,
            },
            token_health: TokenHealth::KeyRead,
        })
    }
}
