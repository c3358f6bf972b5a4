//! Lets in only hosts whose key is pinned.

use std::sync::{Arc, Mutex, PoisonError};

use russh::client::{DisconnectReason, Handler};
use russh::keys::PublicKeyOrCertificate;

use crate::key::HostKey;
use crate::known::{KnownHosts, Verdict};

/// What the library asks when a host shows its key.
pub(crate) struct Door {
    host: String,
    known: Option<Arc<KnownHosts>>,
    seen: Seen,
}

/// The key that was shown and what was said of it, and why a connection ended; for those who opened it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    key: Option<(HostKey, Verdict)>,
    end: Option<String>,
}

impl Door {
    /// One that opens for the pinned key of this host.
    pub(crate) fn pinned(host: &str, known: Arc<KnownHosts>, seen: Seen) -> Self {
        Self {
            host: host.to_owned(),
            known: Some(known),
            seen,
        }
    }

    /// One that opens for nobody and tells which key was shown.
    pub(crate) fn looking(host: &str, seen: Seen) -> Self {
        Self {
            host: host.to_owned(),
            known: None,
            seen,
        }
    }
}

impl Seen {
    /// The key that was shown, and what was said of it.
    pub(crate) fn key(&self) -> Option<(HostKey, Verdict)> {
        self.inner(|inner| inner.key.clone())
    }

    /// Why the connection ended, when it did.
    pub(crate) fn end(&self) -> Option<String> {
        self.inner(|inner| inner.end.clone())
    }

    fn inner<T>(&self, look: impl FnOnce(&mut Inner) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Handler for Door {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        shown: &PublicKeyOrCertificate,
    ) -> Result<bool, russh::Error> {
        // certificates are not asked for, so none comes
        let PublicKeyOrCertificate::PublicKey { key, .. } = shown else {
            return Ok(false);
        };
        let key = HostKey::of(key);
        let verdict = match &self.known {
            Some(known) => known.verdict(&self.host, &key),
            None => Verdict::Unknown,
        };
        let is_pinned = verdict == Verdict::Pinned;
        self.seen.inner(|inner| inner.key = Some((key, verdict)));
        Ok(is_pinned)
    }

    async fn disconnected(
        &mut self,
        reason: DisconnectReason<russh::Error>,
    ) -> Result<(), russh::Error> {
        let text = match reason {
            DisconnectReason::ReceivedDisconnect(info) => match info.message.is_empty() {
                true => "the host ended it".to_owned(),
                false => format!("the host ended it: {}", info.message),
            },
            DisconnectReason::Error(russh::Error::KeepaliveTimeout) => {
                "the host fell silent".to_owned()
            }
            DisconnectReason::Error(russh::Error::HUP | russh::Error::Disconnect) => {
                "the host is gone".to_owned()
            }
            DisconnectReason::Error(error) => error.to_string(),
        };
        self.seen.inner(|inner| inner.end = Some(text));
        Ok(())
    }
}
