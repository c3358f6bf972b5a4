//! Topics of Kafka.

use std::collections::BTreeMap;
use std::sync::Arc;

use mosipctl_broker::{Kafka, KafkaSettings, OneBroker, Topic};
use mosipctl_catalogue::{Fact, component};
use mosipctl_plan::desired::Prepared;
use mosipctl_plan::observed::Standing;
use mosipctl_spec::environment::rehearsal::Part;

use crate::error::PrepareError;
use crate::finding::Finding;
use crate::servers::{Servers, Wanted};

pub(crate) async fn make(
    servers: &Servers,
    topic: &component::Topic,
) -> Result<Option<String>, PrepareError> {
    let is_new = connect(servers)?.make(&topic_of(topic)).await?;
    Ok((!is_new).then(|| "it was there".to_owned()))
}

pub(crate) async fn look(
    servers: &Servers,
    wanted: &Wanted<'_>,
) -> Result<BTreeMap<Fact, Standing>, PrepareError> {
    let (facts, topics) = topics(wanted);
    let seen = connect(servers)?.look(&topics).await?;
    let standings = seen.iter().map(|seen| match seen.partitions {
        None => Standing::Absent,
        Some(_) if seen.is_as_wanted() => Standing::Holds,
        Some(partitions) => Standing::Differs(vec![format!("{partitions} partitions")]),
    });
    Ok(facts.into_iter().zip(standings).collect())
}

pub(crate) async fn verify(
    servers: &Servers,
    wanted: &Wanted<'_>,
) -> Result<Vec<Finding>, PrepareError> {
    let standings = look(servers, wanted).await?;
    let findings = standings.into_iter().map(|(fact, standing)| Finding {
        fact,
        wrong: match standing {
            Standing::Holds => Vec::new(),
            Standing::Absent => vec!["there is no such topic".to_owned()],
            Standing::Differs(what) => what,
        },
        proof: "it is there with its partitions".to_owned(),
    });
    Ok(findings.collect())
}

fn topics(wanted: &Wanted<'_>) -> (Vec<Fact>, Vec<Topic>) {
    let topics = wanted.iter().filter_map(|(fact, what)| match what {
        Prepared::Topic(topic) => Some(((*fact).clone(), topic_of(topic))),
        _ => None,
    });
    topics.unzip()
}

fn topic_of(topic: &component::Topic) -> Topic {
    Topic {
        name: topic.name.clone(),
        partitions: topic.partitions,
    }
}

fn connect(servers: &Servers) -> Result<Kafka, PrepareError> {
    let server = servers.server(Part::Kafka)?;
    let (namespace, name) = server.service.split_once('/').unwrap_or_default();
    Ok(Kafka::new(KafkaSettings {
        address: format!("{name}.{namespace}:{}", server.port),
        routes: Some(Arc::new(OneBroker(servers.way(server)))),
    }))
}
