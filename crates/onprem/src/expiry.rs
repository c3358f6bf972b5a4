//! When the certificates of a control plane end, or of any node of RKE2.

use std::time::Duration;

use jiff::Timestamp;
use mosipctl_hosts::{Command, Shell};
use serde::Deserialize;

use crate::error::OnpremError;

/// Asks kubeadm, or RKE2's certificates themselves.
const ASK: &str = include_str!("expiry/ask.sh");
/// kubeadm reads some of its settings from the API, and may wait for it.
const PATIENCE: Duration = Duration::from_secs(30);

/// The certificate of a host that ends first.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Expiry {
    /// Its name, as kubeadm says it: `apiserver`.
    pub name: String,
    /// When it ends.
    #[serde(rename = "expirationDate")]
    pub at: Timestamp,
}

impl Expiry {
    /// Whole days from a point in time until it ends; none are left of one that has ended.
    pub fn days_from(&self, now: Timestamp) -> i64 {
        (self.at.duration_since(now).as_hours() / 24).max(0)
    }
}

/// Asks a host which of its certificates ends first; none has a host of kubeadm that is no control plane.
///
/// # Errors
/// It cannot be asked, its user may not become root, or kubeadm answers something else.
pub async fn expiry(shell: &dyn Shell) -> Result<Option<Expiry>, OnpremError> {
    let what = "see when its certificates end";
    let command = Command::line(what, ASK).as_root().within(PATIENCE);
    let output = shell.run(&command).await?.succeeded(shell.host(), what)?;
    first(&output.text()).map_err(|error| OnpremError::Unexpected {
        what: what.to_owned(),
        problem: error.to_string(),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    #[serde(default)]
    certificates: Vec<Expiry>,
    #[serde(default)]
    certificate_authorities: Vec<Expiry>,
}

fn first(text: &str) -> Result<Option<Expiry>, serde_json::Error> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let told: Told = serde_json::from_str(text)?;
    let all = told.certificates.into_iter();
    let all = all.chain(told.certificate_authorities);
    Ok(all.min_by_key(|each| each.at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_certificate_that_ends_first_counts_be_it_an_authority() {
        let text = r#"{"kind": "CertificateExpirationInfo",
            "certificates": [{"name": "admin.conf", "expirationDate": "2027-11-28T01:00:00Z", "residualTime": 1, "missing": false},
                             {"name": "apiserver", "expirationDate": "2027-11-27T01:00:00Z"}],
            "certificateAuthorities": [{"name": "ca", "expirationDate": "2036-11-25T01:00:00Z"}]}"#;
        let first = first(text).unwrap().unwrap();
        assert_eq!(first.name, "apiserver");
        let days = |now: &str| first.days_from(now.parse().unwrap());
        assert_eq!(days("2027-11-20T00:00:00Z"), 7);
        assert_eq!(days("2028-01-01T00:00:00Z"), 0);
        assert_eq!(super::first("\n").unwrap(), None);
        assert!(super::first("Error: no").is_err());
    }

    #[test]
    fn certificates_that_nobody_lists_are_looked_into() {
        if std::process::Command::new("openssl")
            .arg("version")
            .output()
            .is_err()
        {
            eprintln!("skipped: no `openssl` here");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let end = |year| {
            let mut params = rcgen::CertificateParams::default();
            params.not_after = rcgen::date_time_ymd(year, 5, 6);
            let key = rcgen::KeyPair::generate().unwrap();
            params.self_signed(&key).unwrap().pem()
        };
        let write = |name: &str, year| {
            let file = folder.path().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, end(year)).unwrap();
        };
        let place = folder.path().display().to_string();
        let script = ASK.replace("/var/lib/rancher/rke2", &place);
        let ask = || {
            let text = crate::played::says(&script);
            let first = super::first(&text).unwrap()?;
            Some((first.name, first.at.to_string()))
        };
        let ends = |name: &str, at: &str| Some((name.to_owned(), at.to_owned()));
        assert_eq!(ask(), None, "it is no node");
        // an agent
        write("agent/client-ca.crt", 2046);
        write("agent/client-kubelet.crt", 2032);
        assert_eq!(ask(), ends("client-kubelet", "2032-05-06T00:00:00Z"));
        // a server
        write("server/tls/serving-kube-apiserver.crt", 2031);
        let first = ends("serving-kube-apiserver", "2031-05-06T00:00:00Z");
        assert_eq!(ask(), first);
    }
}
