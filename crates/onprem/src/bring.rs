//! Making items true on a host.

use mosipctl_hosts::{Hosts, packages};

use crate::error::OnpremError;
use crate::item::{Changed, Item};
use crate::manifest::Manifest;

/// Makes items true, in their order.
///
/// What will be put there is written down before it is: a run that is killed in between leaves nothing that nobody knows of.
pub(crate) async fn bring_about(
    hosts: &Hosts,
    host: &str,
    environment: &str,
    items: &[Item],
) -> Result<(), OnpremError> {
    let connection = hosts.connection(host).await?;
    let shell = connection.as_ref();
    let mut lacking = Vec::new();
    for item in items {
        if let Item::Packages(names) = item {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let installed = packages::installed(shell, &names).await?;
            let new = installed
                .into_iter()
                .filter(|(_, version)| version.is_none());
            lacking.extend(new.map(|(name, _)| name));
        }
    }
    Manifest::add(shell, environment, items, &lacking).await?;
    let mut changed = Changed::default();
    for item in items {
        item.apply(hosts, host, &mut changed).await?;
    }
    Ok(())
}
