//! Logins over TLS.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::sync::Arc;

use mosipctl_postgres::{PostgresError, Server, Tls, Tools};
use mosipctl_reach::Direct;
use mosipctl_servers::{Postgres, PostgresOptions};

use crate::support::{Scripts, folder_of, password};

/// A server that takes logins over TLS alone, and its certificate.
async fn start() -> Option<(Postgres, String)> {
    let folder = folder_of("postgres-encrypted");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("tls")).unwrap();
    let made = rcgen::generate_simple_self_signed(["db.example.org".to_owned()]).unwrap();
    let (certificate, key) = (folder.join("tls/server.crt"), folder.join("tls/server.key"));
    fs::write(&certificate, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    if fs::metadata(&key).unwrap().uid() == 0 {
        // the server runs as nobody then, and its key must be its own
        let nobody = 65534;
        chown(&key, Some(nobody), None).unwrap();
    }
    let setting = |name: &str, value: String| (name.to_owned(), value);
    let options = PostgresOptions {
        password: password(),
        fsync: false,
        settings: vec![
            setting("ssl", "on".to_owned()),
            setting("ssl_cert_file", certificate.display().to_string()),
            setting("ssl_key_file", key.display().to_string()),
        ],
    };
    match Postgres::start(&folder, &options).await {
        Ok(server) => Some((server, made.cert.pem())),
        Err(error) if error.is_missing() => {
            eprintln!("skipped: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_server_is_trusted_by_its_certificate_and_name() {
    let Some((postgres, pem)) = start().await else {
        return;
    };
    let reach = Arc::new(Direct::new(postgres.host(), postgres.port()));
    let server = Server::new(reach, postgres.superuser(), password());
    let trusting = |name: &str| Tls::trusting(name, pem.as_bytes()).unwrap();
    let another = server.clone().with_tls(trusting("db.example.com"));
    let error = another.look(&[]).await.unwrap_err();
    assert!(
        matches!(error, PostgresError::Connection { .. }),
        "{error:?}"
    );
    assert!(!error.is_transient(), "{error:?}");
    let server = server.with_tls(trusting("db.example.org"));
    let scripts = Scripts::of("keys", "sealed", &postgres);
    let made = server
        .make(&scripts.wanted, scripts.path(), &password(), None)
        .await;
    assert_eq!(made.unwrap().rows, 3);
    let tools = Tools {
        dump: postgres.bin("pg_dump"),
        restore: postgres.bin("pg_restore"),
    };
    let file = scripts.path().join("sealed.dump");
    let backup = server.backup(&scripts.wanted, &tools, &file).await;
    assert_eq!(backup.unwrap().tables, 4);
    postgres.stop().await;
}

#[test]
fn a_file_without_certificates_is_refused() {
    let error = Tls::trusting("db.example.org", b"nothing").unwrap_err();
    let text = error.to_string();
    assert_eq!(
        text,
        "read the certificates for db.example.org: there are none"
    );
}
