//! Driver of the message brokers: queues of Artemis and topics of Kafka are looked at, made, and proven by a message that comes
//! through.
//!
//! Nothing here reads a message that is not its own: MOSIP's queues and topics are left as they are, whoever waits at them.

mod artemis;
mod error;
mod kafka;
mod leftover;
mod stomp;

pub use artemis::{Artemis, ArtemisSettings, Proven, Queue, QueueState, Routing, SeenQueue};
pub use error::BrokerError;
pub use kafka::{Kafka, KafkaSettings, OneBroker, Routes, SeenTopic, Topic};
