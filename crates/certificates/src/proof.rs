//! Whether a certificate is good for the hosts: looked at before it counts, whoever made it.

use jiff::Timestamp;
use rustls::RootCertStore;
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::ParsedCertificate;
use zeroize::Zeroizing;

use crate::certificate::{Certificate, Pair, Read};
use crate::flaw::Flaw;
use crate::names::covers;
use crate::pem::{Block, blocks};

/// A certificate with its line.
struct Placed<'a> {
    line: usize,
    read: Read<'a>,
}

/// Proves that the key fits, the chain is one, it holds now and is for all these names; then says what it is.
///
/// # Errors
/// The first thing that is wrong, with its line.
pub fn prove(pair: &Pair, names: &[String], now: Timestamp) -> Result<Certificate, Flaw> {
    let mut certificates = blocks(&pair.chain);
    // some keep the key in the same file
    certificates.retain(|block| block.label == "CERTIFICATE");
    let chain = certificates
        .iter()
        .map(place)
        .collect::<Result<Vec<_>, _>>()?;
    let first = chain.first().ok_or(Flaw::NoCertificate)?;
    key_fits(&pair.key, &chain)?;
    in_order(&chain)?;
    holds(&chain, now)?;
    let has = first.read.names();
    let lacks = names
        .iter()
        .filter(|name| !has.iter().any(|own| covers(own, name)));
    let lacks: Vec<String> = lacks.cloned().collect();
    if !lacks.is_empty() {
        let line = first.line;
        return Err(Flaw::Names { line, has, lacks });
    }
    holds_together(&chain, now)?;
    let reads: Vec<Read<'_>> = chain.into_iter().map(|placed| placed.read).collect();
    Certificate::of(&reads).ok_or(Flaw::NoCertificate)
}

/// What a chain says, whether it is good or not.
///
/// # Errors
/// There is none, or it cannot be read.
pub(crate) fn read_chain(chain: &str) -> Result<Certificate, Flaw> {
    let mut certificates = blocks(chain);
    certificates.retain(|block| block.label == "CERTIFICATE");
    let placed = certificates.iter().map(place);
    let reads = placed.map(|placed| placed.map(|placed| placed.read));
    let reads = reads.collect::<Result<Vec<_>, _>>()?;
    Certificate::of(&reads).ok_or(Flaw::NoCertificate)
}

fn place(block: &Block) -> Result<Placed<'_>, Flaw> {
    let (of, line) = ("chain", block.line);
    let read = block.bytes.as_ref().and_then(|bytes| Read::new(bytes));
    let read = read.ok_or(Flaw::Broken { of, line })?;
    Ok(Placed { line, read })
}

fn key_fits(key: &str, chain: &[Placed<'_>]) -> Result<(), Flaw> {
    let public = public_key(key)?;
    let Some(first) = chain.first().filter(|first| first.read.key() != public) else {
        return Ok(());
    };
    let fits = chain.iter().find(|placed| placed.read.key() == public);
    Err(Flaw::OtherKey {
        line: first.line,
        subject: first.read.subject(),
        fits: fits.map(|placed| placed.line),
    })
}

/// The public half of a private key, in the form in which certificates have it.
fn public_key(key: &str) -> Result<Vec<u8>, Flaw> {
    let is_key = |block: &&Block| block.label.ends_with("PRIVATE KEY");
    let blocks = blocks(key);
    let block = blocks.iter().find(is_key).ok_or(Flaw::NoKey)?;
    let line = block.line;
    // older files say it in a line of the block itself, which is then no base64
    if block.label.starts_with("ENCRYPTED") || key.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(Flaw::LockedKey { line });
    }
    let broken = || Flaw::Broken { of: "key", line };
    let bytes = block.bytes.as_ref().ok_or_else(broken)?;
    let der = der(&block.label, bytes).ok_or_else(broken)?;
    let signing = ring::sign::any_supported_type(&der).map_err(|_| broken())?;
    let public = signing.public_key().ok_or_else(broken)?;
    Ok(public.to_vec())
}

fn der<'a>(label: &str, bytes: &'a Zeroizing<Vec<u8>>) -> Option<PrivateKeyDer<'a>> {
    let bytes = bytes.as_slice();
    match label {
        "PRIVATE KEY" => Some(PrivateKeyDer::Pkcs8(bytes.into())),
        "EC PRIVATE KEY" => Some(PrivateKeyDer::Sec1(bytes.into())),
        "RSA PRIVATE KEY" => Some(PrivateKeyDer::Pkcs1(bytes.into())),
        _ => None,
    }
}

fn in_order(chain: &[Placed<'_>]) -> Result<(), Flaw> {
    for pair in chain.windows(2) {
        let [below, above] = pair else { continue };
        if !below.read.is_signed_by_name_of(&above.read) {
            let right = chain.iter().find(|other| {
                other.line != below.line && below.read.is_signed_by_name_of(&other.read)
            });
            return Err(Flaw::Order {
                line: above.line,
                subject: above.read.subject(),
                below: below.line,
                issuer: below.read.issuer(),
                right: right.map(|placed| placed.line),
            });
        }
    }
    Ok(())
}

fn holds(chain: &[Placed<'_>], now: Timestamp) -> Result<(), Flaw> {
    for Placed { line, read } in chain {
        let (line, subject) = (*line, read.subject());
        if read.ends() <= now {
            let ended = read.ends();
            return Err(Flaw::Ended {
                line,
                subject,
                ended,
            });
        }
        if read.begins() > now {
            let begins = read.begins();
            return Err(Flaw::NotBegun {
                line,
                subject,
                begins,
            });
        }
    }
    Ok(())
}

/// Signatures and constraints, by the rules of TLS clients. The last certificate is taken for an authority; of one alone nothing can be
/// said.
fn holds_together(chain: &[Placed<'_>], now: Timestamp) -> Result<(), Flaw> {
    let ders: Vec<CertificateDer<'_>> = chain.iter().map(|placed| placed.read.der.into()).collect();
    let [own, between @ .., last] = ders.as_slice() else {
        return Ok(());
    };
    let refused = |error: rustls::Error| Flaw::Refused {
        reason: error.to_string(),
    };
    let mut roots = RootCertStore::empty();
    roots.add(last.clone().into_owned()).map_err(refused)?;
    let seconds = u64::try_from(now.as_second()).unwrap_or_default();
    let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
    let algorithms = ring::default_provider().signature_verification_algorithms;
    let own = ParsedCertificate::try_from(own).map_err(refused)?;
    verify_server_cert_signed_by_trust_anchor(&own, &roots, between, now, algorithms.all)
        .map_err(refused)
}

#[cfg(test)]
mod tests;
