//! Requests to the Admin REST API.

use std::sync::atomic::{AtomicU64, Ordering};

use http::{Method, StatusCode};
use reqwest::{RequestBuilder, Url};
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::error::{KeycloakError, refused};
use crate::keycloak::Keycloak;
use crate::session::Token;

/// How many requests were made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestCounts {
    /// Tokens taken for the administrator.
    pub logins: u64,
    /// Requests that only read.
    pub reads: u64,
    /// Requests that may change something.
    pub writes: u64,
}

/// Counts requests.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    logins: AtomicU64,
    reads: AtomicU64,
    writes: AtomicU64,
}

/// A request that is being put together.
pub(crate) struct Request<'a> {
    keycloak: &'a Keycloak,
    method: Method,
    url: Url,
    body: Option<Value>,
    what: String,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Vec<u8>,
}

impl Counters {
    pub(crate) fn read(&self) -> RequestCounts {
        RequestCounts {
            logins: self.logins.load(Ordering::Relaxed),
            reads: self.reads.load(Ordering::Relaxed),
            writes: self.writes.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn log_in(&self) {
        self.logins.fetch_add(1, Ordering::Relaxed);
    }

    fn count(&self, method: &Method) {
        let counter = match *method {
            Method::GET => &self.reads,
            _ => &self.writes,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

impl Keycloak {
    /// Reads. `what` reads after "failed to".
    pub(crate) fn get(&self, path: &[&str], what: impl Into<String>) -> Request<'_> {
        self.request(Method::GET, path, what)
    }

    /// Creates.
    pub(crate) fn post(&self, path: &[&str], body: Value, what: impl Into<String>) -> Request<'_> {
        self.request(Method::POST, path, what).body(body)
    }

    /// Changes.
    pub(crate) fn put(&self, path: &[&str], body: Value, what: impl Into<String>) -> Request<'_> {
        self.request(Method::PUT, path, what).body(body)
    }

    /// Any other.
    pub(crate) fn request(
        &self,
        method: Method,
        path: &[&str],
        what: impl Into<String>,
    ) -> Request<'_> {
        Request {
            keycloak: self,
            method,
            url: self.address(path),
            body: None,
            what: what.into(),
        }
    }

    /// An address below the base. Names may hold anything, so each is encoded as one piece.
    pub(crate) fn address(&self, path: &[&str]) -> Url {
        let mut url = self.inner.base.clone();
        if let Ok(mut pieces) = url.path_segments_mut() {
            pieces.pop_if_empty().extend(path);
        }
        url
    }

    /// Sends, and reads the whole answer.
    pub(crate) async fn send(
        &self,
        request: RequestBuilder,
        what: &str,
    ) -> Result<Answer, KeycloakError> {
        let unreachable = |error: reqwest::Error| KeycloakError::Unreachable {
            what: what.to_owned(),
            server: self.url(),
            trouble: self.inner.endpoint.trouble(&error),
        };
        let answer = request.send().await.map_err(unreachable)?;
        Ok(Answer {
            status: answer.status(),
            body: answer.bytes().await.map_err(unreachable)?.to_vec(),
        })
    }
}

impl Request<'_> {
    /// With something to send.
    pub(crate) fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// With a word in the query.
    pub(crate) fn query(mut self, key: &str, value: &str) -> Self {
        self.url.query_pairs_mut().append_pair(key, value);
        self
    }

    /// The answer; one that is no success is an error.
    pub(crate) async fn answer(self) -> Result<Answer, KeycloakError> {
        let answer = self.send().await?;
        match answer.status.is_success() {
            true => Ok(answer),
            false => Err(refused(&self.what, answer.status, &answer.body)),
        }
    }

    /// What was answered.
    pub(crate) async fn json(self) -> Result<Value, KeycloakError> {
        let what = self.what.clone();
        let answer = self.answer().await?;
        parse(&answer.body, what)
    }

    /// What was answered; none when it is not there.
    pub(crate) async fn found(self) -> Result<Option<Value>, KeycloakError> {
        let answer = self.send().await?;
        match answer.status {
            StatusCode::NOT_FOUND => Ok(None),
            status if status.is_success() => parse(&answer.body, self.what).map(Some),
            status => Err(refused(&self.what, status, &answer.body)),
        }
    }

    /// Does it, whatever is answered beside success.
    pub(crate) async fn done(self) -> Result<(), KeycloakError> {
        self.answer().await.map(drop)
    }

    async fn send(&self) -> Result<Answer, KeycloakError> {
        let token = self.keycloak.token().await?;
        let answer = self.send_with(&token).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let token = self.keycloak.token_after(&token).await?;
        self.send_with(&token).await
    }

    async fn send_with(&self, token: &Token) -> Result<Answer, KeycloakError> {
        let inner = &self.keycloak.inner;
        inner.counters.count(&self.method);
        let request = inner.client.request(self.method.clone(), self.url.clone());
        let request = request.bearer_auth(token.text.expose_secret());
        let request = match &self.body {
            Some(body) => request.json(body),
            None => request,
        };
        self.keycloak.send(request, &self.what).await
    }
}

fn parse(body: &[u8], what: String) -> Result<Value, KeycloakError> {
    serde_json::from_slice(body).map_err(|error| KeycloakError::Unreadable {
        what,
        problem: error.to_string(),
    })
}
