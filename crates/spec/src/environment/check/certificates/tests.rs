use crate::environment::Environment;
use crate::environment::certificates::CertificateKind;
use crate::environment::check::tests::complaint;
use crate::{Document, Environment as File};

#[test]
fn each_wrong_setting_of_certificates_is_named_with_its_line() {
    let acme = "directory: 'https://ca.example.org/dir'";
    let cases = [
        ("{kind: ownCa}".to_owned(), "fine"),
        (
            format!("{{kind: acme, acme: {{{acme}, challenge: {{dns01: {{hook: [set]}}}}}}}}"),
            "fine",
        ),
        (
            format!(
                "{{kind: acme, names: [a.example.org], acme: {{{acme}, challenge: {{http01: {{}}}}}}}}"
            ),
            "fine",
        ),
        ("{kind: own}".to_owned(), "x.yaml:7:24 unknown value `own`"),
        (
            "{kind: acme}".to_owned(),
            "x.yaml:7:18 certificates of kind `acme` need `acme`",
        ),
        (
            "{kind: ownCa, supplied: {chain: {from: {env: A}}, key: {from: {env: B}}}}".to_owned(),
            "x.yaml:7:31 `supplied` means nothing for certificates of kind `ownCa`",
        ),
        (
            "{kind: ownCa, names: ['*.*.example.org']}".to_owned(),
            "x.yaml:7:39 `*.*.example.org` is no name for a certificate",
        ),
        (
            "{kind: ownCa, ownCa: {days: 4000}}".to_owned(),
            "x.yaml:7:39 a certificate of 4000 days is taken by nobody",
        ),
        (
            "{kind: acme, acme: {directory: ca.example.org, challenge: {http01: {}}}}".to_owned(),
            "x.yaml:7:37 `ca.example.org` is no address of a directory",
        ),
        (
            format!(
                "{{kind: acme, acme: {{{acme}, contact: ['mailto:a@example.org'], challenge: {{http01: {{}}}}}}}}"
            ),
            "x.yaml:7:88 `mailto:a@example.org` is no mail address",
        ),
        (
            format!("{{kind: acme, acme: {{{acme}, challenge: {{dns01: {{}}}}}}}}"),
            "x.yaml:7:90 nobody is named who sets DNS records",
        ),
        (
            format!(
                "{{kind: acme, names: ['*.example.org'], acme: {{{acme}, challenge: {{http01: {{}}}}}}}}"
            ),
            "x.yaml:7:38 `*.example.org` cannot be proven by HTTP: nobody can answer for every name",
        ),
        (
            format!(
                "{{kind: acme, acme: {{{acme}, challenge: {{http01: {{listen: '0.0.0.0:80', folder: a}}}}}}}}"
            ),
            "x.yaml:7:90 `listen` and `folder` exclude each other",
        ),
        (
            format!("{{kind: acme, acme: {{{acme}, challenge: {{dns02: {{}}}}}}}}"),
            "x.yaml:7:90 unknown value `dns02`",
        ),
    ];
    for (certificates, expected) in cases {
        let spec = format!("  certificates: {certificates}\n");
        assert_eq!(complaint(&spec), expected, "{certificates}");
    }
}

fn kind(domain: &str, cluster: &str) -> Option<CertificateKind> {
    let text = format!(
        "apiVersion: mosipctl.io/v1alpha1\nkind: Environment\nmetadata: {{name: x}}\nspec: {{domain: {domain}, mosip: 1.2.0.1, cluster: {{{cluster}}}}}\n"
    );
    let environment: Environment = File::read(&Document {
        name: "x.yaml",
        text: &text,
    })
    .unwrap();
    environment
        .certificates()
        .map(|certificates| certificates.kind)
}

#[test]
fn only_a_lab_and_private_domains_have_an_authority_of_their_own_by_default() {
    let own = Some(CertificateKind::OwnCa);
    assert_eq!(kind("x.example.org", "kind: lab"), own);
    assert_eq!(kind("x.example.org", "kind: existing"), None);
    assert_eq!(kind("sandbox.xyz.internal", "kind: existing"), own);
    assert_eq!(kind("mosip.home.arpa", "kind: onprem, hosts: a"), own);
    assert_eq!(kind("mosip.notinternal.org", "kind: existing"), None);
}
