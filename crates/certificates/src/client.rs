//! HTTP for ACME: through the proxy of the surroundings, with a time limit, and with the trust that the file names.

use std::error::Error as StdError;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use reqwest::{Body, Certificate, Client};

/// An authority may think for some seconds before it answers an order.
const PATIENCE: Duration = Duration::from_secs(60);
const CONNECT: Duration = Duration::from_secs(15);

/// HTTP for ACME.
pub(crate) struct AcmeClient(Client);

impl AcmeClient {
    /// Trusts what this machine trusts, and these certificates (PEM).
    pub(crate) fn new(trust: Option<&[u8]>) -> Result<Self, reqwest::Error> {
        // whoever calls this from elsewhere may have named one, the same
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .timeout(PATIENCE)
            .connect_timeout(CONNECT)
            .https_only(true);
        if let Some(pem) = trust {
            builder = builder.tls_certs_merge(Certificate::from_pem_bundle(pem)?);
        }
        Ok(Self(builder.build()?))
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>>;

impl HttpClient for AcmeClient {
    fn request(&self, request: http::Request<BodyWrapper<bytes::Bytes>>) -> Answer {
        let client = self.0.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let sending = client
                .request(parts.method, parts.uri.to_string())
                .headers(parts.headers)
                .body(Body::wrap(body));
            let response = sending.send().await.map_err(other)?;
            let mut answer = http::Response::new(());
            *answer.status_mut() = response.status();
            *answer.headers_mut() = response.headers().clone();
            let bytes = response.bytes().await.map_err(other)?;
            Ok(BytesResponse {
                parts: answer.into_parts().0,
                body: Box::new(bytes),
            })
        })
    }
}

fn other(error: impl StdError + Send + Sync + 'static) -> Error {
    Error::Other(Box::new(error))
}
