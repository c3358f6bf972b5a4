//! One request, signed and sent.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use mosipctl_endpoint::Endpoint;
use reqwest::Client;
use rusty_s3::signing::sign;
use rusty_s3::{Method, UrlStyle};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::answer::Answer;
use crate::bucket::BucketName;
use crate::error::StoreError;

/// How long a signature holds: longer than a request may take.
const SIGNED_FOR: Duration = Duration::from_secs(300);
/// What a store calls a version of an object, and its region.
const VERSION: &str = "x-amz-version-id";
const REGION: &str = "x-amz-bucket-region";

/// Sends requests of one owner of keys.
pub(crate) struct Sender {
    pub(crate) client: Client,
    pub(crate) endpoint: Endpoint,
    pub(crate) region: String,
    pub(crate) access_key: String,
    pub(crate) secret_key: SecretString,
}

/// One request about a bucket or an object in it.
pub(crate) struct Request<'a> {
    method: Method,
    bucket: &'a BucketName,
    key: Option<&'a str>,
    query: Vec<(&'a str, &'a str)>,
    body: Option<Vec<u8>>,
    checked: bool,
}

impl<'a> Request<'a> {
    pub(crate) fn new(method: Method, bucket: &'a BucketName) -> Self {
        Self {
            method,
            bucket,
            key: None,
            query: Vec::new(),
            body: None,
            checked: false,
        }
    }

    pub(crate) fn object(mut self, key: &'a str) -> Self {
        self.key = Some(key);
        self
    }

    /// A parameter. They are given in the order of their names, as signatures need them.
    pub(crate) fn query(mut self, name: &'a str, value: &'a str) -> Self {
        self.query.push((name, value));
        self
    }

    pub(crate) fn body(mut self, body: Vec<u8>) -> Self {
        self.body = Some(body);
        self
    }

    /// Sends the digest of the body with it, which S3 insists on for a lifecycle.
    pub(crate) fn checked(mut self) -> Self {
        self.checked = true;
        self
    }

    fn headers(&self) -> Vec<(&'static str, String)> {
        match (&self.body, self.checked) {
            (Some(body), true) => vec![
                (
                    "x-amz-checksum-sha256",
                    STANDARD.encode(Sha256::digest(body)),
                ),
                ("x-amz-sdk-checksum-algorithm", "SHA256".to_owned()),
            ],
            _ => Vec::new(),
        }
    }
}

impl Sender {
    /// Sends it and reads the answer, whatever it says.
    pub(crate) async fn send(
        &self,
        request: Request<'_>,
        what: &str,
    ) -> Result<Answer, StoreError> {
        let no_answer = |error: reqwest::Error| StoreError::NoAnswer {
            what: what.to_owned(),
            trouble: self.endpoint.trouble(&error),
        };
        let headers = request.headers();
        let url = self.signed(&request, &headers)?;
        let method = reqwest::Method::from_bytes(request.method.to_str().as_bytes());
        let mut builder = self.client.request(method.unwrap_or_default(), url);
        for (name, value) in headers {
            builder = builder.header(name, value);
        }
        if let Some(body) = request.body {
            builder = builder.body(body);
        }
        let response = builder.send().await.map_err(no_answer)?;
        let header = |name: &str| {
            let value = response.headers().get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        let (version, region) = (header(VERSION), header(REGION));
        Ok(Answer {
            status: response.status(),
            version,
            region,
            body: response.bytes().await.map_err(no_answer)?.to_vec(),
        })
    }

    /// The address with its signature.
    fn signed(
        &self,
        request: &Request<'_>,
        headers: &[(&'static str, String)],
    ) -> Result<reqwest::Url, StoreError> {
        let bucket = rusty_s3::Bucket::new(
            self.endpoint.url().clone(),
            // stores in a cluster have no names for their buckets
            UrlStyle::Path,
            request.bucket.as_str().to_owned(),
            self.region.clone(),
        );
        let bucket = bucket.map_err(|error| StoreError::Unexpected {
            what: format!("address bucket `{}`", request.bucket),
            status: 0,
            code: String::new(),
            message: error.to_string(),
        })?;
        let url = match request.key {
            Some(key) => bucket.object_url(key),
            None => bucket.base_url().clone(),
        };
        Ok(sign(
            &Timestamp::now(),
            request.method,
            url,
            &self.access_key,
            self.secret_key.expose_secret(),
            None,
            &self.region,
            SIGNED_FOR.as_secs(),
            request.query.iter().copied(),
            headers.iter().map(|(name, value)| (*name, value.as_str())),
        ))
    }
}
