//! Whether host names resolve.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use futures::future::join_all;
use tokio::net::lookup_host;

use crate::finding::{Check, Finding};
use mosipctl_balancer::{Channel, Route};

/// A resolver that answers at all answers sooner.
const PATIENCE: Duration = Duration::from_secs(10);

/// A host with its addresses, or why there are none.
#[derive(Debug, Clone)]
pub struct Looked {
    /// The host.
    pub route: Route,
    /// Its addresses.
    pub addresses: Result<Vec<IpAddr>, String>,
}

/// Asks this machine's resolver for all hosts at once.
pub async fn look(routes: Vec<Route>) -> Vec<Looked> {
    let looks = routes.into_iter().map(|route| async move {
        let addresses = addresses(&route.host)
            .await
            .map_err(|error| error.to_string());
        Looked { route, addresses }
    });
    join_all(looks).await
}

async fn addresses(host: &str) -> io::Result<Vec<IpAddr>> {
    // the port plays no part in it
    let looking = tokio::time::timeout(PATIENCE, lookup_host((host, 443)));
    let found = looking
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
    let mut addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
    addresses.sort();
    addresses.dedup();
    Ok(addresses)
}

/// Judges one host.
pub fn judge(looked: &Looked) -> Finding {
    let Route { host, channel, .. } = &looked.route;
    let what = host.as_str();
    match &looked.addresses {
        Ok(addresses) if !addresses.is_empty() => {
            let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            Finding::passed(Check::HostName, what, addresses.join(", "))
        }
        other => {
            let why = match other {
                // before the resolver's own words stands only that it failed
                Err(why) => why.rsplit(": ").next().unwrap_or(why),
                Ok(_) => "no address",
            };
            let why = format!("does not resolve here: {why}");
            Finding::warning(Check::HostName, what, why, record(host, *channel))
        }
    }
}

/// The record to make.
fn record(host: &str, channel: Channel) -> String {
    let channel = channel.as_str();
    format!(
        "make the record `{host}. A ADDRESS`, with the load balancer's of the {channel} gateway"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Outcome;

    fn route(host: &str) -> Route {
        Route {
            host: host.to_owned(),
            channel: Channel::Internal,
            http: true,
        }
    }

    #[test]
    fn a_name_that_does_not_resolve_is_warned_of_with_the_record_to_make() {
        let finding = judge(&Looked {
            route: route("iam.example.org"),
            addresses: Err("no such name".to_owned()),
        });
        assert_eq!(finding.outcome, Outcome::Warning);
        let remedy = finding.remedy.unwrap();
        assert!(remedy.contains("`iam.example.org. A ADDRESS`"), "{remedy}");
        assert!(remedy.contains("internal gateway"), "{remedy}");
    }

    #[tokio::test]
    async fn this_machine_resolves_its_own_name() {
        let looked = look(vec![route("localhost")]).await;
        assert_eq!(judge(&looked[0]).outcome, Outcome::Passed);
    }
}
