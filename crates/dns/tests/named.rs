//! A real bind9: told of records by updates, asked for them, and wrong in every way that matters.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::Command;

use mosipctl_dns::{
    Authority, DnsError, Key, Origin, Record, Records, Refusal, Target, Updater, Verdict, texts,
    verify, zone_file,
};
use mosipctl_servers::{Named, NamedSettings};
use mosipctl_spec::Domain;
use mosipctl_spec::environment::dns::{Server, TsigAlgorithm, TsigKey};
use mosipctl_spec::environment::secret::{SecretSource, Source};
use tempfile::TempDir;
use tokio::net::UdpSocket;

/// Known to everybody who reads this; it opens nothing but the test's own server.
const SECRET: &str = "bm90IGEgc2VjcmV0LCBmb3IgdGVzdHMgb25seSEh";
const ZONE: &str = "example.org";

struct World {
    named: Named,
    _folder: TempDir,
}

/// A name server for the zone with these records; none, and a word about it, where there is no bind9.
async fn world(records: &str) -> Option<World> {
    if let Err(missing) = Named::find() {
        eprintln!("skipped: {missing}");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let settings = NamedSettings {
        folder: folder.path().to_owned(),
        zones: vec![(ZONE.to_owned(), records.to_owned())],
        key: "mosipctl".to_owned(),
        secret: SECRET.to_owned(),
    };
    let named = Named::start(&settings).await.unwrap();
    Some(World {
        named,
        _folder: folder,
    })
}

impl World {
    fn updater(&self, key: &str, secret: &str, zone: &str) -> Updater {
        let key = TsigKey {
            name: key.to_owned(),
            algorithm: TsigAlgorithm::HmacSha256,
            secret: SecretSource {
                from: Source::Env("UNUSED".to_owned()),
            },
        };
        let zone: Domain = zone.parse().unwrap();
        let key = Key::new(&key, secret).unwrap();
        Updater::new(self.server(), &zone, key).unwrap()
    }

    fn own(&self) -> Updater {
        self.updater("mosipctl", SECRET, ZONE)
    }

    fn server(&self) -> Server {
        self.named.address().into()
    }

    async fn verdict(&self, record: &Record) -> Verdict {
        let looks = verify(std::slice::from_ref(record), &[self.server()]).await;
        looks[0].verdict.clone()
    }
}

fn record(host: &str, addresses: &[&str]) -> Record {
    let addresses: Vec<IpAddr> = addresses.iter().map(|text| text.parse().unwrap()).collect();
    Record {
        host: host.to_owned(),
        origin: Origin::Also,
        target: Target::Addresses(addresses),
    }
}

fn alias(host: &str, of: &str) -> Record {
    Record {
        target: Target::Alias(of.to_owned()),
        ..record(host, &[])
    }
}

#[tokio::test]
async fn hosts_lead_where_an_update_says_and_what_was_there_before_is_gone() {
    let Some(world) = world("old IN A 192.0.2.1\nold IN A 192.0.2.2\nalias IN CNAME old").await
    else {
        return;
    };
    let both = record("api.example.org", &["203.0.113.4", "2001:db8::4"]);
    let old = record("old.example.org", &["203.0.113.5"]);
    let was_alias = record("alias.example.org", &["203.0.113.6"]);
    let now_alias = alias("www.example.org", "lb.example.net");
    assert_eq!(world.verdict(&both).await, Verdict::NoName);
    assert!(matches!(world.verdict(&old).await, Verdict::Wrong(_)));
    let all = [&both, &old, &was_alias, &now_alias];
    world.own().lead(&all, 300).await.unwrap();
    for record in all {
        assert_eq!(
            world.verdict(record).await,
            Verdict::Right,
            "{}",
            record.host
        );
    }
}

#[tokio::test]
async fn proofs_stand_beside_each_other_and_are_taken_away() {
    let Some(world) = world("").await else { return };
    let at = "_acme-challenge.box.example.org";
    let updater = world.own();
    let two = vec!["one".to_owned(), "two".to_owned()];
    updater.set_texts(&[(at.to_owned(), two)]).await.unwrap();
    let mut found = texts(world.named.address(), at).await.unwrap();
    found.sort();
    assert_eq!(found, ["one", "two"]);
    let three = vec!["three".to_owned()];
    updater.set_texts(&[(at.to_owned(), three)]).await.unwrap();
    assert_eq!(texts(world.named.address(), at).await.unwrap(), ["three"]);
    updater.clear_texts(&[at]).await.unwrap();
    assert!(texts(world.named.address(), at).await.unwrap().is_empty());
}

#[tokio::test]
async fn each_refusal_of_an_update_is_named_and_changes_nothing() {
    let Some(world) = world("").await else { return };
    let host = record("api.example.org", &["203.0.113.4"]);
    let other = record("api.example.com", &["203.0.113.4"]);
    let wrong = "d3JvbmcgYnV0IHdlbGwgZm9ybWVkIHNlY3JldCEh";
    let cases = [
        (
            world.updater("nobody", SECRET, ZONE),
            &host,
            Refusal::BadKey,
        ),
        (
            world.updater("mosipctl", wrong, ZONE),
            &host,
            Refusal::BadSignature,
        ),
    ];
    for (updater, record, expected) in cases {
        let error = updater.lead(&[record], 300).await.unwrap_err();
        let DnsError::Refused { refusal, .. } = &error else {
            panic!("{error}");
        };
        assert_eq!(*refusal, expected);
        assert!(!error.to_string().contains(SECRET) && !error.remedy().is_empty());
    }
    for updater in [
        world.updater("mosipctl", SECRET, "example.com"),
        world.own(),
    ] {
        let error = updater.lead(&[&host, &other], 300).await.unwrap_err();
        assert!(matches!(error, DnsError::Refused { .. }), "{error}");
        assert!(error.remedy().contains("spec.dns.zone"), "{error}");
    }
    assert_eq!(world.verdict(&host).await, Verdict::NoName);
}

#[tokio::test]
async fn resolvers_are_compared_and_each_way_to_be_wrong_is_told_apart() {
    let Some(world) =
        world("right IN A 203.0.113.4\nwrong IN A 192.0.2.1\nempty IN TXT hello").await
    else {
        return;
    };
    // a socket that is there and never answers, and a port where nothing is
    let silent = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let closed = SocketAddr::from((Ipv4Addr::LOCALHOST, mosipctl_servers::free_port().unwrap()));
    let resolvers = [
        world.server(),
        silent.local_addr().unwrap().into(),
        closed.into(),
    ];
    let at = |host: &str| record(host, &["203.0.113.4"]);
    let hosts = [
        at("right.example.org"),
        at("wrong.example.org"),
        at("none.example.org"),
        at("empty.example.org"),
        at("www.example.com"),
    ];
    let looks = verify(&hosts, &resolvers).await;
    let words: Vec<String> = looks
        .iter()
        .zip(hosts.iter().flat_map(|host| [host; 3]))
        .map(|(look, record)| look.verdict.words(record))
        .collect();
    let of_first: Vec<&str> = words.iter().step_by(3).map(String::as_str).collect();
    assert_eq!(
        of_first,
        [
            "leads to 203.0.113.4",
            "leads to 192.0.2.1 instead of 203.0.113.4",
            "no such name (NXDOMAIN)",
            "the name has no address",
            "the resolver says REFUSED",
        ]
    );
    assert_eq!(words[1], "the resolver is silent");
    assert!(
        words[2].starts_with("the resolver cannot be asked: "),
        "{}",
        words[2]
    );
    assert!(looks.iter().filter(|look| look.verdict.is_right()).count() == 1);
}

#[tokio::test]
async fn an_answer_too_long_for_a_packet_is_asked_for_again_by_tcp() {
    let many: String = (0..60)
        .map(|n| format!("many IN TXT \"{n:0>40}\"\n"))
        .collect();
    let Some(world) = world(&many).await else {
        return;
    };
    let found = texts(world.named.address(), "many.example.org")
        .await
        .unwrap();
    assert_eq!(found.len(), 60);
}

#[test]
fn a_whole_zone_file_is_taken_by_bind9() {
    let checker = "/usr/bin/named-checkzone";
    if !std::path::Path::new(checker).exists() {
        eprintln!("skipped: there is no {checker} (Debian: bind9-utils)");
        return;
    }
    let records = Records {
        zone: ZONE.parse().unwrap(),
        ttl: 300,
        hosts: vec![
            record("api.example.org", &["203.0.113.4", "2001:db8::4"]),
            record("example.org", &["203.0.113.4"]),
            record("ns1.example.org", &["203.0.113.2"]),
            alias("www.example.org", "lb.example.net"),
        ],
    };
    let authority = Authority {
        servers: vec!["ns1.example.org".to_owned()],
        serial: 1,
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("zone");
    std::fs::write(&file, zone_file(&records, Some(&authority))).unwrap();
    let checked = Command::new(checker).arg(ZONE).arg(&file).output().unwrap();
    let said = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success() && said.contains("OK"), "{said}");
}
