//! Whether host names resolve.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use futures::future::join_all;
use tokio::net::lookup_host;

use crate::finding::{Check, Finding};
use crate::routes::{Channel, Route};

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
    let what = format!("name {host}");
    match &looked.addresses {
        Ok(addresses) if !addresses.is_empty() => {
            let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            Finding::passed(Check::HostName, what, addresses.join(", "))
        }
        other => {
            let why = match other {
                Err(why) => format!("it does not resolve here: {why}"),
                Ok(_) => "it does not resolve here".to_owned(),
            };
            Finding::warning(Check::HostName, what, why, record(host, *channel))
        }
    }
}

/// The record to make.
fn record(host: &str, channel: Channel) -> String {
    let who = match channel {
        Channel::Public => "",
        Channel::Internal => "; people inside the VPN must be able to resolve it, others need not",
    };
    format!(
        "make the record `{host}. A ADDRESS`, ADDRESS being that of the load balancer before the {} gateway{who}",
        channel.as_str()
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
