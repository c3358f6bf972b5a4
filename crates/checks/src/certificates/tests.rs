use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::finding::Outcome;

/// A server with a certificate of an authority of its own: its address, and that authority.
async fn server(name: &str, ends: i32) -> (SocketAddr, CertificateDer<'static>) {
    let authority_key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(params, authority_key);
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.not_after = date_time_ymd(ends, 1, 1);
    let own = params.signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        // a client that does not trust it ends this with an error
        let _ = acceptor.accept(stream).await;
    });
    (address, authority.der().clone())
}

#[tokio::test]
async fn a_certificate_of_a_trusted_authority_passes_with_its_end() {
    let (address, authority) = server("www.example.org", 4000).await;
    let trust = Trust::in_certificates(vec![authority]).unwrap();
    let shown = look_at("www.example.org", address, &trust).await;
    let Shown::Trusted { ends: Some(ends) } = shown else {
        panic!("{shown:?}");
    };
    assert!(ends.to_string().starts_with("4000-01-01"), "{ends}");
}

#[tokio::test]
async fn another_name_an_unknown_authority_and_an_end_that_passed_are_told_apart() {
    let (address, authority) = server("other.example.org", 4000).await;
    let trust = Trust::in_certificates(vec![authority]).unwrap();
    let shown = look_at("www.example.org", address, &trust).await;
    assert_eq!(shown, Shown::Refused(Refusal::Name));
    let (address, _) = server("www.example.org", 4000).await;
    let shown = look_at("www.example.org", address, &trust).await;
    assert_eq!(shown, Shown::Refused(Refusal::Issuer));
    let (address, authority) = server("www.example.org", 2001).await;
    let trust = Trust::in_certificates(vec![authority]).unwrap();
    let shown = look_at("www.example.org", address, &trust).await;
    assert_eq!(shown, Shown::Refused(Refusal::Ended));
}

#[tokio::test]
async fn where_nothing_listens_nothing_passed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let (_, authority) = server("www.example.org", 4000).await;
    let trust = Trust::in_certificates(vec![authority]).unwrap();
    let shown = look_at("www.example.org", address, &trust).await;
    let finding = judge("www.example.org", &shown, Timestamp::UNIX_EPOCH);
    assert_eq!(finding.outcome, Outcome::Skipped);
}

#[test]
fn an_end_that_is_near_is_warned_of() {
    let now = Timestamp::UNIX_EPOCH;
    let outcome = |days: i64| {
        let ends = Some(now + SignedDuration::from_hours(24 * days));
        judge("a.example.org", &Shown::Trusted { ends }, now).outcome
    };
    assert_eq!(outcome(29), Outcome::Warning);
    assert_eq!(outcome(90), Outcome::Passed);
}
