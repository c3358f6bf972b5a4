use mosipctl_spec::{Document, Environment};

use super::*;

pub(crate) fn spec(dns: &str) -> Spec {
    let text = format!(
        "apiVersion: mosipctl.io/v1alpha1\nkind: Environment\nmetadata: {{name: x}}\nspec: {{domain: box.example.org, mosip: 1.2.0.1, dns: {dns}}}\n"
    );
    let document = Document {
        name: "x.yaml",
        text: &text,
    };
    Environment::read(&document).unwrap().spec
}

pub(crate) fn routes() -> Vec<Route> {
    let route = |host: &str, channel| Route {
        host: host.to_owned(),
        channel,
        http: true,
    };
    vec![
        route("api.box.example.org", Channel::Public),
        route("iam.box.example.org", Channel::Internal),
        route("prereg.example.com", Channel::Public),
    ]
}

fn hosts(text: &str) -> HostsFile {
    let text = format!("apiVersion: mosipctl.io/v1alpha1\nkind: Hosts\nspec:\n  hosts:\n{text}");
    let document = Document {
        name: "hosts.yaml",
        text: &text,
    };
    HostsFile::read(&document).unwrap()
}

#[test]
fn hosts_lead_to_their_channel_and_further_names_where_the_file_says() {
    let spec = spec(
        "{public: [203.0.113.4], internal: [10.0.0.4, 'fd00::4'], also: {vpn.box.example.org: [203.0.113.9], api.box.example.org: [lb.example.net]}}",
    );
    let records = Records::new(&spec, None, &routes()).unwrap();
    let shown: Vec<String> = records
        .hosts
        .iter()
        .map(|record| {
            format!(
                "{} {} {:?}",
                record.host,
                record.origin.as_str(),
                record.target
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "api.box.example.org also Alias(\"lb.example.net\")",
            "iam.box.example.org internal Addresses([10.0.0.4, fd00::4])",
            "prereg.example.com public Addresses([203.0.113.4])",
            "vpn.box.example.org also Addresses([203.0.113.9])",
        ]
    );
    let elsewhere: Vec<&str> = records
        .elsewhere()
        .map(|record| record.host.as_str())
        .collect();
    assert_eq!(elsewhere, ["prereg.example.com"]);
}

#[test]
fn internal_hosts_lead_to_the_load_balancers_of_the_hosts_file_and_public_ones_are_asked_for() {
    let hosts = hosts(
        "    - {name: cp1, address: 10.0.0.11, roles: [control-plane, worker]}\n    - {name: lb1, address: 10.0.0.4, roles: [load-balancer]}\n",
    );
    let public = spec("{public: [203.0.113.4]}");
    let records = Records::new(&public, Some(&hosts), &routes()).unwrap();
    let internal = Target::Addresses(vec!["10.0.0.4".parse().unwrap()]);
    assert_eq!(records.hosts[1].target, internal);
    let error = Records::new(&spec("{}"), Some(&hosts), &routes()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "tell where hosts of the public channel lead, such as `api.box.example.org`"
    );
    assert!(error.remedy().contains("spec.dns.public"));
}

#[test]
fn the_name_of_the_zone_itself_is_no_alias() {
    let spec = spec("{public: [lb.example.net], zone: box.example.org}");
    let apex = Route {
        host: "box.example.org".to_owned(),
        channel: Channel::Public,
        http: true,
    };
    let error = Records::new(&spec, None, &[apex]).unwrap_err();
    assert!(matches!(error, RecordsError::ApexAlias { .. }), "{error}");
}
