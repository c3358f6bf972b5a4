//! Each way in which a cluster cannot be used, with its remedy.

use std::io::Write as _;
use std::path::Path;

use mosipctl_kube::{Access, Cluster, ConnectError, Kubernetes, Verb};
use serde_json::{Value, json};

use crate::support;

async fn error(kubeconfig: &Path, context: Option<&str>) -> ConnectError {
    let access = Access {
        kubeconfig: Some(kubeconfig.to_owned()),
        context: context.map(str::to_owned),
    };
    let error = Cluster::connect(&access)
        .await
        .expect_err("this must not connect");
    assert!(!error.remedy().is_empty());
    error
}

/// The kubeconfig of the test cluster, changed.
async fn changed(change: impl FnOnce(&mut Value)) -> tempfile::NamedTempFile {
    let text = std::fs::read_to_string(support::kubeconfig().await).unwrap();
    let mut config: Value = serde_saphyr::from_str(&text).unwrap();
    change(&mut config);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(config.to_string().as_bytes()).unwrap();
    file
}

#[tokio::test]
async fn two_requests_are_enough_to_connect() {
    let cluster = support::cluster().await;
    assert_eq!(cluster.requests().total(), 2);
    assert_eq!(cluster.requests().of(Verb::Get), 2);
}

#[tokio::test]
async fn a_kubeconfig_that_cannot_be_read_is_named() {
    let error = error(Path::new("/no/such/file"), None).await;
    assert_eq!(
        error.to_string(),
        "read kubeconfig /no/such/file: No such file or directory (os error 2)"
    );
}

#[tokio::test]
async fn a_kubeconfig_that_is_no_kubeconfig_is_named() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"clusters: [this is not").unwrap();
    assert!(matches!(
        error(file.path(), None).await,
        ConnectError::Kubeconfig { .. }
    ));
}

#[tokio::test]
async fn an_unknown_context_is_told_with_those_there_are() {
    let error = error(&support::kubeconfig().await, Some("production")).await;
    let ConnectError::Context {
        ref context,
        ref known,
        ..
    } = error
    else {
        panic!("{error}");
    };
    assert_eq!(context, "production");
    assert!(error.remedy().contains(&known[0]), "{}", error.remedy());
}

#[tokio::test]
async fn a_closed_port_is_an_unreachable_server() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    drop(listener);
    let file = changed(|config| config["clusters"][0]["cluster"]["server"] = json!(address)).await;
    let error = error(file.path(), None).await;
    assert!(
        matches!(error, ConnectError::Unreachable { .. }),
        "{error:?}"
    );
    assert!(
        error
            .to_string()
            .starts_with(&format!("reach the API server at {address}: ")),
        "{error}"
    );
}

#[tokio::test]
async fn a_foreign_certificate_is_not_trusted() {
    let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let mut authority = tempfile::NamedTempFile::new().unwrap();
    authority.write_all(other.cert.pem().as_bytes()).unwrap();
    let file = changed(|config| {
        let cluster = config["clusters"][0]["cluster"].as_object_mut().unwrap();
        cluster.remove("certificate-authority-data");
        cluster.insert("certificate-authority".to_owned(), json!(authority.path()));
    })
    .await;
    let error = error(file.path(), None).await;
    assert!(
        matches!(error, ConnectError::Certificate { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_wrong_token_is_refused_and_shown_nowhere() {
    let file = changed(|config| config["users"][0]["user"] = json!({"token": "wrong-token"})).await;
    let error = error(file.path(), None).await;
    assert!(matches!(error, ConnectError::Rejected { .. }), "{error:?}");
    assert!(
        error.remedy().contains("log in again"),
        "{}",
        error.remedy()
    );
    assert!(!format!("{error:?}").contains("wrong-token"));
}

#[tokio::test]
async fn somebody_without_rights_is_told_what_is_missing() {
    let kube = support::cluster().await;
    let namespace = support::namespace(&kube).await;
    let account = support::object(
        "v1",
        "ServiceAccount",
        Some(&namespace),
        "nobody",
        json!({}),
    );
    support::apply(&kube, &account).await;
    let token = support::token(&namespace, "nobody").await;
    let file = changed(|config| config["users"][0]["user"] = json!({"token": token})).await;
    let error = error(file.path(), None).await;
    let ConnectError::Rejected { source, .. } = &error else {
        panic!("{error:?}");
    };
    assert!(source.is_forbidden(), "{source}");
    assert!(
        source
            .to_string()
            .contains("namespaces \"kube-system\" is forbidden"),
        "{source}"
    );
}
