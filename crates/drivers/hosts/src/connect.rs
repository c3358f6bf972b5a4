//! The way to a host: a socket or a jump, then the exchange of keys.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use russh::client::{self, Config, Handle};
use russh::keys::ssh_key::{Algorithm, HashAlg};
use russh::{ChannelOpenFailure, ChannelStream, Preferred};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::connection::Connection;
use crate::door::{Door, Seen};
use crate::error::HostError;
use crate::hosts::Settings;
use crate::key::HostKey;
use crate::known::Verdict;
use crate::target::Target;

/// A host that says nothing for this long is asked, and after three questions without an answer it is gone.
const SILENCE: Duration = Duration::from_secs(5);

/// Opens a connection as far as the exchange of keys: the host is who it is, and does not know us yet.
///
/// # Errors
/// Nobody answers, it is no SSH, or its key is not the pinned one.
pub(crate) async fn open(
    target: &Target,
    through: Option<&Connection>,
    (door, seen): (Door, &Seen),
    settings: &Settings,
) -> Result<Handle<Door>, HostError> {
    let pinned = settings.known.key(&target.name);
    let config = Arc::new(config(pinned.as_ref()));
    let exchange = async {
        match through {
            None => {
                let stream = socket(target, settings.patience).await?;
                Ok(client::connect_stream(config, stream, door).await)
            }
            Some(jump) => {
                let stream = behind(target, jump).await?;
                Ok(client::connect_stream(config, stream, door).await)
            }
        }
    };
    let exchanged = timeout(settings.patience, exchange).await;
    let exchanged = exchanged.unwrap_or_else(|_| Err(silent(target)))?;
    exchanged.map_err(|error| refused(target, &error, seen, settings))
}

async fn socket(target: &Target, patience: Duration) -> Result<TcpStream, HostError> {
    let connecting = TcpStream::connect((target.address.as_str(), target.port));
    let stream = timeout(patience, connecting).await;
    let stream = stream.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    let stream = stream.map_err(|error| unreachable(target, error))?;
    // a command and its answer are small: waiting for more to send would only delay them
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

async fn behind(
    target: &Target,
    jump: &Connection,
) -> Result<ChannelStream<client::Msg>, HostError> {
    let (address, port) = (target.address.clone(), u32::from(target.port));
    let opening = jump
        .handle()
        .channel_open_direct_tcpip(address, port, "127.0.0.1", 0);
    match opening.await {
        Ok(channel) => Ok(channel.into_stream()),
        Err(error) => Err(HostError::Jump {
            host: target.name.clone(),
            jump: jump.name().to_owned(),
            why: not_opened(&error, target),
            source: None,
        }),
    }
}

fn not_opened(error: &russh::Error, target: &Target) -> String {
    let place = target.place();
    match error {
        russh::Error::ChannelOpenFailure(ChannelOpenFailure::ConnectFailed) => {
            format!("it gets no connection to {place}")
        }
        russh::Error::ChannelOpenFailure(ChannelOpenFailure::AdministrativelyProhibited) => {
            format!("it may not forward to {place}")
        }
        error => format!("it does not forward to {place}: {error}"),
    }
}

fn unreachable(target: &Target, error: io::Error) -> HostError {
    HostError::Unreachable {
        host: target.name.clone(),
        place: target.place(),
        error,
    }
}

fn silent(target: &Target) -> HostError {
    HostError::NoSsh {
        host: target.name.clone(),
        place: target.place(),
        reason: "it takes the connection and says nothing".to_owned(),
    }
}

/// Why there was no exchange of keys.
fn refused(target: &Target, error: &russh::Error, seen: &Seen, settings: &Settings) -> HostError {
    let host = target.name.clone();
    match seen.key() {
        Some((key, Verdict::Unknown)) => HostError::UnknownKey {
            host,
            key: Box::new(key),
        },
        Some((key, Verdict::Changed(pinned))) => HostError::ChangedKey {
            host,
            key: Box::new(key),
            pinned: Box::new(pinned),
            file: settings.known.path().to_owned(),
        },
        _ => HostError::NoSsh {
            host,
            place: target.place(),
            reason: in_words(error),
        },
    }
}

fn in_words(error: &russh::Error) -> String {
    match error {
        russh::Error::HUP | russh::Error::Disconnect => {
            "it closes the connection; it may have too many that have not logged in".to_owned()
        }
        russh::Error::IO(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            "it closes the connection; it may have too many that have not logged in".to_owned()
        }
        russh::Error::Version => "what answers there is no SSH".to_owned(),
        error => error.to_string(),
    }
}

fn config(pinned: Option<&HostKey>) -> Config {
    Config {
        preferred: Preferred {
            key: kinds(pinned).into(),
            ..Preferred::DEFAULT
        },
        keepalive_interval: Some(SILENCE),
        keepalive_max: 3,
        ..Config::default()
    }
}

/// Kinds of keys that we take, the pinned one first: a host has several, and would show another. SHA-1 is not among them.
fn kinds(pinned: Option<&HostKey>) -> Vec<Algorithm> {
    let sha1 = Algorithm::Rsa { hash: None };
    let pinned = match pinned.map(HostKey::algorithm_of_library) {
        Some(Algorithm::Rsa { .. }) => vec![
            Algorithm::Rsa {
                hash: Some(HashAlg::Sha512),
            },
            Algorithm::Rsa {
                hash: Some(HashAlg::Sha256),
            },
        ],
        other => other.into_iter().collect(),
    };
    let usual = Preferred::DEFAULT.key;
    let others = usual
        .iter()
        .filter(|kind| **kind != sha1 && !pinned.contains(kind));
    pinned.iter().chain(others).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_the_pinned_key_is_asked_for_first_and_sha1_never() {
        let key =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";
        let all = kinds(Some(&key.parse().unwrap()));
        assert_eq!(all.first(), Some(&Algorithm::Ed25519));
        assert_eq!(all.len(), kinds(None).len());
        assert!(!all.contains(&Algorithm::Rsa { hash: None }));
    }

    /// What sshd of the RHEL family takes under its policies of cryptography, which its own configuration does not say
    /// (fedora-crypto-policies, `tests/outputs/*-opensshserver.txt`): key exchanges, ciphers, codes, kinds of keys.
    const POLICIES: [(&str, [&str; 4]); 3] = [
        (
            "DEFAULT",
            [
                "curve25519-sha256,ecdh-sha2-nistp256,diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha256",
                "aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,aes256-ctr",
                "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256",
                "ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-256,rsa-sha2-512",
            ],
        ),
        (
            "FUTURE",
            [
                "mlkem768x25519-sha256,curve25519-sha256,ecdh-sha2-nistp256,diffie-hellman-group-exchange-sha256",
                "aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,aes256-ctr",
                "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256",
                "ecdsa-sha2-nistp256,ssh-ed25519,rsa-sha2-256,rsa-sha2-512",
            ],
        ),
        (
            "FIPS",
            [
                "ecdh-sha2-nistp256,ecdh-sha2-nistp384,diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512",
                "aes256-gcm@openssh.com,aes256-ctr,aes128-gcm@openssh.com,aes128-ctr",
                "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256",
                "ecdsa-sha2-nistp256,rsa-sha2-256,rsa-sha2-512",
            ],
        ),
    ];

    #[test]
    fn we_have_something_in_common_with_sshd_under_each_policy_of_rhel() {
        let preferred = config(None).preferred;
        let ours: [Vec<String>; 4] = [
            preferred.kex.iter().map(text).collect(),
            preferred.cipher.iter().map(text).collect(),
            preferred.mac.iter().map(text).collect(),
            preferred.key.iter().map(Algorithm::to_string).collect(),
        ];
        for (policy, theirs) in POLICIES {
            for (ours, theirs) in ours.iter().zip(theirs) {
                let common = theirs
                    .split(',')
                    .find(|name| ours.iter().any(|our| our == name));
                assert!(common.is_some(), "{policy}: {theirs} of {ours:?}");
            }
        }
    }

    fn text(name: &impl AsRef<str>) -> String {
        name.as_ref().to_owned()
    }
}
