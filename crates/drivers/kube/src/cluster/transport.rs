//! The wire: one place through which every request goes, counts, is timed and has its errors read.

use std::error::Error as StdError;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use http::header::{ACCEPT, CONTENT_TYPE, DATE};
use jiff::Timestamp;
use kube::client::Body;
use serde_json::Value;

use super::requests::Request;
use crate::counts::Counter;
use crate::error::{KubeError, Refusal, Status, TransientCause};

/// Time for one request and its answer: the API server's own limit for requests that are no watch.
pub(super) const REQUEST: Duration = Duration::from_secs(60);

/// How often a busy API server is asked again: as often as `client-go` does.
const TRIES_WHEN_BUSY: usize = 10;
/// Wait when it does not say how long.
const WAIT_WHEN_BUSY: Duration = Duration::from_secs(1);
/// An API server that wants more has other troubles; they are told then.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// A client that counts and knows the API server's clock.
pub(super) struct Transport {
    client: kube::Client,
    address: String,
    counter: Counter,
    /// Milliseconds that the API server's clock is ahead of ours.
    ahead: AtomicI64,
}

impl Transport {
    pub(super) fn new(client: kube::Client, address: String) -> Self {
        Self {
            client,
            address,
            counter: Counter::default(),
            ahead: AtomicI64::new(0),
        }
    }

    pub(super) fn client(&self) -> kube::Client {
        self.client.clone()
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn counter(&self) -> &Counter {
        &self.counter
    }

    /// The time by the API server's clock, as of its last answer.
    pub(super) fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        let ahead = jiff::SignedDuration::from_millis(self.ahead.load(Ordering::Relaxed));
        now.checked_add(ahead).unwrap_or(now)
    }

    /// An answer as JSON; errors of the API server as data, for those who look into them.
    pub(super) async fn answer(
        &self,
        request: &Request,
        what: &str,
    ) -> Result<Result<Value, Status>, KubeError> {
        let (code, body) = self.exchange(request, what).await?;
        if code >= 400 {
            return Ok(Err(Status::of_body(code, &body)));
        }
        serde_json::from_slice(&body)
            .map(Ok)
            .map_err(|error| KubeError::bug(what, format!("the answer is not JSON: {error}")))
    }

    /// An answer as JSON.
    pub(super) async fn json(&self, request: &Request, what: &str) -> Result<Value, KubeError> {
        let answer = self.answer(request, what).await?;
        answer.map_err(|status| status.into_error(what))
    }

    /// An answer as text.
    pub(super) async fn text(&self, request: &Request, what: &str) -> Result<String, KubeError> {
        let (code, body) = self.exchange(request, what).await?;
        match code {
            400.. => Err(Status::of_body(code, &body).into_error(what)),
            _ => Ok(String::from_utf8_lossy(&body).into_owned()),
        }
    }

    /// Asks, and asks again as long as the API server says that it did not even look at the request (429): when it is
    /// busy, and for a second after a definition became established.
    async fn exchange(&self, request: &Request, what: &str) -> Result<(u16, Vec<u8>), KubeError> {
        for _ in 0..TRIES_WHEN_BUSY {
            let (code, body) = self.ask(request, what).await?;
            if code != 429 {
                return Ok((code, body));
            }
            let asked = Status::of_body(code, &body).into_error(what).retry_after();
            tokio::time::sleep(asked.unwrap_or(WAIT_WHEN_BUSY).min(LONGEST_WAIT)).await;
        }
        self.ask(request, what).await
    }

    async fn ask(&self, request: &Request, what: &str) -> Result<(u16, Vec<u8>), KubeError> {
        self.counter.count(request.verb, &request.resource);
        let exchange = async {
            let sent = wire(request, what)?;
            let answer = self.client.send(sent).await.map_err(|e| error(e, what))?;
            self.look_at_clock(&answer);
            let code = answer.status().as_u16();
            let body = answer.into_body().collect_bytes().await;
            let body = body.map_err(|e| error(e, what))?;
            Ok((code, body.to_vec()))
        };
        match tokio::time::timeout(REQUEST, exchange).await {
            Ok(done) => done,
            Err(_) => Err(timed_out(what, REQUEST)),
        }
    }

    fn look_at_clock(&self, answer: &http::Response<Body>) {
        let date = answer
            .headers()
            .get(DATE)
            .and_then(|date| date.to_str().ok())
            .and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
        if let Some(date) = date {
            let ahead = date.timestamp().duration_since(Timestamp::now());
            // the header has whole seconds, so on average it is half a second behind
            let ahead = ahead.as_millis() + 500;
            let ahead = i64::try_from(ahead).unwrap_or_default();
            self.ahead.store(ahead, Ordering::Relaxed);
        }
    }
}

/// The request for the client.
fn wire(request: &Request, what: &str) -> Result<http::Request<Body>, KubeError> {
    http::Request::builder()
        .method(request.method.clone())
        .uri(request.address())
        .header(ACCEPT, request.accept)
        .header(CONTENT_TYPE, request.content_type)
        .body(Body::from(request.body.clone()))
        .map_err(|error| KubeError::bug(what, error.to_string()))
}

/// The request for a watch.
pub(super) fn watch_wire(
    request: &Request,
    what: &str,
) -> Result<http::Request<Vec<u8>>, KubeError> {
    let (parts, _) = wire(request, what)?.into_parts();
    Ok(http::Request::from_parts(parts, request.body.clone()))
}

pub(super) fn timed_out(what: &str, limit: Duration) -> KubeError {
    KubeError::transient(what, TransientCause::Timeout(limit))
}

/// What the client could not do: nearly always the connection.
pub(super) fn error(error: kube::Error, what: &str) -> KubeError {
    match error {
        kube::Error::Api(status) => {
            let status = serde_json::to_vec(&*status)
                .map(|body| Status::of_body(status.code, &with_kind(&body)))
                .unwrap_or_default();
            status.into_error(what)
        }
        kube::Error::BuildRequest(error) => KubeError::bug(what, error.to_string()),
        kube::Error::Auth(error) => KubeError::Refused {
            what: what.to_owned(),
            refusal: Refusal::Unauthorized,
            message: root(&error),
        },
        other if is_about_certificates(&other) => KubeError::Refused {
            what: what.to_owned(),
            refusal: Refusal::Certificate,
            message: root(&other),
        },
        other => KubeError::transient(what, TransientCause::Connection(root(&other))),
    }
}

/// Whether TLS failed, on our side or on the other: waiting does not mend that.
fn is_about_certificates(error: &(dyn StdError + 'static)) -> bool {
    use rustls::Error::{AlertReceived, InvalidCertificate};
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return matches!(tls, InvalidCertificate(_) | AlertReceived(_));
    }
    // an io::Error hides what it carries from `source()`
    let carried = error
        .downcast_ref::<std::io::Error>()
        .and_then(|error| error.get_ref());
    let carried = carried.is_some_and(|carried| is_about_certificates(carried));
    carried || error.source().is_some_and(is_about_certificates)
}

/// The client's own type leaves out that it is a `Status`.
fn with_kind(body: &[u8]) -> Vec<u8> {
    let mut value: Value = serde_json::from_slice(body).unwrap_or_default();
    value["kind"] = Value::from("Status");
    value.to_string().into_bytes()
}

/// The innermost cause: what is around it only says that something failed.
pub(super) fn root(error: &dyn StdError) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
