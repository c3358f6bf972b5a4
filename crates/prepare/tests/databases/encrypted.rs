//! Whom a declared server is trusted by.

use std::path::Path;

use mosipctl_catalogue::Fact;
use mosipctl_plan::observed::Standing;
use mosipctl_prepare::{PostgresSettings, PrepareError};
use mosipctl_spec::environment::externals::Postgres;
use serde_json::json;

use crate::outside::{NAME, Outside, partners};

fn fact() -> Fact {
    "database lab_partners=1.2.0.1".parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_is_made_and_proven_over_tls_alone() {
    let Some(outside) = Outside::start().await else {
        return;
    };
    let (fact, partners) = (fact(), partners());
    let wanted = [(&fact, &partners)];
    let declared = outside.declared(&json!({"tls": {"ca": "ca.pem", "serverName": NAME}}));
    let servers = outside.servers(&declared).await;
    let seen = servers.look(&wanted).await;
    assert_eq!(seen.standings[&fact], Standing::Absent, "{seen:?}");
    servers.prepare(&partners, Some(1)).await.unwrap();
    assert_eq!(
        servers.look(&wanted).await.standings[&fact],
        Standing::Holds
    );
    let findings = servers.verify(&wanted).await;
    assert_eq!(findings[0].wrong, Vec::<String>::new());
    let log = std::fs::read_to_string(outside.folder.path().join("postgres/log")).unwrap();
    let ours = log
        .lines()
        .filter(|line| line.contains("authorized") && line.contains("=mosipctl"));
    let ours: Vec<&str> = ours.collect();
    assert!(!ours.is_empty(), "{log}");
    assert!(
        ours.iter().all(|line| line.contains("SSL enabled")),
        "{ours:?}"
    );
    outside.postgres.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_certificate_another_name_and_a_bad_network_are_told_apart() {
    let Some(outside) = Outside::start().await else {
        return;
    };
    let partners = partners();
    let refused = async |tls: serde_json::Value| {
        let declared = outside.declared(&json!({"tls": tls}));
        let servers = outside.servers(&declared).await;
        servers.prepare(&partners, None).await.unwrap_err()
    };
    // an authority that this machine does not know; then one that is known, for another name
    for tls in [json!({}), json!({"ca": "ca.pem"})] {
        let error = refused(tls).await;
        assert!(!error.is_transient(), "{error:?}");
        let remedy = error.remedy().unwrap();
        assert!(remedy.contains("externals.postgres.tls.ca"), "{remedy}");
    }
    let declared = outside.declared(&json!({"tls": {"ca": "ca.pem", "serverName": NAME}}));
    let servers = outside.servers(&declared).await;
    outside.postgres.stop().await;
    let error = servers.prepare(&partners, None).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    let remedy = error.remedy().unwrap();
    assert!(remedy.contains("check host and port"), "{remedy}");
    assert!(matches!(error, PrepareError::Postgres(_)), "{error:?}");
}

fn declared(fields: serde_json::Value) -> Postgres {
    serde_json::from_value(fields).unwrap()
}

#[test]
fn a_file_that_cannot_be_used_is_named_with_its_field() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("letter.txt"), "Dear Sir").unwrap();
    let problem = |ca: &str| {
        let declared = declared(json!({"mode": "existing", "host": NAME, "tls": {"ca": ca}}));
        let error = PostgresSettings::read(&declared, folder.path()).unwrap_err();
        format!("{error}; {}", error.remedy()).replace(&folder.path().display().to_string(), "…")
    };
    assert_eq!(
        problem("none.pem"),
        "read `…/none.pem`, which `spec.externals.postgres.tls.ca` names; \
         name a file that is there; a relative path begins at the folder of the environment file"
    );
    assert_eq!(
        problem("letter.txt"),
        "use `…/letter.txt`, which `spec.externals.postgres.tls.ca` names; \
         name a file with certificates in PEM, which begin with `-----BEGIN CERTIFICATE-----`"
    );
}

#[test]
fn a_server_in_the_cluster_and_one_that_says_so_are_not_encrypted() {
    for fields in [
        json!({}),
        json!({"mode": "existing", "host": NAME, "tls": {"enabled": false}}),
    ] {
        let settings = PostgresSettings::read(&declared(fields), Path::new("")).unwrap();
        assert!(format!("{settings:?}").contains("tls: None"));
    }
}
