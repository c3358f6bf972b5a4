//! Everything that an authority can say no to: its words, a remedy, and nothing half written.

use mosipctl_certificates::{AcmeError, Maker, Prover, RenewError};
use mosipctl_dns::texts;

use crate::support::{World, free_port, named, names};

impl World {
    /// Nothing of a certificate is kept.
    fn has_no_certificate(&self) -> bool {
        let is_of_one = |name: &str| name.starts_with("chain-") || name.starts_with("key-");
        let files = self.files();
        let mut names = files
            .iter()
            .map(|file| file.file_name().unwrap().to_string_lossy());
        !names.any(|name| is_of_one(&name) || name == "certificates.json")
    }

    async fn refused(&self, maker: &Maker, wanted: &[&str]) -> RenewError {
        let error = self.renew(maker, &names(wanted)).await.unwrap_err();
        assert!(self.has_no_certificate());
        assert!(!error.remedy().is_empty());
        error
    }
}

#[tokio::test]
async fn a_proof_that_the_authority_does_not_find_is_told_in_its_words_and_taken_away() {
    let Some(mut world) = World::new("", &[]).await else {
        return;
    };
    // the records are put into one name server, and the authority asks another one
    let other = named(&world.path("other"), "").await;
    world.ask_other_name_server(&other).await;
    let error = world
        .refused(&world.maker(world.by_update()), &["box.example.org"])
        .await;
    let text = error.to_string();
    assert!(
        text.starts_with("show that box.example.org is ours by DNS: the authority says: "),
        "{text}"
    );
    assert!(text.contains("TXT"), "{text}");
    assert!(error.remedy().contains("dig TXT"), "{}", error.remedy());
    let at = "_acme-challenge.box.example.org";
    assert!(texts(world.named.address(), at).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_answer_that_is_not_where_the_authority_looks_is_told() {
    let Some(world) = World::new("www IN A 127.0.0.1", &[]).await else {
        return;
    };
    let elsewhere = Prover::Listener(([127, 0, 0, 1], free_port()).into());
    let error = world
        .refused(&world.maker(elsewhere), &["www.example.org"])
        .await;
    let text = error.to_string();
    assert!(
        text.contains("www.example.org is ours by HTTP") && text.contains("refused"),
        "{text}"
    );
    assert!(error.remedy().contains("port 80"));
    // a name that leads nowhere
    let error = world
        .refused(&world.maker(world.by_http()), &["gone.example.org"])
        .await;
    assert!(error.to_string().contains("gone.example.org"), "{error}");
}

#[tokio::test]
async fn all_names_below_a_domain_cannot_be_shown_by_http() {
    let Some(world) = World::new("", &[]).await else {
        return;
    };
    let error = world
        .refused(&world.maker(world.by_http()), &["*.example.org"])
        .await;
    assert!(
        matches!(&error, RenewError::Acme(AcmeError::NoSuchProof { .. })),
        "{error}"
    );
    assert!(error.remedy().contains("dns01"));
}

#[tokio::test]
async fn a_port_that_is_taken_is_told_before_the_authority_is_asked_to_look() {
    let Some(world) = World::new("www IN A 127.0.0.1", &[]).await else {
        return;
    };
    let _taken = std::net::TcpListener::bind(("127.0.0.1", world.http_port)).unwrap();
    let error = world
        .refused(&world.maker(world.by_http()), &["www.example.org"])
        .await;
    assert!(
        error
            .to_string()
            .starts_with("answer the authority at 127.0.0.1:"),
        "{error}"
    );
}

#[tokio::test]
async fn a_name_server_that_refuses_our_key_is_told() {
    let Some(world) = World::new("", &[]).await else {
        return;
    };
    let error = world
        .refused(&world.maker(world.by_update()), &["box.example.com"])
        .await;
    assert!(error.to_string().contains("NOTZONE"), "{error}");
}

#[tokio::test]
async fn an_authority_that_takes_no_nonce_at_all_is_asked_some_times_and_then_given_up() {
    let Some(world) = World::new("", &[("PEBBLE_WFE_NONCEREJECT", "100")]).await else {
        return;
    };
    let error = world
        .refused(&world.maker(world.by_update()), &["box.example.org"])
        .await;
    assert!(
        error.is_transient() && error.to_string().contains("nonce"),
        "{error}"
    );
}

#[tokio::test]
async fn an_authority_that_nobody_trusts_or_that_is_not_there_is_told() {
    let Some(world) = World::new("", &[]).await else {
        return;
    };
    let Maker::Acme(mut acme) = world.maker(world.by_update()) else {
        return;
    };
    acme.trust = None;
    let error = world
        .refused(&Maker::Acme(acme), &["box.example.org"])
        .await;
    assert!(
        error.to_string().contains("make an account") || error.to_string().contains("directory"),
        "{error}"
    );
    assert!(error.remedy().contains("trust"), "{}", error.remedy());
    let Maker::Acme(mut acme) = world.maker(world.by_update()) else {
        return;
    };
    acme.directory = format!("https://localhost:{}/dir", free_port());
    let error = world
        .refused(&Maker::Acme(acme), &["box.example.org"])
        .await;
    assert!(error.is_transient(), "{error}");
}
