//! Proof that the brokers take messages and give them out, beside those who use them.
//!
//! Who reads a topic of MOSIP would read our message too. So it goes through a topic of its own, and of MOSIP's topics each partition
//! is only asked how far it is, which its leader alone can answer.

use std::collections::BTreeMap;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use rskafka::chrono::DateTime;
use rskafka::client::error::Error;
use rskafka::client::partition::{Compression, OffsetAt, UnknownTopicHandling};
use rskafka::record::Record;

use super::{Kafka, PATIENCE, Session, Topic, WORKING};
use crate::artemis::Proven;
use crate::error::BrokerError;
use crate::leftover::{is_left_over, new_name};

/// How much is read at most, and for how long is waited for it, in bytes and milliseconds.
const LARGEST: i32 = 1 << 20;
const READING: i32 = 5_000;

impl Kafka {
    /// Sends a message through a topic of its own and reads it, and asks each partition of the topics whether it has a leader.
    ///
    /// # Errors
    /// A topic is not there, a partition has no leader, or the message does not come back as it was sent.
    pub async fn verify(&self, topics: &[Topic]) -> Result<Proven, BrokerError> {
        let session = self.session().await?;
        for seen in session.look(topics).await? {
            let Some(partitions) = seen.partitions else {
                return Err(unproven(&seen.topic.name, "there is no such topic"));
            };
            session.leaders(&seen.topic.name, partitions).await?;
        }
        session.sweep().await?;
        let topic = Topic {
            name: new_name(),
            partitions: 1,
        };
        let what = format!("make topic `{}`", topic.name);
        let made = session.create(&topic).await;
        made.map_err(|error| session.error(&what, error))?;
        let proven = session.send_and_read(&topic.name).await;
        // whatever was read, nothing stays behind
        let what = format!("remove topic `{}`", topic.name);
        let removed = session.remove(&topic.name).await;
        let proven = proven?;
        removed.map_err(|error| session.error(&what, error))?;
        session.settled(&topic.name, 0).await?;
        Ok(proven)
    }
}

impl Session {
    async fn leaders(&self, topic: &str, partitions: u32) -> Result<(), BrokerError> {
        for partition in 0..partitions {
            let what = format!("ask partition {partition} of topic `{topic}`");
            let partition = i32::try_from(partition).unwrap_or(i32::MAX);
            let asking = async {
                let how = UnknownTopicHandling::Error;
                let client = self.client.partition_client(topic, partition, how).await?;
                client.get_offset(OffsetAt::Latest).await
            };
            let offset = tokio::time::timeout(PATIENCE, asking).await;
            let offset = offset.unwrap_or(Err(Error::Timeout));
            offset.map_err(|error| self.error(&what, error))?;
        }
        Ok(())
    }

    async fn send_and_read(&self, topic: &str) -> Result<Proven, BrokerError> {
        let what = format!("send a message through topic `{topic}`");
        let through = tokio::time::timeout(PATIENCE * 2, self.through(topic));
        let through = through.await.unwrap_or(Err(Error::Timeout));
        through.map_err(|error| self.error(&what, error))?
    }

    async fn through(&self, topic: &str) -> Result<Result<Proven, BrokerError>, Error> {
        // the broker that is asked may hear of the topic a moment later
        let how = UnknownTopicHandling::Retry;
        let client = self.client.partition_client(topic, 0, how).await?;
        let started = Instant::now();
        let record = record(topic);
        let sent = vec![record.clone()];
        let offsets = client.produce(sent, Compression::NoCompression).await?;
        let from = offsets.first().copied().unwrap_or_default();
        let (read, _) = client.fetch_records(from, 1..LARGEST, READING).await?;
        Ok(match read.first() {
            Some(read) if read.record == record => Ok(Proven {
                name: topic.to_owned(),
                took: started.elapsed(),
            }),
            Some(_) => Err(unproven(topic, "what is read is not what was written")),
            None => Err(unproven(topic, "what was written is not there")),
        })
    }

    /// Removes what was cut off before.
    async fn sweep(&self) -> Result<(), BrokerError> {
        let listed = self.client.list_topics().await;
        let listed = listed.map_err(|error| self.error("list the topics", error))?;
        for topic in listed.iter().filter(|topic| is_left_over(&topic.name)) {
            match self.remove(&topic.name).await {
                Ok(()) => self.settled(&topic.name, 0).await?,
                // left behind it is in nobody's way
                Err(error) => tracing::debug!("failed to remove topic `{}`: {error}", topic.name),
            }
        }
        Ok(())
    }

    async fn remove(&self, topic: &str) -> Result<(), Error> {
        let controller = self.client.controller_client()?;
        controller.delete_topic(topic, WORKING).await
    }
}

fn record(text: &str) -> Record {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.unwrap_or_default().as_millis();
    let now = i64::try_from(now).unwrap_or_default();
    Record {
        key: None,
        value: Some(text.as_bytes().to_vec()),
        headers: BTreeMap::new(),
        timestamp: DateTime::from_timestamp_millis(now).unwrap_or_default(),
    }
}

fn unproven(topic: &str, problem: &str) -> BrokerError {
    BrokerError::Unproven {
        name: format!("topic `{topic}`"),
        problem: problem.to_owned(),
    }
}
