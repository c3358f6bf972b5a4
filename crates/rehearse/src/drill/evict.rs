//! Evicting a pod as `kubectl drain` does.

use std::time::Instant;

use k8s_openapi::api::core::v1::Pod;
use kube::Client;
use kube::api::{Api, EvictParams};

use super::DrillError;
use crate::judge::{is_settled, remedy, unplaced, words};
use crate::report::DrillReport;
use crate::seen::{Seen, SeenPod};
use crate::settle::{settled, until};

/// Evicts the pod that asks for the most, and waits until its controller has another one that is ready or has no place.
///
/// # Errors
/// See [`DrillError`]. A disruption budget that lets the pod not go is no error: the drill is not survived.
pub async fn evict_largest(client: &Client) -> Result<DrillReport, DrillError> {
    let failed = DrillError::of("the largest pod evicted");
    let before = settled(client).await.map_err(&failed)?;
    let pod = largest(&before).ok_or(DrillError::NoPod)?;
    let drill = format!("pod {}/{} evicted", pod.namespace, pod.name);
    let failed = DrillError::of(&drill);
    let started = Instant::now();
    let pods: Api<Pod> = Api::namespaced(client.clone(), &pod.namespace);
    match pods.evict(&pod.name, &EvictParams::default()).await {
        // the API server's answer for a budget that is used up
        Err(kube::Error::Api(status)) if status.code == 429 => {
            return Ok(refused(drill, &status.message));
        }
        evicted => drop(evicted.map_err(&failed)?),
    }
    let is_back = |seen: &Seen| is_settled(seen) && are_up(seen, &pod.owner);
    let after = until(client, is_back).await.map_err(&failed)?;
    let unplaced = unplaced(&after);
    let report = DrillReport {
        remedy: remedy(&after, &unplaced),
        ..DrillReport::placed(drill, 1, unplaced, started.elapsed().as_secs_f64())
    };
    Ok(match report.survived {
        true => DrillReport {
            outcome: format!("{} · another one is ready", words(pod.requests)),
            ..report
        },
        false => report,
    })
}

/// The pod that asks for the most memory among those that come back.
fn largest(seen: &Seen) -> Option<&SeenPod> {
    let comes_back = |pod: &&SeenPod| {
        let mut controllers = seen.controllers.iter();
        pod.is_ready && controllers.any(|controller| controller.uid == pod.owner)
    };
    let pods = seen.pods.iter().filter(comes_back);
    pods.max_by_key(|pod| (pod.requests.memory, pod.requests.milli_cpu))
}

/// Whether all pods of a controller are ready, or refused by the scheduler.
fn are_up(seen: &Seen, owner: &str) -> bool {
    let mut pods = seen.pods.iter().filter(|pod| pod.owner == owner);
    pods.all(|pod| pod.is_ready || pod.unschedulable.is_some())
}

fn refused(drill: String, words: &str) -> DrillReport {
    DrillReport {
        drill,
        outcome: format!("may not go: {words}"),
        remedy: Some("give it more replicas, or its disruption budget room for one".to_owned()),
        ..DrillReport::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::Amount;
    use crate::seen::Controller;

    fn pod(name: &str, gibibytes: u64, owner: &str) -> SeenPod {
        SeenPod {
            name: name.to_owned(),
            owner: owner.to_owned(),
            requests: Amount {
                milli_cpu: 100,
                memory: gibibytes << 30,
            },
            is_ready: true,
            ..SeenPod::default()
        }
    }

    #[test]
    fn the_largest_pod_is_one_that_comes_back() {
        let controller = Controller {
            uid: "set".to_owned(),
            replicas: 2,
            one_by_one: false,
        };
        let seen = Seen {
            pods: vec![pod("job", 9, "job"), pod("a", 2, "set"), pod("b", 1, "set")],
            controllers: vec![controller],
            ..Seen::default()
        };
        assert_eq!(largest(&seen).map(|pod| pod.name.as_str()), Some("a"));
        assert_eq!(largest(&Seen::default()), None);
    }
}
