//! A real ACME authority (Pebble) that asks a real name server (bind9).

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod refusals;
mod support;

use std::os::unix::fs::PermissionsExt;

use mosipctl_certificates::{Outcome, Prover, Reason};
use mosipctl_dns::texts;

use support::{SECRET, World, names};

#[tokio::test]
async fn a_certificate_for_all_names_below_a_domain_comes_by_dns_and_the_proof_is_gone_after() {
    let Some(world) = World::new("", &[]).await else {
        return;
    };
    let wanted = names(&["*.box.example.org", "box.example.org", "api.example.org"]);
    let maker = world.maker(world.by_update());
    let outcome = world.renew(&maker, &wanted).await.unwrap();
    let Outcome::Renewed {
        reason,
        certificate,
    } = outcome
    else {
        panic!("{outcome:?}");
    };
    assert_eq!(reason, Reason::None);
    let mut has = certificate.names.clone();
    has.sort();
    let mut sorted = wanted.clone();
    sorted.sort();
    assert_eq!(has, sorted);
    assert!(certificate.links.len() > 1, "{:?}", certificate.links);
    for name in [
        "_acme-challenge.box.example.org",
        "_acme-challenge.api.example.org",
    ] {
        let left = texts(world.named.address(), name).await.unwrap();
        assert!(left.is_empty(), "{left:?}");
    }
    assert!(matches!(
        world.renew(&maker, &wanted).await.unwrap(),
        Outcome::Good(_)
    ));
}

#[tokio::test]
async fn keys_lie_where_only_their_owner_reads_them_and_the_account_is_used_again() {
    let Some(world) = World::new("", &[]).await else {
        return;
    };
    let maker = world.maker(world.by_update());
    world
        .renew(&maker, &names(&["a.example.org"]))
        .await
        .unwrap();
    let account = world.file("account-");
    let before = std::fs::read_to_string(&account).unwrap();
    world
        .renew(&maker, &names(&["b.example.org"]))
        .await
        .unwrap();
    assert_eq!(std::fs::read_to_string(&account).unwrap(), before);
    for file in world.files() {
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn a_certificate_for_hosts_comes_by_an_answer_over_http() {
    let records = "www IN A 127.0.0.1\napi IN A 127.0.0.1";
    let Some(world) = World::new(records, &[]).await else {
        return;
    };
    let maker = world.maker(world.by_http());
    let wanted = names(&["api.example.org", "www.example.org"]);
    let outcome = world.renew(&maker, &wanted).await.unwrap();
    assert!(matches!(outcome, Outcome::Renewed { .. }), "{outcome:?}");
    // the port is free again
    std::net::TcpListener::bind(("127.0.0.1", world.http_port)).unwrap();
}

#[tokio::test]
async fn a_program_that_calls_nsupdate_sets_the_proofs() {
    if !std::path::Path::new("/usr/bin/nsupdate").exists() {
        eprintln!("skipped: there is no nsupdate (Debian: bind9-dnsutils)");
        return;
    }
    let Some(world) = World::new("", &[]).await else {
        return;
    };
    let script = world.path("hook.sh");
    let server = world.named.address();
    let text = format!(
        "set -eu\nread -r value\ncase $1 in\n  set) change=\"add $2 1 TXT $value\" ;;\n  clear) change=\"delete $2 TXT $value\" ;;\nesac\n\
         printf 'server {} {}\\nzone example.org\\n%s\\nsend\\n' \"$change\" | nsupdate -k {}\n",
        server.ip(),
        server.port(),
        world.key_file().display()
    );
    std::fs::write(&script, text).unwrap();
    let program = vec!["sh".to_owned(), script.display().to_string()];
    let prover = Prover::Hook {
        program,
        servers: vec![server.into()],
    };
    let wanted = names(&["*.box.example.org", "box.example.org"]);
    let outcome = world.renew(&world.maker(prover), &wanted).await.unwrap();
    assert!(matches!(outcome, Outcome::Renewed { .. }), "{outcome:?}");
    let left = texts(server, "_acme-challenge.box.example.org")
        .await
        .unwrap();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn an_authority_that_has_forgotten_us_gets_to_know_us_anew() {
    let Some(mut world) = World::new("", &[]).await else {
        return;
    };
    let maker = world.maker(world.by_update());
    world
        .renew(&maker, &names(&["a.example.org"]))
        .await
        .unwrap();
    let account = std::fs::read_to_string(world.file("account-")).unwrap();
    world.restart_at_the_same_port(&[]).await;
    world
        .renew(&maker, &names(&["b.example.org"]))
        .await
        .unwrap();
    assert_ne!(
        std::fs::read_to_string(world.file("account-")).unwrap(),
        account
    );
}

#[tokio::test]
async fn an_account_elsewhere_opens_an_authority_that_asks_for_one() {
    let Some(mut world) = World::new("", &[]).await else {
        return;
    };
    world.restart_at_the_same_port(&[("kid-1", SECRET)]).await;
    let wanted = names(&["a.example.org"]);
    let error = world
        .renew(&world.maker(world.by_update()), &wanted)
        .await
        .unwrap_err();
    assert!(
        error.remedy().contains("externalAccount"),
        "{error}: {}",
        error.remedy()
    );
    let maker = world.maker_with(world.by_update(), Some(("kid-1", SECRET)));
    world.renew(&maker, &wanted).await.unwrap();
}
