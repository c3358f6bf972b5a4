//! Queues of Apache Artemis, over STOMP.
//!
//! Queues are seen and made by messages to the broker's own address of management. That takes the port of all protocols and the
//! password that MOSIP's services use, and nothing else; the web console of the broker could do the same, by another port, another
//! protocol and only with a header that tells it where the request comes from.

use std::fmt;
use std::sync::Arc;

use mosipctl_reach::Reach;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::error::BrokerError;

mod management;
mod probe;

use management::Session;
pub use probe::Proven;

/// Which broker, and who uses it.
#[derive(Debug, Clone)]
pub struct ArtemisSettings {
    /// The way to its port of all protocols, 61616.
    pub reach: Arc<dyn Reach>,
    /// User, `artemis` in our chart.
    pub user: String,
    /// Password.
    pub password: SecretString,
}

/// An Apache Artemis.
pub struct Artemis {
    settings: ArtemisSettings,
}

/// A queue as it is to be: durable, each message for one reader, under an address of its own name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// Its name and address.
    pub name: String,
}

/// A queue and how it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenQueue {
    /// Its name.
    pub name: String,
    /// How it is; none when there is no such queue.
    pub state: Option<QueueState>,
}

/// How a queue is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueState {
    /// The address that leads to it.
    pub address: String,
    /// Who gets a message.
    pub routing: Routing,
    /// Whether it outlives the broker.
    pub durable: bool,
    /// Whether somebody stopped it.
    pub paused: bool,
    /// Messages in it.
    pub messages: u64,
    /// Who reads it now.
    pub consumers: u64,
}

/// Who gets a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Routing {
    /// One reader.
    Anycast,
    /// Every reader.
    Multicast,
}

impl Artemis {
    /// A broker. Nothing is sent yet.
    pub fn new(settings: ArtemisSettings) -> Self {
        Self { settings }
    }

    /// Looks at queues. Nothing is changed.
    ///
    /// # Errors
    /// The broker cannot be reached, or does not let this user look.
    pub async fn look(&self, queues: &[Queue]) -> Result<Vec<SeenQueue>, BrokerError> {
        let mut session = self.session().await?;
        let seen = session.look(queues).await;
        session.close().await;
        seen
    }

    /// Makes a queue that is not there, and says whether it had to. One that is there is left as it is.
    ///
    /// # Errors
    /// The broker does not do it, or the queue is there and made otherwise.
    pub async fn make(&self, queue: &Queue) -> Result<bool, BrokerError> {
        let mut session = self.session().await?;
        let made = session.make(queue).await;
        session.close().await;
        made
    }

    async fn session(&self) -> Result<Session, BrokerError> {
        let ArtemisSettings {
            reach,
            user,
            password,
        } = &self.settings;
        Session::open(reach.as_ref(), user, password).await
    }
}

impl Session {
    async fn look(&mut self, queues: &[Queue]) -> Result<Vec<SeenQueue>, BrokerError> {
        let all = self.queues().await?;
        let seen = |queue: &Queue| SeenQueue {
            name: queue.name.clone(),
            state: all
                .iter()
                .find(|found| found["name"] == *queue.name)
                .map(QueueState::read),
        };
        Ok(queues.iter().map(seen).collect())
    }

    async fn make(&mut self, queue: &Queue) -> Result<bool, BrokerError> {
        let is_there = self.check(queue).await?;
        if !is_there {
            let name = &queue.name;
            let settings = json!({
                "name": name, "address": name, "routing-type": "ANYCAST",
                "durable": true, "auto-delete": false,
            });
            // somebody may be faster, with the same; a text within the text, as the broker wants it
            let parameters = json!([settings.to_string(), true]);
            let what = format!("make queue `{name}`");
            self.call("createQueue", &parameters, &what).await?;
            // what is there is not compared with what is asked for by the broker
            self.check(queue).await?;
        }
        Ok(!is_there)
    }

    /// Whether the queue is there as it is to be.
    async fn check(&mut self, queue: &Queue) -> Result<bool, BrokerError> {
        let seen = self.look(std::slice::from_ref(queue)).await?;
        let state = seen.into_iter().next().and_then(|seen| seen.state);
        let Some(state) = state else {
            return Ok(false);
        };
        match state.problem(&queue.name) {
            None => Ok(true),
            Some(problem) => Err(BrokerError::Otherwise {
                name: format!("queue `{}`", queue.name),
                problem,
            }),
        }
    }
}

impl SeenQueue {
    /// Whether there is nothing to make.
    pub fn is_as_wanted(&self) -> bool {
        let state = self.state.as_ref();
        state.is_some_and(|state| state.problem(&self.name).is_none())
    }
}

impl QueueState {
    /// All values come as text, whatever they are.
    fn read(value: &Value) -> Self {
        let text = |name: &str| match &value[name] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let number = |name: &str| text(name).parse().unwrap_or_default();
        Self {
            address: text("address"),
            routing: match text("routingType").as_str() {
                "MULTICAST" => Routing::Multicast,
                _ => Routing::Anycast,
            },
            durable: text("durable") == "true",
            paused: text("paused") == "true",
            messages: number("messageCount"),
            consumers: number("consumerCount"),
        }
    }

    /// How it differs from what it is to be.
    fn problem(&self, name: &str) -> Option<String> {
        if self.address != name {
            return Some(format!("it is under address `{}`", self.address));
        }
        if self.routing == Routing::Multicast {
            return Some("every reader gets each of its messages".to_owned());
        }
        (!self.durable).then(|| "its messages are lost when the broker ends".to_owned())
    }
}

impl fmt::Debug for Artemis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Artemis({})", self.settings.reach.target())
    }
}
