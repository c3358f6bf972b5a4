//! Tokens of clients.

use mosipctl_keycloak::{Finding, RoleName};
use mosipctl_servers::KeycloakVersion;
use reqwest::Method;
use secrecy::SecretString;

use crate::catalogue::small;
use crate::hand::Hand;
use crate::support::{keycloak, on_both};

on_both!(
    a_role_that_was_taken_away_is_found_and_granted_again,
    a_client_that_gets_no_token_is_found
);

async fn a_role_that_was_taken_away_is_found_and_granted_again(version: KeycloakVersion) {
    let Some(keycloak) = keycloak(version).await else {
        return;
    };
    let wanted = small("proof", &["mosip-regproc-client", "mosip-testrig-client"]);
    keycloak.make(&wanted).await.unwrap();
    assert_eq!(keycloak.verify(&wanted).await.unwrap(), []);
    let hand = Hand::of(&keycloak).await;
    let account = hand.account("proof", "mosip-regproc-client").await;
    let role = hand.role("proof", "DATA_READ").await;
    hand.does(Method::DELETE, &account, role).await;
    let lost = Finding::NoRole {
        client: "mosip-regproc-client".to_owned(),
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
    let Some(keycloak) = keycloak(version).await else {
        return;
    };
    let mut wanted = small("refused", &["mosip-auth-client"]);
    keycloak.make(&wanted).await.unwrap();
    wanted.clients[0].secret = Some(SecretString::from("not this one"));
    let findings = keycloak.verify(&wanted).await.unwrap();
    let [Finding::NoToken { words, .. }] = findings.as_slice() else {
        panic!("{findings:?}")
    };
    assert!(words.contains("nvalid client"), "{words}");
}
