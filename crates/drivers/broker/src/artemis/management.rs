//! Calls to the broker's own management, as messages.

use mosipctl_reach::Reach;
use rand::Rng;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::error::BrokerError;
use crate::stomp::{Connection, Frame};

/// The address that the broker takes such messages at.
const ADDRESS: &str = "activemq.management";
/// The address that answers come back to. One for all: by default the broker never removes an address, and a subscription of this kind
/// goes with its connection.
const ANSWERS: &str = "mosipctl.answers";
/// Queues listed at a time.
const PAGE: usize = 200;
/// How often a list may stumble. Queues are seldom removed, so the second one is good.
const STUMBLES: u32 = 10;

/// A connection that hears the answers to all who ask, and knows its own by their number.
pub(crate) struct Session {
    pub(crate) connection: Connection,
    /// Nobody else uses it.
    pub(crate) id: String,
    calls: u64,
}

impl Session {
    pub(crate) async fn open(
        reach: &dyn Reach,
        user: &str,
        password: &SecretString,
    ) -> Result<Self, BrokerError> {
        let connection = Connection::open(reach, user, password).await?;
        let mut session = Self {
            connection,
            id: format!("{:032x}", rand::rng().random::<u128>()),
            calls: 0,
        };
        let what = format!("listen for answers of {}", session.connection.target());
        let subscribe = Frame::new("SUBSCRIBE")
            .header("id", ANSWERS)
            .header("destination", ANSWERS)
            .header("subscription-type", "MULTICAST")
            .header("ack", "auto");
        session.connection.call(subscribe, &what).await?;
        Ok(session)
    }

    /// Has the broker do something.
    pub(crate) async fn call(
        &mut self,
        operation: &str,
        parameters: &Value,
        what: &str,
    ) -> Result<Value, BrokerError> {
        self.calls += 1;
        let number = format!("{}.{}", self.id, self.calls);
        let ask = Frame::new("SEND")
            .header("destination", ADDRESS)
            .header("reply-to", ANSWERS)
            .header("correlation-id", &number)
            .header("_AMQ_ResourceName", "broker")
            .header("_AMQ_OperationName", operation)
            .body(&parameters.to_string());
        self.connection.send(&ask, what).await?;
        let answer = loop {
            let answer = self.connection.message(ANSWERS, what).await?;
            if answer.get("correlation-id") == Some(&number) {
                break answer;
            }
        };
        let value: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        match answer.get("_AMQ_OperationSucceeded") {
            // the answer stands in a list of one
            Some("true") => Ok(value[0].clone()),
            _ => Err(BrokerError::Refused {
                what: what.to_owned(),
                message: match &value[0] {
                    Value::String(message) => message.clone(),
                    _ => answer.text(),
                },
            }),
        }
    }

    /// All queues of the broker.
    pub(crate) async fn queues(&mut self) -> Result<Vec<Value>, BrokerError> {
        let what = format!("list the queues of {}", self.connection.target());
        let filter = json!({"field": "", "operation": "", "value": ""}).to_string();
        let mut all = Vec::new();
        for page in 1.. {
            let parameters = json!([filter, page, PAGE]);
            let answer = self.list(&parameters, &what).await?;
            let text = answer.as_str().unwrap_or_default();
            let listed: Value = serde_json::from_str(text).unwrap_or_default();
            let Value::Array(queues) = &listed["data"] else {
                return Err(BrokerError::Strange {
                    what,
                    problem: "the answer is no list".to_owned(),
                });
            };
            all.extend(queues.iter().cloned());
            if queues.len() < PAGE {
                break;
            }
        }
        Ok(all)
    }

    /// A list stumbles when one of its queues is removed meanwhile, and then its error speaks of `null`.
    async fn list(&mut self, parameters: &Value, what: &str) -> Result<Value, BrokerError> {
        let mut stumbles = 0;
        loop {
            match self.call("listQueues", parameters, what).await {
                Err(BrokerError::Refused { what, message }) if message.contains("null") => {
                    stumbles += 1;
                    if stumbles == STUMBLES {
                        return Err(BrokerError::NotNow { what, message });
                    }
                }
                listed => return listed,
            }
        }
    }

    /// Says goodbye. What was asked has its answer already, so nobody needs to know whether that is heard.
    pub(crate) async fn close(self) {
        let _ = self.connection.close().await;
    }
}
