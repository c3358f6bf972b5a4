//! What people did by hand, and what is ours.

use mosipctl_keycloak::{Client, Difference, RoleName};
use mosipctl_servers::KeycloakVersion;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::catalogue::{named, small};
use crate::hand::Hand;
use crate::support::{keycloak, on_both, shared};

const CLIENTS: [&str; 2] = ["mosip-partner-client", "mosip-resident-client"];

on_both!(
    what_people_did_stays_and_what_is_ours_is_put_back,
    a_role_that_we_granted_is_taken_back_when_it_is_to_go,
    a_secret_is_read_back_and_kept,
    a_user_keeps_attributes_that_services_store,
    one_client_is_made_without_the_others,
);

async fn what_people_did_stays_and_what_is_ours_is_put_back(version: KeycloakVersion) {
    let Some(keycloak) = keycloak(version).await else {
        return;
    };
    let wanted = small("hand", &CLIENTS);
    keycloak.make(&wanted).await.unwrap();
    let hand = Hand::of(&keycloak).await;
    by_hand(&hand).await;
    assert_eq!(keycloak.look(&wanted).await.unwrap().differences, []);
    let before = everything(&hand).await;

    against_us(&hand).await;
    let look = keycloak.look(&wanted).await.unwrap();
    let mut words: Vec<String> = look.differences.iter().map(ToString::to_string).collect();
    words.sort();
    assert_eq!(
        words,
        [
            "client `mosip-partner-client`: `directAccessGrantsEnabled` is true, wanted false",
            "client `mosip-partner-client`: another secret",
            "client `mosip-partner-client`: claim `partnerType` is not made as wanted",
            "client `mosip-resident-client`: client scope `ida_token` is no default",
            "client scope `ida_token`: `display.on.consent.screen` is \"false\", wanted \"true\"",
            "realm: `failureFactor` is 99, wanted 5",
        ]
    );
    let made = keycloak.make(&wanted).await.unwrap();
    assert_eq!(made.done.len(), look.differences.len());
    assert_eq!(keycloak.look(&wanted).await.unwrap().differences, []);
    assert_eq!(everything(&hand).await, before, "nothing else was touched");
}

/// Things that are nobody's business but theirs.
async fn by_hand(hand: &Hand) {
    let client = hand.client("hand", "mosip-partner-client").await;
    let body = json!({"description": "by hand", "webOrigins": ["https://hand.example.org"], "attributes": {"hand": "1"}});
    hand.changes(&client, body).await;
    let account = hand.account("hand", "mosip-partner-client").await;
    let role = hand.role("hand", "MISP").await;
    hand.does(Method::POST, &account, role).await;
    let body = json!({"clientId": "by-hand", "redirectUris": ["*"]});
    hand.does(Method::POST, "hand/clients", body).await;
    hand.does(Method::POST, "hand/roles", json!({"name": "BY_HAND"}))
        .await;
    let body = json!({"displayName": "by hand", "attributes": {"hand": "1"}});
    hand.changes("hand", body).await;
}

/// Things that are ours.
async fn against_us(hand: &Hand) {
    let path = hand.client("hand", "mosip-partner-client").await;
    let body = json!({"directAccessGrantsEnabled": true, "secret": "by hand"});
    hand.changes(&path, body).await;
    let client = hand.get(&path).await;
    let mappers = client["protocolMappers"].as_array().unwrap();
    let mut mapper = mappers
        .iter()
        .find(|mapper| mapper["name"] == "partnerType")
        .cloned()
        .unwrap();
    mapper["config"]["user.attribute"] = json!("other");
    let id = mapper["id"].as_str().unwrap().to_owned();
    hand.does(
        Method::PUT,
        &format!("{path}/protocol-mappers/models/{id}"),
        mapper,
    )
    .await;
    let scopes = hand.get("hand/client-scopes").await;
    let scopes = scopes.as_array().unwrap();
    let mut scope = scopes
        .iter()
        .find(|scope| scope["name"] == "ida_token")
        .cloned()
        .unwrap();
    let id = scope["id"].as_str().unwrap().to_owned();
    scope["attributes"]["display.on.consent.screen"] = json!("false");
    hand.does(Method::PUT, &format!("hand/client-scopes/{id}"), scope)
        .await;
    let path = hand.client("hand", "mosip-resident-client").await;
    hand.does(
        Method::DELETE,
        &format!("{path}/default-client-scopes/{id}"),
        Value::Null,
    )
    .await;
    hand.does(
        Method::PUT,
        &format!("{path}/optional-client-scopes/{id}"),
        Value::Null,
    )
    .await;
    hand.changes("hand", json!({"failureFactor": 99})).await;
}

/// The realm and what is in it, in an order that does not change.
async fn everything(hand: &Hand) -> Vec<Value> {
    let mut all = vec![hand.get("hand").await];
    for kind in ["clients?max=1000", "client-scopes", "roles?max=1000"] {
        let mut list = hand.get(&format!("hand/{kind}")).await;
        let list = list.as_array_mut().unwrap();
        list.iter_mut().for_each(sort);
        list.sort_by_key(|value| value["id"].as_str().map(str::to_owned));
        all.extend(list.iter().cloned());
    }
    let account = hand.account("hand", "mosip-partner-client").await;
    let mut roles = hand.get(&account).await;
    let list = roles.as_array_mut().unwrap();
    list.sort_by_key(|value| value["id"].as_str().map(str::to_owned));
    all.push(roles);
    all
}

fn sort(value: &mut Value) {
    match value {
        Value::Array(list) => {
            list.iter_mut().for_each(sort);
            list.sort_by_key(ToString::to_string);
        }
        Value::Object(fields) => {
            fields.values_mut().for_each(sort);
            fields.sort_keys();
        }
        _ => {}
    }
}

async fn a_role_that_we_granted_is_taken_back_when_it_is_to_go(version: KeycloakVersion) {
    let Some((keycloak, mut wanted)) = shared(version).await else {
        return;
    };
    wanted.clients = vec![named("mosip-resident-client", "revoked")];
    keycloak.make(&wanted).await.unwrap();
    let client = &mut wanted.clients[0];
    client.roles.retain(|role| role != "PARTNER_ADMIN");
    assert_eq!(keycloak.look(&wanted).await.unwrap().differences, []);
    wanted.clients[0].revoked = vec!["PARTNER_ADMIN".to_owned()];
    let made = keycloak.make(&wanted).await.unwrap();
    let role = RoleName {
        client: None,
        name: "PARTNER_ADMIN".to_owned(),
    };
    let client = "revoked".to_owned();
    assert_eq!(made.done, [Difference::RevokedRole { client, role }]);
    assert_eq!(keycloak.look(&wanted).await.unwrap().differences, []);
}

async fn a_secret_is_read_back_and_kept(version: KeycloakVersion) {
    let Some((keycloak, mut wanted)) = shared(version).await else {
        return;
    };
    wanted.clients = vec![named("mosip-auth-client", "secrets")];
    keycloak.make(&wanted).await.unwrap();
    let read = || async {
        let secret = keycloak.client_secret("shared", "secrets").await;
        secret.unwrap().unwrap().expose_secret().to_owned()
    };
    assert_eq!(read().await, "secret-of-mosip-auth-client");
    // nobody knows it any more: it stays
    wanted.clients[0].secret = None;
    assert!(keycloak.make(&wanted).await.unwrap().is_nothing());
    assert_eq!(read().await, "secret-of-mosip-auth-client");
    // it is another now
    wanted.clients[0].secret = Some(SecretString::from("rotated"));
    let made = keycloak.make(&wanted).await.unwrap();
    assert_eq!(made.done.len(), 1);
    assert_eq!(read().await, "rotated");
    assert!(
        keycloak
            .client_secret("shared", "nobody")
            .await
            .unwrap()
            .is_none()
    );
}

async fn a_user_keeps_attributes_that_services_store(version: KeycloakVersion) {
    let Some((keycloak, _)) = shared(version).await else {
        return;
    };
    let hand = Hand::of(&keycloak).await;
    let user = json!({"username": "partner", "attributes": {"partnerType": ["MISP"]}});
    hand.does(Method::POST, "shared/users", user).await;
    let users = hand.get("shared/users?username=partner").await;
    assert_eq!(users[0]["attributes"]["partnerType"], json!(["MISP"]));
}

async fn one_client_is_made_without_the_others(version: KeycloakVersion) {
    let Some((keycloak, _)) = shared(version).await else {
        return;
    };
    let mut client = Client::new("mosip-new-client");
    client.roles = vec!["AUTH".to_owned()];
    let made = keycloak.make_client("shared", &client).await.unwrap();
    assert_eq!(made.done.len(), 1);
    assert!(
        keycloak
            .make_client("shared", &client)
            .await
            .unwrap()
            .is_nothing()
    );
    client.roles = vec!["NO_SUCH_ROLE".to_owned()];
    let error = keycloak.make_client("shared", &client).await.unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("there is no role `NO_SUCH_ROLE`"),
        "{error}"
    );
    let error = keycloak.make_client("nowhere", &client).await.unwrap_err();
    assert!(error.to_string().contains("404"), "{error}");
}
