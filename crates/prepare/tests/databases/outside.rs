//! A PostgreSQL outside the cluster, with a certificate of an authority that nobody knows.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, PostParams};
use mosipctl_catalogue::component::{Database, Scripts};
use mosipctl_catalogue::edition::Server;
use mosipctl_kube::{Access, Cluster};
use mosipctl_plan::desired::Prepared;
use mosipctl_prepare::{PostgresSettings, Servers};
use mosipctl_servers::{Postgres, PostgresOptions};
use mosipctl_spec::environment::externals;
use mosipctl_spec::environment::rehearsal::Part;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use secrecy::SecretString;
use serde_json::json;
use tempfile::TempDir;

/// The name in the certificate.
pub(crate) const NAME: &str = "db.example.org";
const PASSWORD: &str = "only for a test";

/// A server and what belongs to it.
pub(crate) struct Outside {
    pub(crate) postgres: Postgres,
    /// Holds `ca.pem`, the authority of its certificate, and is where the environment file would lie.
    pub(crate) folder: TempDir,
    /// The namespace with the Secret to log in with.
    namespace: String,
}

impl Outside {
    /// Starts one; none when this machine cannot have it.
    pub(crate) async fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let options = PostgresOptions {
            password: SecretString::from(PASSWORD),
            fsync: false,
            settings: certificates(folder.path()),
        };
        let postgres = match Postgres::start(&folder.path().join("postgres"), &options).await {
            Ok(postgres) => postgres,
            Err(error) if error.is_missing() => {
                eprintln!("skipped: {error}");
                return None;
            }
            Err(error) => panic!("{error}"),
        };
        let namespace = secret().await;
        Some(Self {
            postgres,
            folder,
            namespace,
        })
    }

    /// What the environment file says of it, with these fields beside host and port.
    pub(crate) fn declared(&self, more: &serde_json::Value) -> externals::Postgres {
        let mut fields = json!({
            "mode": "existing",
            "host": self.postgres.host(),
            "port": self.postgres.port(),
            "password": {"from": {"env": "POSTGRES_PASSWORD"}},
        });
        let more = more.as_object().unwrap().clone();
        fields.as_object_mut().unwrap().extend(more);
        serde_json::from_value(fields).unwrap()
    }

    /// The servers of an environment that declares it.
    pub(crate) async fn servers(&self, declared: &externals::Postgres) -> Servers {
        let lab = mosipctl_testkit::lab().await;
        let access = Access {
            kubeconfig: Some(lab.kubeconfig()),
            context: None,
        };
        let kube = Cluster::connect(&access).await.unwrap();
        let secret = format!("{}/postgres#password", self.namespace);
        let server = Server {
            service: "postgres/postgres".to_owned(),
            port: 5432,
            outside: self.postgres.host().to_owned(),
            outside_port: self.postgres.port().to_string(),
            user: self.postgres.superuser().to_owned(),
            password: secret.clone(),
            hands_on: secret,
            release: "postgres/postgres".to_owned(),
            listens: 5432,
        };
        let settings = PostgresSettings::read(declared, self.folder.path()).unwrap();
        Servers::new(Arc::new(kube), [(Part::Postgres, server)].into())
            .with_scripts(BTreeMap::from([("lab_partners".to_owned(), scripts())]))
            .with_postgres(settings)
    }
}

/// A database of the driver's own tests, with rows whose dates have passed.
pub(crate) fn partners() -> Prepared {
    Prepared::Database(Database {
        name: "lab_partners".to_owned(),
        version: "1.2.0.1".to_owned(),
        schema: "partners".to_owned(),
        role: "lab_partnersuser".to_owned(),
        scripts: Scripts {
            repository: "example/partners".to_owned(),
            reference: "v1.2.0.1".to_owned(),
            folder: "db_scripts".to_owned(),
            tree: "f52fd185".to_owned(),
        },
        seeds: true,
        tables: 3,
    })
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../drivers/postgres/tests/fixture/partners")
}

/// Makes an authority and a certificate from it, and says which settings show that to clients.
fn certificates(folder: &Path) -> Vec<(String, String)> {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    fs::write(folder.join("ca.pem"), authority.pem()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new([NAME.to_owned()]).unwrap();
    let certificate = certificate.signed_by(&key, &authority).unwrap();
    let (crt, pem) = (folder.join("server.crt"), folder.join("server.key"));
    fs::write(&crt, certificate.pem()).unwrap();
    fs::write(&pem, key.serialize_pem()).unwrap();
    fs::set_permissions(&pem, fs::Permissions::from_mode(0o600)).unwrap();
    if fs::metadata(&pem).unwrap().uid() == 0 {
        // the server runs as nobody then, and its key must be its own
        chown(&pem, Some(65534), None).unwrap();
    }
    let file = |name: &str, path: PathBuf| (name.to_owned(), path.display().to_string());
    vec![
        ("ssl".to_owned(), "on".to_owned()),
        ("log_connections".to_owned(), "on".to_owned()),
        file("ssl_cert_file", crt),
        file("ssl_key_file", pem),
    ]
}

/// The Secret with the password, in a namespace of its own.
async fn secret() -> String {
    let lab = mosipctl_testkit::lab().await;
    let namespace = lab.namespace("databases").await;
    let secrets: Api<Secret> = Api::namespaced(lab.client().await, &namespace);
    let secret = json!({"metadata": {"name": "postgres"}, "stringData": {"password": PASSWORD}});
    let secret: Secret = serde_json::from_value(secret).unwrap();
    secrets
        .create(&PostParams::default(), &secret)
        .await
        .unwrap();
    namespace
}
