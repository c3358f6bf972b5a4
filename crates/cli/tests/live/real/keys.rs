//! Keys are made once, by MOSIP's own job, and the published keymanager serves them in the lab.

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Secret;
use kube::Client;
use kube::api::{Api, DeleteParams, PropagationPolicy};
use mosipctl_endpoint::Endpoint;
use mosipctl_kube::{Access, Cluster, Kubernetes};
use mosipctl_reach::{PortForward, Tunnel};
use serde_json::{Value, json};

use super::skips;
use crate::support::{Story, client};

const REAL: [&str; 4] = ["postgres", "keycloak", "softhsm", "keymanager"];
/// The master and base keys that both Jobs make, as the catalogue names them.
const KEYS: usize = 25;
/// A master key without others under it, which a test may lose.
const LOST: &str = "DIGITAL_CARD";
const KEYMANAGER: &str = "/v1/keymanager";
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn keys_are_made_once_and_a_real_keymanager_serves_them() {
    if std::env::var_os("MOSIPCTL_MIRROR").is_none() {
        eprintln!(
            "skipped: keys lie in MOSIP's own tables, and MOSIPCTL_MIRROR names no folder of mirrors"
        );
        return;
    }
    let real = REAL.join(", ");
    let story = Story::sandbox(&format!("  rehearsal: {{real: [{real}]}}\n"));
    let said = story.run(&["up", "--speed", "100"]).done();
    if REAL.into_iter().any(|part| skips(&said.all(), part)) {
        return;
    }
    assert_eq!(proven(&story).len(), KEYS);
    let world = World::of(&story).await;
    let root = world.certificate("ROOT").await;
    assert!(root.contains("BEGIN CERTIFICATE"), "{root}");

    world.lose(LOST).await;
    let said = story.run(&["verify", "data"]).ended_with(&[3]);
    said.says(&format!(
        "key {LOST}: there is no such key in `mosip_keymgr`"
    ));
    let made = world.make(LOST).await;
    assert_eq!(made, world.certificate(LOST).await);
    assert_eq!(
        proven(&story).len(),
        KEYS,
        "what keymanager made is read back"
    );

    let before = proven(&story);
    without_records(&world.client).await;
    let plan = story.run(&["plan", "--json"]).done().out;
    assert!(plan.contains("keymanager"), "{plan}");
    for job in ["keymanager/kernel-keygen", "ida/ida-keygen"] {
        assert!(
            !plan.contains(&format!("run job {job}")),
            "{job} would run twice"
        );
    }
    assert_eq!(before, proven(&story));
}

/// Every key that `verify` proves, with its proof.
fn proven(story: &Story) -> Vec<(String, String)> {
    let said = story
        .run(&["verify", "data", "--json"])
        .ended_with(&[0])
        .out;
    let said: Value = serde_json::from_str(&said).unwrap();
    let checked = said["checked"].as_array().unwrap().iter();
    let keys = checked.filter_map(|checked| {
        let fact = checked["fact"].as_str()?.strip_prefix("key ")?;
        Some((fact.to_owned(), checked["proof"].as_str()?.to_owned()))
    });
    keys.collect()
}

/// The inventory and the Jobs are gone, as when a cluster was made anew around servers that were not.
async fn without_records(client: &Client) {
    let secrets: Api<Secret> = Api::namespaced(client.clone(), "mosipctl-system");
    let all = secrets
        .list(&kube::api::ListParams::default())
        .await
        .unwrap();
    for secret in all {
        let name = secret.metadata.name.unwrap();
        secrets
            .delete(&name, &DeleteParams::default())
            .await
            .unwrap();
    }
    for namespace in ["keymanager", "ida"] {
        let jobs: Api<Job> = Api::namespaced(client.clone(), namespace);
        let params = DeleteParams {
            propagation_policy: Some(PropagationPolicy::Background),
            ..DeleteParams::default()
        };
        jobs.delete_collection(&params, &kube::api::ListParams::default())
            .await
            .unwrap();
    }
}

/// The servers of a story, reached as in production.
struct World {
    client: Client,
    kube: Arc<dyn Kubernetes>,
    token: String,
}

impl World {
    async fn of(story: &Story) -> Self {
        let access = Access {
            kubeconfig: Some(story.kubeconfig()),
            context: None,
        };
        let mut world = Self {
            client: client(&story.kubeconfig()).await,
            kube: Arc::new(Cluster::connect(&access).await.unwrap()),
            token: String::new(),
        };
        world.token = world.token().await;
        world
    }

    async fn tunnel(&self, namespace: &str, service: &str, port: u16) -> Tunnel {
        let way = PortForward::new(self.kube.clone(), namespace, service, port);
        Tunnel::open(Arc::new(way)).await.unwrap()
    }

    async fn secret(&self, namespace: &str, name: &str, key: &str) -> String {
        let secrets: Api<Secret> = Api::namespaced(self.client.clone(), namespace);
        let secret = secrets.get(name).await.unwrap();
        String::from_utf8(secret.data.unwrap()[key].0.clone()).unwrap()
    }

    /// A token of a client that may ask for keys, by the secret that was made for it.
    async fn token(&self) -> String {
        let secret = self.secret(
            "keycloak",
            "keycloak-client-secrets",
            "mosip_pms_client_secret",
        );
        let secret = secret.await;
        let tunnel = self.tunnel("keycloak", "keycloak", 80).await;
        let endpoint = Endpoint::new("http://keycloak.keycloak").unwrap();
        let endpoint = endpoint.through(Arc::new(tunnel));
        let http = endpoint.client(PATIENCE).unwrap();
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "mosip-pms-client"),
            ("client_secret", &secret),
        ];
        let url = "http://keycloak.keycloak/auth/realms/mosip/protocol/openid-connect/token";
        let answer = http.post(url).form(&form).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// Asks keymanager, which tells errors with the status 200.
    async fn ask(&self, path: &str, body: Option<Value>) -> String {
        let tunnel = self.tunnel("keymanager", "keymanager", 80).await;
        let base = "http://keymanager.keymanager";
        let endpoint = Endpoint::new(base).unwrap().through(Arc::new(tunnel));
        let http = endpoint.client(PATIENCE).unwrap();
        let url = format!("{base}{KEYMANAGER}/{path}");
        let request = match body {
            Some(request) => http
                .post(url)
                // the time is not looked at, the form of it is
                .json(&json!({"requesttime": "2024-01-01T00:00:00.000Z", "request": request})),
            None => http.get(url),
        };
        let cookie = format!("Authorization={}", self.token);
        let answer = request.header("Cookie", cookie).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        let answer: Value = serde_json::from_str(&text).unwrap_or_default();
        let certificate = answer["response"]["certificate"].as_str();
        assert!(certificate.is_some(), "{status}: {text}");
        certificate.unwrap_or_default().to_owned()
    }

    async fn certificate(&self, application: &str) -> String {
        let path = format!("getCertificate?applicationId={application}&referenceId=");
        self.ask(&path, None).await
    }

    async fn make(&self, application: &str) -> String {
        let request = json!({"applicationId": application, "referenceId": "", "force": false, "commonName": "lab"});
        self.ask("generateMasterKey/certificate", Some(request))
            .await
    }

    /// Takes a key out of the table.
    async fn lose(&self, application: &str) {
        let password = self.secret("postgres", "postgres-postgresql", "postgres-password");
        let password = password.await;
        let tunnel = self.tunnel("postgres", "postgres-postgresql", 5432).await;
        let mut config = tokio_postgres::Config::new();
        config.host("127.0.0.1").port(tunnel.local_addr().port());
        config.user("postgres").password(password);
        config.dbname("mosip_keymgr");
        let (database, connection) = config.connect(tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        let lose = "DELETE FROM keymgr.key_alias WHERE app_id = $1";
        let lost = database.execute(lose, &[&application]).await.unwrap();
        assert_eq!(lost, 1);
    }
}
