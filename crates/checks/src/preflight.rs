//! Everything that matters before `up`.

use std::path::Path;

use futures::future::join_all;
use jiff::Timestamp;
use mosipctl_kube::{KubeError, Kubernetes};
use mosipctl_plan::{Desired, Inventory};
use mosipctl_rights::Rights;
use mosipctl_spec::environment::externals::Externals;
use mosipctl_spec::environment::images::Images;

use crate::certificates::{self, Trust};
use crate::finding::{Check, Finding};
use crate::names::Looked;
use crate::outside::Outside;
use crate::sources::{self, Sources};
use crate::{api, clashes, clock, names, outside, rights, storage, version};
use mosipctl_balancer::{Channel, routes};

/// What is looked at, and for what.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The cluster.
    pub kube: &'a dyn Kubernetes,
    /// Name of the environment.
    pub environment: &'a str,
    /// What is to be.
    pub desired: &'a Desired,
    /// What is ours already.
    pub inventory: &'a Inventory,
    /// The least rights that it takes.
    pub rights: &'a Rights,
    /// What the environment says of servers.
    pub externals: &'a Externals,
    /// The folder of the environment file.
    pub folder: &'a Path,
    /// The newest version of Kubernetes that this program was tested with.
    pub tested: &'a str,
    /// Where images come from.
    pub images: &'a Images,
    /// The domain of the environment.
    pub domain: &'a str,
    /// Why names and certificates of hosts mean nothing here; none when they do.
    pub unreachable: Option<&'a str>,
    /// Why nothing is fetched here; none when it is.
    pub nothing_fetched: Option<&'a str>,
}

/// Looks at everything, read only. A cluster that does not answer one question leaves the others.
pub async fn preflight(target: &Target<'_>) -> Vec<Finding> {
    let outside = Outside {
        kube: target.kube,
        externals: target.externals,
        desired: target.desired,
        folder: target.folder,
    };
    let (cluster, storage, clashes, routes, outside, sources) = tokio::join!(
        cluster(target),
        storage(target),
        clashes(target),
        routes_of(target),
        outside::look(&outside),
        sources_of(target),
    );
    let all = [cluster, storage, clashes, routes, outside, sources];
    all.into_iter().flatten().collect()
}

async fn cluster(target: &Target<'_>) -> Vec<Finding> {
    let kube = target.kube;
    let mut findings = vec![version::judge(&kube.server().version, target.tested)];
    match kube.served().await {
        Ok(served) => findings.extend(api::judge(&api::wanted(target.desired), &served)),
        Err(error) => findings.push(unanswered(Check::ApiKinds, "API groups", &error)),
    }
    findings.push(match rights::look(kube, target.rights).await {
        Ok(seen) => rights::judge(target.rights, &seen),
        Err(error) => unanswered(Check::Rights, "rights", &error),
    });
    // after the questions above, so that the answer that the clock is read from is fresh
    findings.push(clock::judge(kube.now(), Timestamp::now()));
    findings
}

async fn storage(target: &Target<'_>) -> Vec<Finding> {
    match storage::look(target.kube).await {
        Ok(mut classes) => {
            classes.extend(storage::brought(target.desired, &classes));
            storage::judge(&storage::claims(target.desired), &classes)
        }
        Err(error) => vec![unanswered(Check::StorageClass, "storage classes", &error)],
    }
}

async fn clashes(target: &Target<'_>) -> Vec<Finding> {
    let wanted = clashes::wanted(target.desired);
    match clashes::look(target.kube, &wanted).await {
        Ok(present) => clashes::judge(target.environment, &wanted, &present, target.inventory),
        Err(error) => vec![unanswered(Check::NameClash, "names of objects", &error)],
    }
}

async fn routes_of(target: &Target<'_>) -> Vec<Finding> {
    let routes = routes(target.desired);
    let why = match (routes.is_empty(), target.unreachable) {
        (true, _) => Some("no component has a host name"),
        (false, why) => why,
    };
    if let Some(why) = why {
        return vec![
            Finding::skipped(Check::HostName, "names of hosts", why),
            Finding::skipped(Check::Certificate, "certificates of hosts", why),
        ];
    }
    let looked = names::look(routes).await;
    let mut findings: Vec<Finding> = looked.iter().map(names::judge).collect();
    findings.extend(certificates_of(&looked).await);
    findings
}

/// Of public hosts alone: those inside the VPN are nothing to browsers outside it, and this machine may stand there.
async fn certificates_of(looked: &[Looked]) -> Vec<Finding> {
    let public = looked
        .iter()
        .filter(|looked| looked.route.http && looked.route.channel == Channel::Public);
    let Some(trust) = Trust::of_this_machine() else {
        let why = "this machine trusts no authority to compare with";
        return vec![Finding::skipped(
            Check::Certificate,
            "certificates of hosts",
            why,
        )];
    };
    let trust = &trust;
    let looks = public.map(|looked| async move {
        let host = &looked.route.host;
        let first = looked.addresses.iter().flatten().next();
        let Some(address) = first else {
            let what = format!("certificate of {host}");
            return Finding::skipped(Check::Certificate, what, "its name does not resolve");
        };
        let shown = certificates::look(host, *address, trust).await;
        certificates::judge(host, &shown, Timestamp::now())
    });
    join_all(looks).await
}

async fn sources_of(target: &Target<'_>) -> Vec<Finding> {
    if let Some(why) = target.nothing_fetched {
        return sources::skipped(why);
    }
    sources::look(&Sources {
        kube: target.kube,
        desired: target.desired,
        images: target.images,
        domain: target.domain,
    })
    .await
}

fn unanswered(check: Check, what: &str, error: &KubeError) -> Finding {
    let remedy = error
        .remedy()
        .unwrap_or("try again, and look at the API server's log");
    Finding::failed(check, what, format!("failed to {error}"), remedy)
}
