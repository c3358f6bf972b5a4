//! Which names a certificate has, and which hosts they cover.

use mosipctl_spec::Domain;
use mosipctl_spec::environment::certificates::{Certificates, Challenge};

/// The names that a certificate is to have: those of the file; else the domain, everything just below it, and each host that these do
/// not cover; with a proof by HTTP each host alone.
pub fn wanted_names(certificates: &Certificates, domain: &Domain, hosts: &[String]) -> Vec<String> {
    if !certificates.names.is_empty() {
        let mut names = certificates.names.clone();
        names.sort();
        names.dedup();
        return names;
    }
    let challenge = certificates.acme.as_ref().map(|acme| &acme.challenge);
    let mut names = match challenge {
        Some(Challenge::Http01(_)) if !hosts.is_empty() => Vec::new(),
        Some(Challenge::Http01(_)) => vec![domain.to_string()],
        _ => vec![domain.to_string(), format!("*.{domain}")],
    };
    names.extend(uncovered(&names, hosts));
    names.sort();
    names.dedup();
    names
}

/// The hosts that none of the names covers.
pub fn uncovered(names: &[String], hosts: &[String]) -> Vec<String> {
    let is_covered = |host: &&String| !names.iter().any(|name| covers(name, host));
    hosts.iter().filter(is_covered).cloned().collect()
}

/// Whether a name of a certificate is good for a host. A `*` stands for one label (RFC 6125 §6.4.3).
pub fn covers(name: &str, host: &str) -> bool {
    if name.eq_ignore_ascii_case(host) {
        return true;
    }
    let below = name.strip_prefix("*.");
    let parent = host.split_once('.').map(|(_, parent)| parent);
    match (below, parent) {
        (Some(below), Some(parent)) => !host.starts_with('*') && below.eq_ignore_ascii_case(parent),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use mosipctl_spec::environment::certificates::{Acme, CertificateKind, Http01};

    use super::*;

    fn certificates(names: &[&str]) -> Certificates {
        Certificates {
            kind: CertificateKind::OwnCa,
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            acme: None,
            own_ca: None,
            supplied: None,
        }
    }

    fn hosts() -> Vec<String> {
        let hosts = [
            "box.example.org",
            "api.box.example.org",
            "a.b.box.example.org",
            "x.example.com",
        ];
        hosts.iter().map(|host| (*host).to_owned()).collect()
    }

    #[test]
    fn all_hosts_are_covered_with_as_few_names_as_can_be() {
        let domain: Domain = "box.example.org".parse().unwrap();
        let names = wanted_names(&certificates(&[]), &domain, &hosts());
        assert_eq!(
            names,
            [
                "*.box.example.org",
                "a.b.box.example.org",
                "box.example.org",
                "x.example.com"
            ]
        );
        assert!(uncovered(&names, &hosts()).is_empty());
        let own = wanted_names(
            &certificates(&["b.example.org", "a.example.org"]),
            &domain,
            &hosts(),
        );
        assert_eq!(own, ["a.example.org", "b.example.org"]);
    }

    #[test]
    fn a_proof_by_http_is_made_for_each_host_alone() {
        let domain: Domain = "box.example.org".parse().unwrap();
        let by_http = Certificates {
            kind: CertificateKind::Acme,
            acme: Some(Acme {
                directory: "https://ca.example.org".to_owned(),
                contact: Vec::new(),
                trust: None,
                external_account: None,
                challenge: Challenge::Http01(Http01::default()),
            }),
            ..certificates(&[])
        };
        let mut sorted = hosts();
        sorted.sort();
        assert_eq!(wanted_names(&by_http, &domain, &hosts()), sorted);
    }

    #[test]
    fn a_star_stands_for_one_label() {
        assert!(covers("*.example.org", "api.example.org"));
        assert!(covers("API.example.org", "api.example.org"));
        assert!(!covers("*.example.org", "example.org"));
        assert!(!covers("*.example.org", "a.b.example.org"));
        assert!(covers("*.example.org", "*.example.org"));
        assert!(!covers("*.b.example.org", "*.a.b.example.org"));
    }
}
