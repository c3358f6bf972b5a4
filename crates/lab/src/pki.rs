//! The lab's own certificates: one authority, one server certificate, one administrator.

use std::net::{IpAddr, Ipv4Addr};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};

use crate::folder::{LabFolder, write_private};

/// First address of the Service range, which is the API server's own Service.
const KUBERNETES_SERVICE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 96, 0, 1));
/// Kubernetes gives members of this group every right.
const ADMINISTRATORS: &str = "system:masters";
/// Who the administrator is, in audit logs and managed fields.
const ADMINISTRATOR: &str = "lab-administrator";

/// Why certificates could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PkiError {
    /// The library refuses.
    #[error("failed to make a certificate")]
    Certificate(#[from] rcgen::Error),
    /// A file cannot be written.
    #[error("failed to write a certificate")]
    Write(#[from] std::io::Error),
}

/// What goes into the kubeconfig, as PEM.
pub(crate) struct Administrator {
    pub(crate) authority: String,
    pub(crate) certificate: String,
    pub(crate) key: String,
}

/// Makes new certificates and keys: `ca.crt`, `server.crt|key`, `admin.crt|key` and `accounts.key|pub`, with which tokens of service
/// accounts are signed. The authority's key is not kept. Keys are ECDSA P-256.
pub(crate) fn make(folder: &LabFolder) -> Result<Administrator, PkiError> {
    let authority_key = KeyPair::generate()?;
    let authority_params = authority()?;
    let authority = authority_params.self_signed(&authority_key)?.pem();
    let issuer = Issuer::new(authority_params, authority_key);
    write_private(&folder.pki("ca.crt"), &authority)?;
    let server_key = KeyPair::generate()?;
    let server = server()?.signed_by(&server_key, &issuer)?;
    write_private(&folder.pki("server.crt"), server.pem())?;
    write_private(&folder.pki("server.key"), server_key.serialize_pem())?;
    let key = KeyPair::generate()?;
    let certificate = administrator()?.signed_by(&key, &issuer)?.pem();
    let key = key.serialize_pem();
    write_private(&folder.pki("admin.crt"), &certificate)?;
    write_private(&folder.pki("admin.key"), &key)?;
    let accounts = KeyPair::generate()?;
    write_private(&folder.pki("accounts.key"), accounts.serialize_pem())?;
    // the API server finds no public key in a private one of this form
    write_private(&folder.pki("accounts.pub"), accounts.public_key_pem())?;
    Ok(Administrator {
        authority,
        certificate,
        key,
    })
}

fn authority() -> Result<CertificateParams, rcgen::Error> {
    let mut params = named("mosipctl lab")?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

/// For every program that listens; etcd shows it as a client too.
fn server() -> Result<CertificateParams, rcgen::Error> {
    let mut params = named("lab-server")?;
    let names = [
        "localhost",
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
    ];
    for name in names {
        let name = name.try_into()?;
        params.subject_alt_names.push(SanType::DnsName(name));
    }
    for address in [IpAddr::V4(Ipv4Addr::LOCALHOST), KUBERNETES_SERVICE] {
        params.subject_alt_names.push(SanType::IpAddress(address));
    }
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::ClientAuth,
    ];
    Ok(params)
}

fn administrator() -> Result<CertificateParams, rcgen::Error> {
    let mut params = named(ADMINISTRATOR)?;
    params
        .distinguished_name
        .push(DnType::OrganizationName, ADMINISTRATORS);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    Ok(params)
}

fn named(name: &str) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    // machines whose clocks differ by a day are common in virtual machines
    let now = std::time::SystemTime::now();
    let day = std::time::Duration::from_secs(24 * 3600);
    params.not_before = (now - day).into();
    params.not_after = (now + 365 * day).into();
    Ok(params)
}
