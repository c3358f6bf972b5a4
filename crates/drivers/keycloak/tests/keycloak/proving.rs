//! Tokens of clients.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mosipctl_keycloak::{Finding, RoleName};
use mosipctl_servers::KeycloakVersion;
use reqwest::Method;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::catalogue::named;
use crate::hand::Hand;
use crate::support::{on_both, shared};

on_both!(
    a_role_that_was_taken_away_is_found_and_granted_again,
    a_client_that_gets_no_token_is_found,
    people_bring_their_own_roles_into_tokens,
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

async fn people_bring_their_own_roles_into_tokens(version: KeycloakVersion) {
    let Some((keycloak, mut wanted)) = shared(version).await else {
        return;
    };
    let mut client = named("mosip-reg-client", "people");
    client.direct_grant = true;
    wanted.clients = vec![client];
    keycloak.make(&wanted).await.unwrap();
    assert_eq!(keycloak.look(&wanted).await.unwrap().differences, []);
    let hand = Hand::of(&keycloak).await;
    let user = json!({
        "username": "officer", "enabled": true,
        "email": "officer@example.org", "firstName": "An", "lastName": "Officer",
        "credentials": [{"type": "password", "value": "long enough"}],
    });
    hand.does(Method::POST, "shared/users", user).await;
    let users = hand.get("shared/users?username=officer").await;
    let id = users[0]["id"].as_str().unwrap();
    let role = hand.role("shared", "ZONAL_ADMIN").await;
    let path = format!("shared/users/{id}/role-mappings/realm");
    hand.does(Method::POST, &path, role).await;
    let form = [
        ("grant_type", "password"),
        ("client_id", "people"),
        ("client_secret", "secret-of-mosip-reg-client"),
        ("username", "officer"),
        ("password", "long enough"),
    ];
    let token = hand.token("shared", &form).await;
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap());
    let payload: Value = serde_json::from_slice(&payload.unwrap()).unwrap();
    let roles = payload["realm_access"]["roles"].as_array().unwrap();
    assert!(roles.contains(&json!("ZONAL_ADMIN")), "{roles:?}");
}
