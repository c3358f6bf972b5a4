//! An authority of the environment's own.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};
use zeroize::Zeroizing;

use crate::certificate::{Certificate, Pair};
use crate::proof::read_chain;
use crate::store::{Store, StoreError};

/// Why our own authority cannot make a certificate. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum OwnError {
    /// The library refuses.
    #[error("make a certificate by the environment's own authority")]
    Make(#[from] rcgen::Error),
    /// It cannot be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It ends before a certificate would.
    #[error("make a certificate by the environment's own authority: it ends itself on {}", .ends.strftime("%Y-%m-%d"))]
    Ends {
        /// When.
        ends: Timestamp,
    },
}

const DAY: Duration = Duration::from_secs(24 * 3600);
/// Everybody has to be told of a new authority by hand, so it holds for as long as machines do.
const AUTHORITY_DAYS: u32 = 3650;
/// Clocks of machines differ.
const EARLIER: Duration = Duration::from_secs(3600);

/// What the certificate of an authority says of itself; none when it is no certificate.
pub fn authority(trust: &str) -> Option<Certificate> {
    read_chain(trust).ok()
}

/// The authority of an environment: made when it is first asked for, then always the same.
pub(crate) struct Own {
    certificate: String,
    key: Zeroizing<String>,
}

impl Own {
    /// The authority that is kept; else a new one, which is kept then.
    pub(crate) fn load_or_make(store: &Store, environment: &str) -> Result<Self, OwnError> {
        if let Some((certificate, key)) = store.authority()? {
            return Ok(Self { certificate, key });
        }
        let pair = KeyPair::generate()?;
        let name = format!("mosipctl {environment} authority");
        let mut params = named(&name, AUTHORITY_DAYS)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&pair)?.pem();
        let key = Zeroizing::new(pair.serialize_pem());
        store.keep_authority(&certificate, &key)?;
        Ok(Self { certificate, key })
    }

    /// A certificate for these names. The authority's own stands after it, so that the chain can be proven.
    pub(crate) fn sign(
        &self,
        names: &[String],
        days: u32,
        now: Timestamp,
    ) -> Result<Pair, OwnError> {
        let ends = authority(&self.certificate).map(|own| own.ends);
        let lasts = now + jiff::SignedDuration::from_hours(24 * i64::from(days));
        if let Some(ends) = ends.filter(|ends| *ends < lasts) {
            return Err(OwnError::Ends { ends });
        }
        let issuer = Issuer::from_ca_cert_pem(&self.certificate, KeyPair::from_pem(&self.key)?)?;
        let pair = KeyPair::generate()?;
        let mut params = named(names.first().map_or("", String::as_str), days)?;
        params.subject_alt_names = CertificateParams::new(names.to_vec())?.subject_alt_names;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let leaf = params.signed_by(&pair, &issuer)?.pem();
        Ok(Pair {
            chain: format!("{leaf}{}", self.certificate),
            key: Zeroizing::new(pair.serialize_pem()),
        })
    }
}

/// Longest name that may stand there (RFC 5280, upper bound `ub-common-name`).
const NAME_LIMIT: usize = 64;

fn named(name: &str, days: u32) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name = DistinguishedName::new();
    if name.len() <= NAME_LIMIT {
        params.distinguished_name.push(DnType::CommonName, name);
    }
    let now = SystemTime::now();
    params.not_before = (now - EARLIER).into();
    params.not_after = (now + DAY * days).into();
    Ok(params)
}
