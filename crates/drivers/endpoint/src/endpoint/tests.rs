use std::net::{Ipv4Addr, SocketAddr};

use mosipctl_reach::{Direct, Reach, ReachError, Stream};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

const PATIENCE: Duration = Duration::from_secs(20);

/// A way that never leads anywhere.
#[derive(Debug)]
struct Nowhere;

#[async_trait::async_trait]
impl Reach for Nowhere {
    async fn connect(&self) -> Result<Stream, ReachError> {
        Err(ReachError::NoPod {
            target: self.target(),
            reason: "no pod is behind the Service".to_owned(),
        })
    }

    fn target(&self) -> String {
        "keycloak/keycloak:http".to_owned()
    }
}

/// Answers one request with the `Host` it was asked for.
async fn echo_host(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let mut text = vec![0; 4096];
    let read = stream.read(&mut text).await.unwrap();
    let text = String::from_utf8_lossy(&text[..read]).to_lowercase();
    let host = text.lines().find(|line| line.starts_with("host:")).unwrap();
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{host}",
        host.len()
    );
    stream.write_all(answer.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
}

async fn plain_server() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { echo_host(listener.accept().await.unwrap().0).await });
    address
}

/// A server with a certificate for `name`, and that certificate.
async fn secret_server(name: &str) -> (SocketAddr, String) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let settings = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(settings));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let stream = listener.accept().await.unwrap().0;
        if let Ok(stream) = acceptor.accept(stream).await {
            echo_host(stream).await;
        }
    });
    (address, made.cert.pem())
}

async fn tunnel(address: SocketAddr) -> Arc<Tunnel> {
    let reach = Arc::new(Direct::new(address.ip().to_string(), address.port()));
    Arc::new(Tunnel::open(reach).await.unwrap())
}

async fn ask(endpoint: &Endpoint) -> Result<String, Trouble> {
    let client = endpoint.client(PATIENCE).unwrap();
    let answer = client.get(endpoint.url().clone()).send().await;
    match answer {
        Ok(answer) => Ok(answer.text().await.unwrap()),
        Err(error) => Err(endpoint.trouble(&error)),
    }
}

#[test]
fn an_address_with_a_password_is_refused_without_repeating_it() {
    let error = Endpoint::new("https://me:hidden@s3.example.org").unwrap_err();
    assert_eq!(
        error.to_string(),
        "read the address `https://s3.example.org`: it holds a user name or password"
    );
    let error = Endpoint::new("me:hidden@s3.example.org").unwrap_err();
    assert!(!error.to_string().contains("hidden"), "{error}");
}

#[test]
fn what_is_no_address_of_a_server_is_refused() {
    for text in [
        "s3.example.org",
        "ftp://s3.example.org",
        "https://",
        "https://a/?x=1",
    ] {
        assert!(Endpoint::new(text).is_err(), "{text}");
    }
    let plain = Endpoint::new("https://s3.example.org/store/").unwrap();
    assert_eq!(plain.to_string(), "https://s3.example.org/store");
}

#[tokio::test]
async fn the_server_hears_its_own_name_through_a_tunnel() {
    let tunnel = tunnel(plain_server().await).await;
    let endpoint = Endpoint::new("http://keycloak.keycloak:8080/auth").unwrap();
    let endpoint = endpoint.through(tunnel);
    assert_eq!(ask(&endpoint).await.unwrap(), "host: keycloak.keycloak");
}

#[tokio::test]
async fn an_address_without_a_name_gives_way_to_the_tunnel() {
    let tunnel = tunnel(plain_server().await).await;
    let near = tunnel.local_addr();
    let endpoint = Endpoint::new("http://10.0.0.9:9000").unwrap();
    let endpoint = endpoint.through(tunnel);
    assert_eq!(ask(&endpoint).await.unwrap(), format!("host: {near}"));
}

#[tokio::test]
async fn a_certificate_is_checked_for_the_name_of_the_server_through_a_tunnel() {
    let (address, certificate) = secret_server("iam.example.org").await;
    let endpoint = Endpoint::new("https://iam.example.org").unwrap();
    let endpoint = endpoint.trusting(certificate.as_bytes()).unwrap();
    let endpoint = endpoint.through(tunnel(address).await);
    assert_eq!(ask(&endpoint).await.unwrap(), "host: iam.example.org");
}

#[tokio::test]
async fn a_certificate_of_another_or_of_nobody_we_trust_is_refused() {
    let (address, certificate) = secret_server("other.example.org").await;
    let named = Endpoint::new("https://iam.example.org").unwrap();
    let trusted = named.clone().trusting(certificate.as_bytes()).unwrap();
    let trusted = trusted.through(tunnel(address).await);
    let trouble = ask(&trusted).await.unwrap_err();
    assert!(matches!(trouble, Trouble::Certificate(_)), "{trouble}");
    assert!(!trouble.is_transient());

    let (address, _) = secret_server("iam.example.org").await;
    let trouble = ask(&named.through(tunnel(address).await))
        .await
        .unwrap_err();
    assert!(matches!(trouble, Trouble::Certificate(_)), "{trouble}");
}

#[tokio::test]
async fn a_closed_port_may_open_later() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let endpoint = Endpoint::new(&format!("http://{address}")).unwrap();
    let trouble = ask(&endpoint).await.unwrap_err();
    assert!(trouble.is_transient());
    assert!(trouble.to_string().contains("refused"), "{trouble}");
}

#[tokio::test]
async fn the_way_says_why_it_leads_nowhere() {
    let tunnel = Arc::new(Tunnel::open(Arc::new(Nowhere)).await.unwrap());
    let endpoint = Endpoint::new("http://keycloak.keycloak").unwrap();
    let trouble = ask(&endpoint.through(tunnel)).await.unwrap_err();
    assert_eq!(
        trouble.to_string(),
        "no way to the server: connect to keycloak/keycloak:http: no pod is behind the Service"
    );
}

#[tokio::test]
async fn what_speaks_no_http_is_not_asked_again() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut stream = listener.accept().await.unwrap().0;
        stream.write_all(b"220 mail.example.org\r\n").await.unwrap();
        let _ = stream.read(&mut [0; 512]).await;
    });
    let endpoint = Endpoint::new(&format!("http://{address}")).unwrap();
    let trouble = ask(&endpoint).await.unwrap_err();
    assert!(matches!(trouble, Trouble::Garbled(_)), "{trouble}");
}
