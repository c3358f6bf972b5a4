//! A change that makes work in an environment that stands: the host whose name most workloads read gets another one.

use std::collections::{BTreeMap, BTreeSet};

use mosipctl_blueprint::hosts;
use mosipctl_object::{Referent, references};
use mosipctl_report::Trouble;

use crate::arguments::HostName;
use crate::commands::plan::Planned;
use crate::commands::rehearse::stage::Stage;

/// A change, planned.
pub(super) struct Changed {
    /// The host.
    pub(super) host: String,
    /// What it is called from now on.
    pub(super) name: HostName,
    /// What that makes to do.
    pub(super) planned: Box<Planned>,
}

/// Plans a change that nobody has made yet; the reason, where nothing can be changed. `whole` is the plan of the empty lab.
pub(super) async fn change(
    stage: &Stage<'_>,
    whole: &Planned,
    word: &str,
) -> Result<Result<Changed, String>, Trouble> {
    let Some(host) = most_read(whole) else {
        return Ok(Err("no workload reads the name of a host".to_owned()));
    };
    let name = format!(
        "{host}={word}-rehearsed.{}",
        whole.session.environment.spec.domain
    );
    let name: HostName = name.parse().map_err(Trouble::new)?;
    let opening = stage.opening.with(name.clone().change());
    let planned = stage.plan_of(opening.session(stage.settings)?).await?;
    Ok(Ok(Changed {
        host,
        name,
        planned,
    }))
}

/// The host whose name most releases read from a config map.
fn most_read(planned: &Planned) -> Option<String> {
    let desired = &planned.wanted.desired;
    let maps: BTreeMap<&str, BTreeSet<&str>> = desired
        .objects
        .values()
        .filter(|wanted| wanted.object.kind().kind == "ConfigMap")
        .map(|wanted| {
            let data = wanted.object.value()["data"].as_object();
            let keys = data.into_iter().flatten().map(|(key, _)| key.as_str());
            (wanted.object.name(), keys.collect())
        })
        .collect();
    let readers = |host: &str| {
        let reads = |object| {
            references(object).iter().any(|reference| {
                reference.referent == Referent::ConfigMap
                    && reference.key.as_deref().is_none_or(|key| key == host)
                    && maps
                        .get(reference.name.as_str())
                        .is_some_and(|keys| keys.contains(host))
            })
        };
        let releases = desired.releases.values();
        releases
            .filter(|release| release.rendered.objects.iter().any(reads))
            .count()
    };
    let hosts = hosts(&planned.session.catalogue).map(|host| (readers(host), host));
    let most = hosts
        .filter(|(readers, _)| *readers > 0)
        .max_by_key(|(readers, host)| (*readers, std::cmp::Reverse(*host)))?;
    Some(most.1.to_owned())
}
