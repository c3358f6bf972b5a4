//! Downloads from a server of our own on the loopback interface.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mosipctl_artefact::{
    Artefact, ArtefactError, Artefacts, Kind, Network, Settings, Sha256, Source,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const CONTENT: &str = "a packed chart";

/// A server that gives [`CONTENT`] to everybody and counts.
struct Server {
    url: String,
    served: Arc<AtomicUsize>,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/chart", listener.local_addr().unwrap());
        let served = Arc::new(AtomicUsize::new(0));
        let counter = served.clone();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                counter.fetch_add(1, Ordering::SeqCst);
                let mut request = [0; 1024];
                let _ = stream.read(&mut request).await.unwrap();
                let length = CONTENT.len();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{CONTENT}"
                );
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        Self { url, served }
    }

    fn artefact(&self, sha256: Sha256) -> Artefact {
        Artefact {
            kind: Kind::Chart,
            name: "chart.tgz".to_owned(),
            version: "1.0.0".to_owned(),
            sources: vec![Source::Https {
                url: self.url.clone(),
                sha256,
            }],
        }
    }
}

fn artefacts(cache: &std::path::Path, network: Network) -> Artefacts {
    Artefacts::new(Settings {
        cache: cache.to_owned(),
        mirror: None,
        git_mirrors: None,
        git_server: String::new(),
        search_path: None,
        network,
    })
}

#[tokio::test]
async fn a_file_is_downloaded_once_however_many_ask() {
    let (server, cache) = (Server::start().await, tempfile::tempdir().unwrap());
    let artefact = server.artefact(Sha256::of(CONTENT.as_bytes()));
    let artefacts = artefacts(cache.path(), Network::Allowed);
    let asked = (0..8).map(|_| artefacts.file(&artefact));
    for path in futures::future::join_all(asked).await {
        assert_eq!(std::fs::read_to_string(path.unwrap()).unwrap(), CONTENT);
    }
    assert_eq!(server.served.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_was_downloaded_is_used_without_a_network() {
    let (server, cache) = (Server::start().await, tempfile::tempdir().unwrap());
    let artefact = server.artefact(Sha256::of(CONTENT.as_bytes()));
    let offline = artefacts(cache.path(), Network::Refused);
    let error = offline.file(&artefact).await.unwrap_err();
    assert!(matches!(error, ArtefactError::Missing { .. }), "{error}");
    let online = artefacts(cache.path(), Network::Allowed);
    let path = online.file(&artefact).await.unwrap();
    assert_eq!(offline.file(&artefact).await.unwrap(), path);
}

#[tokio::test]
async fn what_was_not_pinned_is_neither_used_nor_kept() {
    let (server, cache) = (Server::start().await, tempfile::tempdir().unwrap());
    let artefact = server.artefact(Sha256::of(b"another content"));
    let error = artefacts(cache.path(), Network::Allowed)
        .file(&artefact)
        .await
        .unwrap_err();
    assert!(matches!(error, ArtefactError::Digest { .. }), "{error}");
    assert!(!cache.path().join("charts").exists());
    let scratch = std::fs::read_dir(cache.path().join("scratch")).unwrap();
    assert_eq!(scratch.count(), 0);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let cache = tempfile::tempdir().unwrap();
    let server = Server {
        url: "http://127.0.0.1:9/chart".to_owned(),
        served: Arc::default(),
    };
    let artefact = server.artefact(Sha256::of(b""));
    let error = artefacts(cache.path(), Network::Allowed)
        .file(&artefact)
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "failed to download chart.tgz 1.0.0 from http://127.0.0.1:9/chart"
    );
}

#[tokio::test]
async fn plain_http_is_refused_beyond_this_machine() {
    let cache = tempfile::tempdir().unwrap();
    let server = Server {
        url: "http://example.org/chart".to_owned(),
        served: Arc::default(),
    };
    let artefact = server.artefact(Sha256::of(b""));
    let error = artefacts(cache.path(), Network::Allowed)
        .file(&artefact)
        .await
        .unwrap_err();
    let source = std::error::Error::source(&error).unwrap();
    let mut chain = format!("{source}");
    let mut next = source.source();
    while let Some(error) = next {
        chain = format!("{chain}: {error}");
        next = error.source();
    }
    assert!(chain.contains("URL scheme is not allowed"), "{chain}");
}
