//! `mosipctl dns` and `mosipctl certs` as people run them, against a real name server and a real ACME authority.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use mosipctl_servers::{Named, NamedSettings, Pebble, PebbleSettings};
use rcgen::{CertificateParams, KeyPair};

use crate::{Desk, SECRET};

/// An environment with few hosts, and these lines under `spec`.
fn environment(spec: &str) -> String {
    format!(
        "apiVersion: mosipctl.io/v1alpha1\nkind: Environment\nmetadata: {{name: blue}}\nspec:\n  domain: blue.example.org\n  mosip: 1.2.0.1\n  cluster: {{kind: existing}}\n  rehearsal: {{standIns: true}}\n{spec}"
    )
}

/// None, and a word about it, where there is no bind9.
async fn named(desk: &Desk, records: &str) -> Option<Named> {
    if let Err(missing) = Named::find() {
        eprintln!("skipped: {missing}");
        return None;
    }
    let settings = NamedSettings {
        folder: desk.path("named"),
        zones: vec![("blue.example.org".to_owned(), records.to_owned())],
        key: "mosipctl".to_owned(),
        secret: SECRET.to_owned(),
    };
    Some(Named::start(&settings).await.unwrap())
}

fn dns(named: &Named) -> String {
    let server = named.address();
    format!(
        "  dns:\n    public: [203.0.113.4]\n    internal: [10.0.0.4]\n    resolvers: ['{server}']\n    update: {{server: '{server}', key: {{name: mosipctl, secret: {{from: {{env: TSIG}}}}}}}}\n"
    )
}

#[tokio::test]
async fn an_authority_of_our_own_makes_a_certificate_that_is_shown_and_written() {
    let desk = Desk::new(&environment("  certificates: {kind: ownCa}\n"));
    let none = desk.run("certs status");
    assert_eq!(none.code, Some(3), "{}", none.stderr);
    assert!(
        none.stdout.contains("there is no certificate yet"),
        "{}",
        none.stdout
    );
    let made = desk.run("certs renew");
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    assert!(
        made.stdout.contains("*.blue.example.org"),
        "{}",
        made.stdout
    );
    let status = desk.run("certs status");
    assert_eq!(status.code, Some(0), "{}", status.stdout);
    let quiet = desk.run("certs renew --quiet");
    assert_eq!(
        (quiet.code, quiet.stdout.as_str(), quiet.stderr.as_str()),
        (Some(0), "", "")
    );
    fs::create_dir(desk.path("out")).unwrap();
    let shown = desk.run("certs show --out out");
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    for (name, mode) in [("tls.key", 0o600), ("tls.crt", 0o644), ("trust.pem", 0o644)] {
        let file = desk.path("out").join(name);
        assert_eq!(
            file.metadata().unwrap().permissions().mode() & 0o777,
            mode,
            "{name}"
        );
    }
    let units = desk.run("certs timer");
    assert!(
        units.stdout.contains("certs renew --quiet"),
        "{}",
        units.stdout
    );
}

#[tokio::test]
async fn who_makes_the_certificate_of_a_public_domain_is_asked_for() {
    let said = Desk::new(&environment("")).run("certs renew");
    assert_eq!(said.code, Some(2));
    assert!(
        said.stderr
            .contains("does not say who makes the certificate"),
        "{}",
        said.stderr
    );
    assert!(said.stderr.contains("kind: acme"), "{}", said.stderr);
}

#[tokio::test]
async fn what_is_wrong_with_a_supplied_certificate_is_told_with_its_line() {
    let desk = Desk::new(&environment(
        "  certificates:\n    kind: supplied\n    supplied: {chain: {from: {file: chain.pem}}, key: {from: {file: key.pem}}}\n",
    ));
    let missing = desk.run("certs renew");
    assert_eq!(missing.code, Some(2));
    assert!(missing.stderr.contains("chain.pem"), "{}", missing.stderr);
    let (key, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let names = vec![
        "blue.example.org".to_owned(),
        "*.blue.example.org".to_owned(),
    ];
    let own = CertificateParams::new(names)
        .unwrap()
        .self_signed(&key)
        .unwrap();
    fs::write(desk.path("chain.pem"), format!("# ours\n{}", own.pem())).unwrap();
    fs::write(desk.path("key.pem"), other.serialize_pem()).unwrap();
    let wrong = desk.run("certs renew");
    assert_eq!(wrong.code, Some(1));
    assert!(
        wrong.stderr.contains("at line 2") && wrong.stderr.contains("remedy:"),
        "{}",
        wrong.stderr
    );
    fs::write(desk.path("key.pem"), key.serialize_pem()).unwrap();
    let right = desk.run("certs renew");
    assert_eq!(right.code, Some(0), "{}", right.stderr);
}

#[tokio::test]
async fn names_are_made_asked_for_and_changed_only_when_that_is_said() {
    let desk = Desk::new(&environment(""));
    let Some(named) = named(&desk, "api IN A 192.0.2.1").await else {
        return;
    };
    desk.says(&environment(&dns(&named)));
    let before = desk.run("dns verify");
    assert_eq!(before.code, Some(3), "{}", before.stderr);
    assert!(
        before
            .stdout
            .contains("leads to 192.0.2.1 instead of 203.0.113.4"),
        "{}",
        before.stdout
    );
    assert!(
        before.stdout.contains("no such name (NXDOMAIN)"),
        "{}",
        before.stdout
    );
    let careful = desk.run("dns update");
    assert_eq!(careful.code, Some(3), "{}", careful.stderr);
    assert!(careful.stdout.contains("--replace"), "{}", careful.stdout);
    let whole = desk.run("dns update --replace");
    assert_eq!(whole.code, Some(0), "{}{}", whole.stdout, whole.stderr);
    let after = desk.run("dns verify");
    assert_eq!(after.code, Some(0), "{}", after.stdout);
    let silent = desk.run("dns verify --json --resolver 127.0.0.1:1");
    assert_eq!(silent.code, Some(3));
    assert!(
        silent.stdout.contains("\"verdict\":\"unreachable\""),
        "{}",
        silent.stdout
    );
    for words in [
        "dns records",
        "dns zone --nameserver ns.blue.example.org",
        "dns hosts-snippet",
    ] {
        let said = desk.run(words);
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        assert!(said.stdout.contains("203.0.113.4"), "{}", said.stdout);
    }
}

#[tokio::test]
async fn a_certificate_by_acme_comes_through_the_name_server_of_the_file() {
    let desk = Desk::new(&environment(""));
    if let Err(missing) = Pebble::find() {
        eprintln!("skipped: {missing}");
        return;
    }
    let Some(named) = named(&desk, "").await else {
        return;
    };
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let own = own.self_signed(&key).unwrap().pem();
    fs::write(desk.path("trust.pem"), &own).unwrap();
    let settings = PebbleSettings {
        folder: desk.path("pebble"),
        port: None,
        certificate: own,
        key: key.serialize_pem(),
        dns: named.address(),
        http_port: 5002,
        external_accounts: Vec::new(),
        variables: Vec::new(),
    };
    let pebble = Pebble::start(&settings).await.unwrap();
    let acme = format!(
        "{}  certificates:\n    kind: acme\n    acme: {{directory: '{}', trust: trust.pem, challenge: {{dns01: {{}}}}}}\n",
        dns(&named),
        pebble.directory()
    );
    desk.says(&environment(&acme));
    let made = desk.run("certs renew");
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let status = desk.run("certs status --json");
    assert_eq!(status.code, Some(0), "{}", status.stdout);
    pebble.stop().await;
    let gone = desk.run("certs renew --force");
    assert_eq!(gone.code, Some(1));
    assert!(
        gone.stderr.contains("spec.certificates.acme.directory"),
        "{}",
        gone.stderr
    );
    assert_eq!(
        desk.run("certs status").code,
        Some(0),
        "the one before stays"
    );
}
