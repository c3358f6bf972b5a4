//! The kubeconfig of a lab.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::folder::{LabFolder, write_private};
use crate::pki::Administrator;

/// Writes the administrator's kubeconfig. It holds all that is needed, so it can be carried elsewhere on this machine.
pub(crate) fn write(
    folder: &LabFolder,
    server: &str,
    administrator: &Administrator,
) -> io::Result<()> {
    let name = format!("mosipctl-lab-{}", folder.name());
    let authority = BASE64.encode(&administrator.authority);
    let certificate = BASE64.encode(&administrator.certificate);
    let key = BASE64.encode(&administrator.key);
    let text = format!(
        "apiVersion: v1
kind: Config
current-context: {name}
clusters:
- name: {name}
  cluster:
    server: {server}
    certificate-authority-data: {authority}
users:
- name: {name}
  user:
    client-certificate-data: {certificate}
    client-key-data: {key}
contexts:
- name: {name}
  context:
    cluster: {name}
    user: {name}
"
    );
    write_private(&folder.kubeconfig(), text)
}

/// What stands before the address of the API server.
const SERVER: &str = "server: https://";

/// Where the API server listens.
pub(crate) fn address(folder: &LabFolder) -> io::Result<SocketAddr> {
    let text = std::fs::read_to_string(folder.kubeconfig())?;
    let mut lines = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix(SERVER));
    let address = lines.next().and_then(|address| address.parse().ok());
    address.ok_or_else(|| io::Error::other("the kubeconfig names no address"))
}

/// Writes another kubeconfig of the administrator, that leads to another address.
pub(crate) fn write_over(folder: &LabFolder, over: SocketAddr) -> io::Result<PathBuf> {
    let text = std::fs::read_to_string(folder.kubeconfig())?;
    let own = format!("{SERVER}{}", address(folder)?);
    let path = folder.kubeconfig_over();
    write_private(&path, text.replace(&own, &format!("{SERVER}{over}")))?;
    Ok(path)
}
