//! The kubeconfig of a lab.

use std::io;

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
