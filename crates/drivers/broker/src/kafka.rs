//! Topics of Apache Kafka.
//!
//! A client of Kafka goes where each broker says it is, and in a cluster these are names of pods. So the ways to the brokers are
//! given by host and port: see [`Routes`].

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rskafka::BackoffConfig;
use rskafka::client::error::{Error, ProtocolError};
use rskafka::client::{Client, ClientBuilder};

use crate::error::BrokerError;

mod probe;
mod routes;
mod socks;

pub use routes::{OneBroker, Routes};
use socks::Socks;

/// How long the library goes on trying.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two questions for what the brokers have heard of.
const ASKING: Duration = Duration::from_millis(20);
/// How long the brokers may take to make or remove a topic.
const WORKING: i32 = 10_000;
/// As many copies as the brokers make by default.
const DEFAULT_COPIES: i16 = -1;

/// Which brokers, and the ways to them.
#[derive(Debug, Clone)]
pub struct KafkaSettings {
    /// Where to begin, `HOST:PORT`.
    pub address: String,
    /// The ways to the brokers; straight over the network when there is none.
    pub routes: Option<Arc<dyn Routes>>,
}

/// A Kafka.
pub struct Kafka {
    settings: KafkaSettings,
}

/// A topic as it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Name.
    pub name: String,
    /// Partitions, at least: they cannot be taken back.
    pub partitions: u32,
}

/// A topic and how it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenTopic {
    /// The topic as it is to be.
    pub topic: Topic,
    /// Partitions it has; none when there is no such topic.
    pub partitions: Option<u32>,
}

/// A client, and what leads it to the brokers for as long as it lives.
pub(crate) struct Session {
    pub(crate) client: Client,
    socks: Option<Socks>,
    target: String,
}

impl SeenTopic {
    /// Whether there is nothing to make.
    pub fn is_as_wanted(&self) -> bool {
        self.partitions
            .is_some_and(|partitions| partitions >= self.topic.partitions)
    }
}

impl Kafka {
    /// Brokers. Nothing is sent yet.
    pub fn new(settings: KafkaSettings) -> Self {
        Self { settings }
    }

    /// Looks at topics. Nothing is changed.
    ///
    /// # Errors
    /// No broker can be reached.
    pub async fn look(&self, topics: &[Topic]) -> Result<Vec<SeenTopic>, BrokerError> {
        self.session().await?.look(topics).await
    }

    /// Makes a topic that is not there, and says whether it had to. Each broker's own number of copies is taken.
    ///
    /// # Errors
    /// The brokers do not do it, or the topic is there with fewer partitions: more of them would change which messages come in
    /// order, which is not for a program to decide.
    pub async fn make(&self, topic: &Topic) -> Result<bool, BrokerError> {
        let session = self.session().await?;
        if session.is_there(topic).await? {
            return Ok(false);
        }
        match session.create(topic).await {
            // somebody was faster
            Err(Error::ServerError {
                protocol_error: ProtocolError::TopicAlreadyExists,
                ..
            }) => session.is_there(topic).await.map(|_| false),
            made => {
                let what = format!("make topic `{}`", topic.name);
                made.map_err(|error| session.error(&what, error))?;
                session.settled(&topic.name, topic.partitions).await?;
                Ok(true)
            }
        }
    }

    pub(crate) async fn session(&self) -> Result<Session, BrokerError> {
        Session::open(&self.settings).await
    }
}

impl Session {
    async fn open(settings: &KafkaSettings) -> Result<Self, BrokerError> {
        let target = settings.address.clone();
        let socks = match &settings.routes {
            Some(routes) => Some(Socks::open(Arc::clone(routes)).await?),
            None => None,
        };
        let backoff = BackoffConfig {
            max_backoff: Duration::from_secs(1),
            deadline: Some(PATIENCE),
            ..BackoffConfig::default()
        };
        let mut builder = ClientBuilder::new(vec![target.clone()])
            .client_id("mosipctl")
            .backoff_config(backoff);
        if let Some(socks) = &socks {
            builder = builder.socks5_proxy(socks.address().to_string());
        }
        let what = format!("connect to {target}");
        // what it tries again without end is no way to wait
        let built = tokio::time::timeout(PATIENCE * 2, builder.build()).await;
        match built.unwrap_or(Err(Error::Timeout)) {
            Ok(client) => Ok(Self {
                client,
                socks,
                target,
            }),
            Err(error) => Err(error_of(&what, &target, socks.as_ref(), error)),
        }
    }

    async fn look(&self, topics: &[Topic]) -> Result<Vec<SeenTopic>, BrokerError> {
        let listed = self.client.list_topics().await;
        let listed = listed.map_err(|error| self.error("list the topics", error))?;
        let listed: BTreeMap<String, usize> = listed
            .into_iter()
            .map(|topic| (topic.name, topic.partitions.len()))
            .collect();
        let seen = topics.iter().map(|topic| SeenTopic {
            topic: topic.clone(),
            partitions: listed
                .get(&topic.name)
                .and_then(|count| u32::try_from(*count).ok()),
        });
        Ok(seen.collect())
    }

    async fn is_there(&self, topic: &Topic) -> Result<bool, BrokerError> {
        let seen = self.look(std::slice::from_ref(topic)).await?;
        match seen.first().and_then(|seen| seen.partitions) {
            None => Ok(false),
            Some(partitions) if partitions >= topic.partitions => Ok(true),
            Some(partitions) => Err(BrokerError::Otherwise {
                name: format!("topic `{}`", topic.name),
                problem: format!(
                    "it has {partitions} partitions, and {} are wanted",
                    topic.partitions
                ),
            }),
        }
    }

    /// Waits until the brokers show that many partitions of a topic: what their controller did they hear of a moment later.
    pub(crate) async fn settled(&self, name: &str, partitions: u32) -> Result<(), BrokerError> {
        let topic = Topic {
            name: name.to_owned(),
            partitions,
        };
        let started = Instant::now();
        loop {
            let seen = self.look(std::slice::from_ref(&topic)).await?;
            let found = seen.first().and_then(|seen| seen.partitions);
            let found = found.unwrap_or_default();
            if found == partitions {
                return Ok(());
            }
            if started.elapsed() > PATIENCE {
                return Err(BrokerError::NotNow {
                    what: format!("see topic `{name}` with {partitions} partitions"),
                    message: format!("it shows {found}"),
                });
            }
            // they tell nobody when they have heard
            tokio::time::sleep(ASKING).await;
        }
    }

    pub(crate) async fn create(&self, topic: &Topic) -> Result<(), Error> {
        let controller = self.client.controller_client()?;
        let partitions = i32::try_from(topic.partitions).unwrap_or(i32::MAX);
        let making = controller.create_topic(&topic.name, partitions, DEFAULT_COPIES, WORKING);
        making.await
    }

    pub(crate) fn error(&self, what: &str, error: Error) -> BrokerError {
        error_of(what, &self.target, self.socks.as_ref(), error)
    }
}

/// The way's own words when the way is at fault.
fn error_of(what: &str, target: &str, socks: Option<&Socks>, error: Error) -> BrokerError {
    let what = what.to_owned();
    if let Some(failure) = socks.and_then(Socks::failure) {
        return BrokerError::Reach(failure);
    }
    match error {
        Error::ServerError {
            protocol_error,
            error_message,
            ..
        } => {
            let message = error_message.unwrap_or_default();
            let message = format!("{protocol_error:?} {message}")
                .trim_end()
                .to_owned();
            match protocol_error {
                ProtocolError::LeaderNotAvailable
                | ProtocolError::NotController
                | ProtocolError::NotLeaderOrFollower
                | ProtocolError::RequestTimedOut
                | ProtocolError::CoordinatorNotAvailable => BrokerError::NotNow { what, message },
                _ => BrokerError::Refused { what, message },
            }
        }
        Error::Timeout => BrokerError::Silent {
            what,
            target: target.to_owned(),
            seconds: (PATIENCE * 2).as_secs(),
        },
        Error::InvalidResponse(problem) => BrokerError::Strange { what, problem },
        error => BrokerError::NotNow {
            what,
            message: error.to_string(),
        },
    }
}

impl fmt::Debug for Kafka {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kafka({})", self.settings.address)
    }
}
