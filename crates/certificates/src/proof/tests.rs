use jiff::SignedDuration;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use super::*;

/// A root, one between, and a certificate for two names; each with its key.
struct World {
    root: String,
    between: String,
    own: String,
    between_key: String,
    key: String,
}

fn params(name: &str, names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let now = std::time::SystemTime::now();
    let day = std::time::Duration::from_secs(24 * 3600);
    params.not_before = (now - day).into();
    params.not_after = (now + 90 * day).into();
    params
}

fn world() -> World {
    let authority = |name| {
        let mut params = params(name, &[]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
    };
    let keys: Vec<KeyPair> = (0..3).map(|_| KeyPair::generate().unwrap()).collect();
    let [root_key, between_key, key] = keys.try_into().unwrap();
    let root_params = authority("root");
    let root = root_params.self_signed(&root_key).unwrap().pem();
    let root_issuer = Issuer::new(root_params, root_key);
    let between_params = authority("between");
    let between = between_params
        .signed_by(&between_key, &root_issuer)
        .unwrap()
        .pem();
    let between_pem = between_key.serialize_pem();
    let issuer = Issuer::new(between_params, between_key);
    let own = params("own", &["example.org", "*.example.org"])
        .signed_by(&key, &issuer)
        .unwrap()
        .pem();
    World {
        root,
        between,
        own,
        between_key: between_pem,
        key: key.serialize_pem(),
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn judged(chain: &str, key: &str, wanted: &[&str], now: Timestamp) -> String {
    let pair = Pair {
        chain: chain.to_owned(),
        key: Zeroizing::new(key.to_owned()),
    };
    match prove(&pair, &names(wanted), now) {
        Ok(certificate) => format!("{} links", certificate.links.len()),
        Err(flaw) => format!("{flaw} | {}", flaw.remedy()),
    }
}

#[test]
fn a_whole_chain_is_good_with_and_without_its_root_and_with_the_key_in_the_same_file() {
    let (w, now) = (world(), Timestamp::now());
    let wanted = ["example.org", "api.example.org"];
    let chain = [w.own.as_str(), &w.between].concat();
    assert_eq!(judged(&chain, &w.key, &wanted, now), "2 links");
    assert_eq!(
        judged(&(chain.clone() + &w.root), &w.key, &wanted, now),
        "3 links"
    );
    let all = chain + &w.key;
    assert_eq!(judged(&all, &all, &wanted, now), "2 links");
}

#[test]
fn each_flaw_is_told_with_its_line_and_what_to_do() {
    let (w, now) = (world(), Timestamp::now());
    let chain = [w.own.as_str(), &w.between, &w.root].concat();
    let second = w.own.lines().count() + 1;
    let third = second + w.between.lines().count();
    let wanted = ["example.org"];
    let judged = |chain: &str, key: &str| judged(chain, key, &wanted, now);
    assert!(judged("", &w.key).starts_with("there is no certificate in the chain"));
    assert!(judged(&chain, "").starts_with("there is no private key"));
    let locked =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nYWJj\n-----END ENCRYPTED PRIVATE KEY-----\n";
    assert!(
        judged(&chain, locked)
            .starts_with("the key at line 1 has a passphrase | take the passphrase away")
    );
    let broken = chain.replacen(&w.between[40..60], "????", 1);
    assert!(judged(&broken, &w.key).starts_with(&format!(
        "what begins at line {second} of the chain cannot be read"
    )));
    let other = KeyPair::generate().unwrap().serialize_pem();
    assert_eq!(
        judged(&chain, &other),
        "the key is not that of the certificate at line 1, `CN=own` | give the key that the certificate was asked for with"
    );
    let turned = [w.between.as_str(), &w.own, &w.root].concat();
    assert!(judged(&turned, &w.key).ends_with(&format!(
        "the key is that of the certificate at line {}: put that one first",
        w.between.lines().count() + 1
    )));
    let swapped = [w.own.as_str(), &w.root, &w.between].concat();
    let right = second + w.root.lines().count();
    assert_eq!(
        judged(&swapped, &w.key),
        format!(
            "the certificate at line {second}, `CN=root`, did not sign the one at line 1, which was signed by `CN=between` | put the certificate at line {right} right after the one at line 1"
        )
    );
    let gap = [w.own.as_str(), &w.root].concat();
    assert!(
        judged(&gap, &w.key)
            .contains("put the certificate of `CN=between` after the one at line 1")
    );
    assert!(third > second && !judged(&chain, &w.between_key).contains("PRIVATE"));
}

#[test]
fn names_and_days_are_told() {
    let w = world();
    let now = Timestamp::now();
    let chain = [w.own.as_str(), &w.between].concat();
    let missing = judged(&chain, &w.key, &["example.org", "a.b.example.org"], now);
    assert_eq!(
        missing,
        "the certificate at line 1 is for example.org, *.example.org, not for a.b.example.org | bring one that is for a.b.example.org, too, or name what it is for in `spec.certificates.names`"
    );
    let later = now + SignedDuration::from_hours(24 * 91);
    assert!(judged(&chain, &w.key, &[], later).contains("`CN=own`, ended on"));
    let earlier = now - SignedDuration::from_hours(24 * 3);
    assert!(judged(&chain, &w.key, &[], earlier).contains("holds only from"));
}

#[test]
fn a_signature_by_another_authority_of_the_same_name_is_refused() {
    let (w, other, now) = (world(), world(), Timestamp::now());
    let chain = [w.own.as_str(), &other.between].concat();
    let said = judged(&chain, &w.key, &["example.org"], now);
    assert!(
        said.starts_with("the chain does not hold together"),
        "{said}"
    );
}
