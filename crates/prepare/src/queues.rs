//! Queues of ActiveMQ Artemis.

use std::collections::BTreeMap;

use mosipctl_broker::{Artemis, ArtemisSettings, Queue};
use mosipctl_catalogue::{Fact, component};
use mosipctl_plan::desired::Prepared;
use mosipctl_plan::observed::Standing;
use mosipctl_spec::environment::rehearsal::Part;

use crate::error::PrepareError;
use crate::finding::Finding;
use crate::servers::{Servers, Wanted};

const PART: Part = Part::Activemq;

pub(crate) async fn make(
    servers: &Servers,
    queue: &component::Queue,
) -> Result<Option<String>, PrepareError> {
    let is_new = connect(servers).await?.make(&queue_of(queue)).await?;
    Ok((!is_new).then(|| "it was there".to_owned()))
}

pub(crate) async fn look(
    servers: &Servers,
    wanted: &Wanted<'_>,
) -> Result<BTreeMap<Fact, Standing>, PrepareError> {
    let (facts, queues) = queues(wanted);
    let seen = connect(servers).await?.look(&queues).await?;
    let standings = seen.iter().map(|seen| match &seen.state {
        None => Standing::Absent,
        Some(_) if seen.is_as_wanted() => Standing::Holds,
        Some(state) => Standing::Differs(vec![format!(
            "{:?}, address {}",
            state.routing, state.address
        )]),
    });
    Ok(facts.into_iter().zip(standings).collect())
}

pub(crate) async fn verify(
    servers: &Servers,
    wanted: &Wanted<'_>,
) -> Result<Vec<Finding>, PrepareError> {
    let artemis = connect(servers).await?;
    let (facts, queues) = queues(wanted);
    let mut findings = Vec::new();
    for (fact, queue) in facts.into_iter().zip(&queues) {
        let proven = artemis.verify(queue).await;
        findings.push(Finding {
            fact,
            wrong: proven
                .err()
                .map(|error| format!("failed to {error}"))
                .into_iter()
                .collect(),
            proof: "a message of our own came through".to_owned(),
        });
    }
    Ok(findings)
}

fn queues(wanted: &Wanted<'_>) -> (Vec<Fact>, Vec<Queue>) {
    let queues = wanted.iter().filter_map(|(fact, what)| match what {
        Prepared::Queue(queue) => Some(((*fact).clone(), queue_of(queue))),
        _ => None,
    });
    queues.unzip()
}

fn queue_of(queue: &component::Queue) -> Queue {
    Queue {
        name: queue.name.clone(),
    }
}

async fn connect(servers: &Servers) -> Result<Artemis, PrepareError> {
    let (user, password) = servers.administrator(PART).await?;
    Ok(Artemis::new(ArtemisSettings {
        reach: servers.way(servers.server(PART)?),
        user,
        password,
    }))
}
