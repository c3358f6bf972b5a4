//! Proof that an address takes messages and gives them out, beside those who use it.
//!
//! A message into a queue of MOSIP would be read by whoever waits there. So a queue of our own is put beside it under the same
//! address, with a filter that no other message passes, and is spoken to by its full name: what others send goes where it always
//! went, and what we send reaches us alone. Cut off half way, the queue is removed by the broker if we had begun to read it, a minute
//! later; if not, by whoever verifies next, who knows from its name that it is old.

use std::time::{Duration, Instant};

use serde_json::json;

use super::management::Session;
use super::{Artemis, Queue};
use crate::error::BrokerError;
use crate::leftover::{is_left_over, new_name};
use crate::stomp::Frame;

/// The header that the filter looks at.
const HEADER: &str = "mosipctlProbe";
/// The subscription of our message.
const PROBE: &str = "probe";

/// A queue or topic that a message went through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// Its name.
    pub name: String,
    /// How long the message took.
    pub took: Duration,
}

impl Artemis {
    /// Sends a message through the address of a queue and reads it, leaving the queue and its readers alone.
    ///
    /// # Errors
    /// The queue is not there or is stopped, or the message does not come back as it was sent.
    pub async fn verify(&self, queue: &Queue) -> Result<Proven, BrokerError> {
        let mut session = self.session().await?;
        let proven = session.verify(queue).await;
        session.close().await;
        proven
    }
}

impl Session {
    async fn verify(&mut self, queue: &Queue) -> Result<Proven, BrokerError> {
        self.is_usable(queue).await?;
        self.sweep().await?;
        let name = new_name();
        self.put_beside(queue, &name).await?;
        let proven = self.send_and_read(queue, &name).await;
        self.remove(&name).await;
        proven
    }

    /// Removes what was cut off before.
    async fn sweep(&mut self) -> Result<(), BrokerError> {
        for queue in self.queues().await? {
            let name = queue["name"].as_str().unwrap_or_default();
            if is_left_over(name) {
                self.remove(name).await;
            }
        }
        Ok(())
    }

    /// Removes a queue of ours, which the broker may have done already. Left behind it is in nobody's way.
    async fn remove(&mut self, name: &str) {
        let what = format!("remove queue `{name}`");
        if let Err(error) = self.call("destroyQueue", &json!([name]), &what).await {
            tracing::debug!("failed to {error}");
        }
    }

    async fn is_usable(&mut self, queue: &Queue) -> Result<(), BrokerError> {
        let seen = self.look(std::slice::from_ref(queue)).await?;
        let state = seen.into_iter().next().and_then(|seen| seen.state);
        let problem = match &state {
            None => Some("there is no such queue".to_owned()),
            Some(state) if state.paused => Some("somebody stopped it".to_owned()),
            Some(state) => state.problem(&queue.name),
        };
        match problem {
            None => Ok(()),
            Some(problem) => Err(unproven(queue, &problem)),
        }
    }

    async fn put_beside(&mut self, queue: &Queue, name: &str) -> Result<(), BrokerError> {
        let settings = json!({
            "name": name, "address": queue.name, "routing-type": "ANYCAST",
            "filter-string": format!("{HEADER} = '{}'", self.id),
            "durable": true, "max-consumers": 1,
            "auto-delete": true, "auto-delete-delay": 0, "auto-delete-message-count": -1,
        });
        let what = format!("make queue `{name}`");
        let parameters = json!([settings.to_string(), false]);
        self.call("createQueue", &parameters, &what).await?;
        Ok(())
    }

    async fn send_and_read(&mut self, queue: &Queue, name: &str) -> Result<Proven, BrokerError> {
        let full = format!("{}::{name}", queue.name);
        let listen = Frame::new("SUBSCRIBE")
            .header("id", PROBE)
            .header("destination", &full)
            .header("ack", "auto");
        let what = format!("read from queue `{}`", queue.name);
        self.connection.call(listen, &what).await?;
        let started = Instant::now();
        let send = Frame::new("SEND")
            .header("destination", &full)
            .header("destination-type", "ANYCAST")
            .header("persistent", "true")
            .header(HEADER, &self.id)
            .body(&self.id);
        let writing = format!("write to queue `{}`", queue.name);
        self.connection.call(send, &writing).await?;
        let message = self.connection.message(PROBE, &what).await?;
        let took = started.elapsed();
        if message.text() != self.id {
            return Err(unproven(queue, "what is read is not what was written"));
        }
        let leave = Frame::new("UNSUBSCRIBE").header("id", PROBE);
        self.connection.call(leave, &what).await?;
        Ok(Proven {
            name: queue.name.clone(),
            took,
        })
    }
}

fn unproven(queue: &Queue, problem: &str) -> BrokerError {
    BrokerError::Unproven {
        name: format!("queue `{}`", queue.name),
        problem: problem.to_owned(),
    }
}
