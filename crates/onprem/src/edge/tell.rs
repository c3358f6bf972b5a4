//! Telling a bastion at once who may come in.

use mosipctl_hosts::{Hosts, files};

use super::Tunnel;
use crate::bring::bring_about;
use crate::error::OnpremError;

/// Tells a bastion at once who may come in. False when its VPN was never set up: then there is nobody to tell.
///
/// # Errors
/// The bastion cannot be reached, or does not take it.
pub async fn tell_bastion(
    hosts: &Hosts,
    host: &str,
    environment: &str,
    tunnel: &Tunnel,
) -> Result<bool, OnpremError> {
    let connection = hosts.connection(host).await?;
    let shell = connection.as_ref();
    if files::digest(shell, mosipctl_vpn::KEEPER).await?.is_none() {
        return Ok(false);
    }
    bring_about(hosts, host, environment, &tunnel.items()).await?;
    Ok(true)
}
