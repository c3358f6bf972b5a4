//! The pod of a token.

use std::path::Path;

use mosipctl_catalogue::edition::key_store::Token;
use mosipctl_kube::{ExecRequest, Exit, KubeError, Kubernetes, Selection};
use mosipctl_object::{Kind, StatusSubresource, readiness};
use tokio::fs::OpenOptions;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::error::TokenError;
use super::files::{self, Digests};

/// Finds the folder of tokens in the settings of SoftHSM.
const FOLDER: &str = r#"set -e
folder=$(sed -n 's/^[[:space:]]*directories\.tokendir[[:space:]]*=[[:space:]]*//p' "$SOFTHSM2_CONF")
cd "$folder"
"#;
/// Packs it under the name that it has.
const PACK: &str = r#"tar -C .. -czf - "$(basename "$PWD")""#;
/// Tells the digest of each file in it.
const DIGESTS: &str = "find . -type f -exec sha256sum {} +";

/// The pod of a token.
pub(super) struct Pod<'a> {
    kube: &'a dyn Kubernetes,
    namespace: &'a str,
    container: &'a str,
    name: String,
}

impl<'a> Pod<'a> {
    /// A ready one of its release.
    pub(super) async fn find(
        kube: &'a dyn Kubernetes,
        token: &'a Token,
    ) -> Result<Self, TokenError> {
        let release = &token.release;
        let (namespace, instance) = release.split_once('/').unwrap_or_default();
        let of_release = format!("app.kubernetes.io/instance={instance}");
        let selection = Selection::namespace(namespace).labels(of_release);
        let pods = kube.list(&Kind::core("Pod"), &selection).await;
        let pods = pods.map_err(|source| TokenError::Connection {
            pod: release.clone(),
            source,
        })?;
        let is_ready = |pod: &&_| readiness(pod, StatusSubresource::Present).is_ready();
        let pod = pods.iter().find(is_ready).ok_or(TokenError::NoPod {
            release: release.clone(),
        })?;
        Ok(Self {
            kube,
            namespace,
            container: &token.container,
            name: pod.name().to_owned(),
        })
    }

    /// Writes the token, packed, into a file that is there.
    pub(super) async fn pack(&self, file: &Path) -> Result<(), TokenError> {
        let opened = OpenOptions::new().write(true).open(file).await;
        let mut file = opened.map_err(|source| self.unwritten(source))?;
        self.run(PACK, &mut file).await
    }

    /// The digests of its files.
    pub(super) async fn digests(&self) -> Result<Digests, TokenError> {
        let mut told = Vec::new();
        self.run(DIGESTS, &mut told).await?;
        Ok(files::parse(&String::from_utf8_lossy(&told)))
    }

    pub(super) fn changed(&self) -> TokenError {
        TokenError::Changed { pod: self.pod() }
    }

    /// Runs a script in the folder of tokens and writes what it says.
    async fn run(
        &self,
        script: &str,
        to: &mut (impl AsyncWrite + Unpin),
    ) -> Result<(), TokenError> {
        let request = ExecRequest {
            namespace: self.namespace.to_owned(),
            pod: self.name.clone(),
            container: Some(self.container.to_owned()),
            command: vec!["sh".into(), "-c".into(), format!("{FOLDER}{script}")],
        };
        let started = self.kube.exec(&request).await;
        let mut execution = started.map_err(|source| self.unreached(source))?;
        let mut buffer = vec![0; 64 * 1024];
        // what breaks the output shows at the end
        while let Ok(read @ 1..) = execution.output.read(&mut buffer).await {
            let part = buffer.get(..read).unwrap_or_default();
            let written = to.write_all(part).await;
            written.map_err(|source| self.unwritten(source))?;
        }
        let flushed = to.flush().await;
        flushed.map_err(|source| self.unwritten(source))?;
        match execution.ended().await {
            Ok(Exit::Done) => Ok(()),
            Ok(Exit::Failed { message, .. }) => Err(TokenError::Command {
                pod: self.pod(),
                message,
            }),
            Err(source) => Err(self.unreached(source)),
        }
    }

    fn pod(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    fn unreached(&self, source: KubeError) -> TokenError {
        let pod = self.pod();
        TokenError::Connection { pod, source }
    }

    fn unwritten(&self, source: std::io::Error) -> TokenError {
        let pod = self.pod();
        TokenError::Copy { pod, source }
    }
}
