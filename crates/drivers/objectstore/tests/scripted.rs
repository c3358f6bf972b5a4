//! The driver against a scripted peer on loopback, for answers that a real store gives only with luck.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::sync::{Arc, Mutex};

use mosipctl_endpoint::Endpoint;
use mosipctl_objectstore::{
    Bucket, Note, ObjectStore, Setting, StoreError, StoreSettings, Versioning,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What was asked, such as `PUT /idrepo/ versioning`.
type Asked = Arc<Mutex<Vec<String>>>;

/// Answers each request with the next status and code of a script.
async fn peer(script: &[(u16, &'static str)]) -> (ObjectStore, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Asked::default();
    let told = Arc::clone(&asked);
    let script = script.to_vec();
    tokio::spawn(async move {
        for (status, code) in script {
            let stream = listener.accept().await.unwrap().0;
            let line = answer(stream, status, code).await;
            told.lock().unwrap().push(line);
        }
    });
    let store = ObjectStore::new(StoreSettings {
        endpoint: Endpoint::new(&url).unwrap(),
        region: Some("eu-west-1".to_owned()),
        access_key: "key".to_owned(),
        secret_key: "secret".to_owned().into(),
    });
    (store.unwrap(), asked)
}

async fn answer(mut stream: TcpStream, status: u16, code: &str) -> String {
    let mut text = Vec::new();
    while !text.windows(4).any(|end| end == b"\r\n\r\n") {
        stream.read_buf(&mut text).await.unwrap();
    }
    let body = match code {
        "" => String::new(),
        code => format!("<Error><Code>{code}</Code><Message>as told</Message></Error>"),
    };
    let answer = format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await.unwrap();
    let _ = stream.shutdown().await;
    let text = String::from_utf8_lossy(&text);
    let mut words = text.split_whitespace();
    let (method, path) = (words.next().unwrap(), words.next().unwrap());
    format!("{method} {}", path.split('?').next().unwrap())
}

fn bucket() -> Bucket {
    Bucket::new("idrepo".parse().unwrap())
}

#[tokio::test]
async fn a_name_that_somebody_else_has_is_told() {
    let (store, _) = peer(&[(404, ""), (409, "BucketAlreadyExists")]).await;
    let error = store.make(&bucket()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "use bucket `idrepo`: it belongs to somebody else (BucketAlreadyExists)"
    );
    assert!(error.remedy().unwrap().contains("bucketPrefix"));
}

#[tokio::test]
async fn a_bucket_that_somebody_else_just_made_for_us_is_ours() {
    let (store, asked) = peer(&[(404, ""), (409, "BucketAlreadyOwnedByYou")]).await;
    assert!(store.make(&bucket()).await.unwrap().is_unchanged());
    assert_eq!(*asked.lock().unwrap(), ["HEAD /idrepo/", "PUT /idrepo/"]);
}

#[tokio::test]
async fn a_store_that_cannot_just_now_is_asked_again() {
    let script = [
        (404, ""),
        (500, "InternalError"),
        (404, ""),
        (503, "SlowDown"),
        (404, ""),
        (200, ""),
    ];
    let (store, asked) = peer(&script).await;
    assert!(store.make(&bucket()).await.unwrap().created);
    assert_eq!(asked.lock().unwrap().len(), script.len());
}

#[tokio::test]
async fn what_a_store_cannot_do_is_noted() {
    let mut wanted = bucket();
    wanted.versioning = Some(Versioning::Enabled);
    wanted.lifecycle = Some(Vec::new());
    let script = [
        (200, ""),
        (501, "NotImplemented"),
        (404, "NoSuchLifecycleConfiguration"),
    ];
    let (store, _) = peer(&script).await;
    let made = store.make(&wanted).await.unwrap();
    assert_eq!(made.notes, [Note::Unsupported(Setting::Versioning)]);
    assert!(made.is_unchanged());
}

#[tokio::test]
async fn a_wrong_region_is_no_wrong_key() {
    let (store, _) = peer(&[(400, ""), (301, "PermanentRedirect")]).await;
    let error = store.make(&bucket()).await.unwrap_err();
    assert!(matches!(error, StoreError::Region { .. }), "{error}");
    assert!(!error.is_transient());
}
