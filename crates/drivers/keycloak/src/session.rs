//! The administrator's token.
//!
//! Tokens of the realm `master` live for a minute by default, shorter than a slow run. One is taken anew before it ends, and
//! once more when the server refuses it: it may have been restarted, or have ended all sessions.

use std::time::{Duration, Instant};

use http::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::error::{KeycloakError, words};
use crate::keycloak::Keycloak;

/// A request may lie in a queue for some time before its token is looked at.
const MARGIN: Duration = Duration::from_secs(10);

/// The administrator's token, if there is one.
#[derive(Default)]
pub(crate) struct Session(Mutex<Option<Held>>);

struct Held {
    token: Token,
    until: Instant,
}

/// A token, and which one it is.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) text: SecretString,
    number: u64,
}

impl Keycloak {
    /// A token that is good for a while.
    pub(crate) async fn token(&self) -> Result<Token, KeycloakError> {
        let mut held = self.inner.session.0.lock().await;
        let number = match &*held {
            Some(held) if Instant::now() < held.until => return Ok(held.token.clone()),
            Some(held) => held.token.number + 1,
            None => 0,
        };
        let fresh = self.log_in(number).await?;
        let token = fresh.token.clone();
        *held = Some(fresh);
        Ok(token)
    }

    /// Another token after one was refused. Whoever comes second gets the one that the first brought.
    pub(crate) async fn token_after(&self, refused: &Token) -> Result<Token, KeycloakError> {
        let mut held = self.inner.session.0.lock().await;
        if let Some(held) = held.as_mut()
            && held.token.number == refused.number
        {
            held.until = Instant::now();
        }
        drop(held);
        self.token().await
    }

    async fn log_in(&self, number: u64) -> Result<Held, KeycloakError> {
        let what = "log in to Keycloak";
        let administrator = &self.inner.administrator;
        let form = [
            ("grant_type", "password"),
            ("client_id", "admin-cli"),
            ("username", administrator.user.as_str()),
            ("password", administrator.password.expose_secret()),
        ];
        let asked = Instant::now();
        self.inner.counters.log_in();
        let (status, body) = self.token_request("master", &form, what).await?;
        if !status.is_success() {
            return Err(self.refused_login(what, status, &body));
        }
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        let text = answer["access_token"].as_str();
        let text = text.ok_or_else(|| KeycloakError::Unreadable {
            what: what.to_owned(),
            problem: "it holds no token".to_owned(),
        })?;
        let life = Duration::from_secs(answer["expires_in"].as_u64().unwrap_or(60));
        Ok(Held {
            token: Token {
                text: SecretString::from(text),
                number,
            },
            until: asked + life - MARGIN.min(life / 4),
        })
    }

    fn refused_login(&self, what: &str, status: StatusCode, body: &[u8]) -> KeycloakError {
        match status {
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED => KeycloakError::Login {
                server: self.url(),
                user: self.inner.administrator.user.clone(),
                words: words(status, body),
            },
            _ => crate::error::refused(what, status, body),
        }
    }

    /// Asks a realm for a token.
    pub(crate) async fn token_request(
        &self,
        realm: &str,
        form: &[(&str, &str)],
        what: &str,
    ) -> Result<(StatusCode, Vec<u8>), KeycloakError> {
        let url = self.address(&["realms", realm, "protocol", "openid-connect", "token"]);
        let request = self.inner.client.post(url).form(form);
        let answer = self.send(request, what).await?;
        Ok((answer.status, answer.body))
    }
}
