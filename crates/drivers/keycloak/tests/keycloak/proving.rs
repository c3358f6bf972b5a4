//! Tokens of clients.

use mosipctl_keycloak::{Finding, RoleName};
use mosipctl_servers::KeycloakVersion;
use reqwest::Method;
use secrecy::SecretString;

use crate::catalogue::named;
use crate::hand::Hand;
use crate::support::{on_both, shared};

on_both!(
    a_role_that_was_taken_away_is_found_and_granted_again,
    a_client_that_gets_no_token_is_found
);

async fn a_role_that_was_taken_away_is_found_and_granted_again(version: KeycloakVersion) {
    let Some((keycloak, mut wanted)) = shared(version).await else {
        return;
    };
    wanted.clients = vec![
        named("mosip-regproc-client", "proof"),
        named("mosip-testrig-client", "proof-of-roles-elsewhere"),
    ];
    keycloak.make(&wanted).await.unwrap();
    assert_eq!(keycloak.verify(&wanted).await.unwrap(), []);
    let hand = Hand::of(&keycloak).await;
    let account = hand.account("shared", "proof").await;
    let role = hand.role("shared", "DATA_READ").await;
    hand.does(Method::DELETE, &account, role).await;
    let lost = Finding::NoRole {
        client: "proof".to_owned(),
        role: RoleName {
            client: None,
            name: "DATA_READ".to_owned(),
        },
    };
    assert_eq!(keycloak.verify(&wanted).await.unwrap(), [lost]);
    assert_eq!(keycloak.make(&wanted).await.unwrap().done.len(), 1);
    assert_eq!(keycloak.verify(&wanted).await.unwrap(), []);
}

async fn a_client_that_gets_no_token_is_found(version: KeycloakVersion) {
    let Some((keycloak, mut wanted)) = shared(version).await else {
        return;
    };
    wanted.clients = vec![named("mosip-auth-client", "refused")];
    keycloak.make(&wanted).await.unwrap();
    wanted.clients[0].secret = Some(SecretString::from("not this one"));
    let findings = keycloak.verify(&wanted).await.unwrap();
    let [Finding::NoToken { words, .. }] = findings.as_slice() else {
        panic!("{findings:?}")
    };
    assert!(words.contains("nvalid client"), "{words}");
}
