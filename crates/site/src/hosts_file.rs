//! The hosts file of a site, as people would write it.

use serde_json::{Value, json};

use crate::layout::Host;
use crate::tree::USER;

/// The text of the file. The key lies beside it.
pub(crate) fn text(hosts: &[Host]) -> Result<String, std::io::Error> {
    let entry =
        |host: &Host| json!({"name": host.name, "address": host.address, "roles": host.roles});
    let hosts: Vec<Value> = hosts.iter().map(entry).collect();
    let file = json!({
        "apiVersion": "mosipctl.io/v1alpha1",
        "kind": "Hosts",
        "spec": {
            "defaults": {"ssh": {"user": USER, "port": 22, "key": "key"}},
            "hosts": hosts,
        },
    });
    serde_saphyr::to_string(&file).map_err(std::io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_file_names_every_host_with_its_roles_and_how_to_log_in() {
        let file: Value = serde_saphyr::from_str(&text(&crate::hosts(2)).unwrap()).unwrap();
        let hosts = json!([
            {"name": "cp1", "address": "10.88.0.11", "roles": ["control-plane"]},
            {"name": "w1", "address": "10.88.0.12", "roles": ["worker"]},
        ]);
        assert_eq!(file["spec"]["hosts"], hosts);
        assert_eq!(file["spec"]["defaults"]["ssh"]["user"], "admin");
    }
}
