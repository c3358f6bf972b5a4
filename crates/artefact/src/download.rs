//! Downloads with a pinned SHA-256.

use std::path::Path;
use std::time::Instant;

use futures::StreamExt;
use tokio::io::AsyncWriteExt;

use crate::digest::{Hasher, Sha256};
use crate::error::{ArtefactError, AtPath};
use crate::progress::{Action, Progress, Report};

/// One download.
pub(crate) struct Download<'a> {
    /// Name and version, for messages.
    pub(crate) what: &'a str,
    pub(crate) url: &'a str,
    pub(crate) sha256: Sha256,
}

impl Download<'_> {
    /// Streams the file to `target`, hashing on the way.
    ///
    /// # Errors
    /// The network fails, or what came is not what was pinned; `target` is then not to be used.
    pub(crate) async fn fetch(
        &self,
        target: &Path,
        progress: &dyn Progress,
    ) -> Result<(), ArtefactError> {
        let started = Instant::now();
        let response = self.request().await?;
        let total = response.content_length();
        let mut stream = response.bytes_stream();
        let mut file = tokio::fs::File::create(target).await.at(target)?;
        let mut hasher = Hasher::default();
        let mut done = 0;
        while let Some(piece) = stream.next().await {
            let piece = piece.map_err(|error| self.failed(error))?;
            hasher.update(&piece);
            file.write_all(&piece).await.at(target)?;
            done += piece.len() as u64;
            progress.report(&Report {
                what: self.what.to_owned(),
                action: Action::Downloading,
                done,
                total,
                elapsed: started.elapsed(),
            });
        }
        file.sync_all().await.at(target)?;
        let found = hasher.finish();
        if found == self.sha256 {
            return Ok(());
        }
        Err(ArtefactError::Digest {
            what: self.what.to_owned(),
            expected: self.sha256,
            found,
        })
    }

    async fn request(&self) -> Result<reqwest::Response, ArtefactError> {
        // reqwest asks the process for its TLS provider; ring is the only one there is, whoever sets it first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let url: reqwest::Url = self.url.parse().map_err(|error| self.failed(error))?;
        let client = reqwest::Client::builder()
            .https_only(!is_loopback(&url))
            .user_agent(concat!("mosipctl/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| self.failed(error))?;
        let response = client.get(url).send().await;
        response
            .and_then(reqwest::Response::error_for_status)
            .map_err(|error| self.failed(error.without_url()))
    }

    fn failed(&self, source: impl std::error::Error + Send + Sync + 'static) -> ArtefactError {
        ArtefactError::Download {
            what: self.what.to_owned(),
            url: self.url.to_owned(),
            source: Box::new(source),
        }
    }
}

fn is_loopback(url: &reqwest::Url) -> bool {
    url.host_str()
        .and_then(|host| host.parse::<std::net::IpAddr>().ok())
        .is_some_and(|address| address.is_loopback())
}
