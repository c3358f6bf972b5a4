//! Finding the server, logging in, and staying logged in.

use std::sync::Arc;
use std::time::Duration;

use mosipctl_endpoint::Endpoint;
use mosipctl_keycloak::{Administrator, Keycloak, KeycloakError, Note};
use mosipctl_reach::{Direct, Tunnel};
use mosipctl_servers::KeycloakVersion;
use reqwest::Method;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::catalogue::{named, small};
use crate::hand::Hand;
use crate::support::{V16, administrator, keycloak, on_both, shared, url};

on_both!(
    the_path_is_found_whatever_stands_in_the_address,
    it_is_reached_by_its_own_name_through_a_tunnel,
    a_wrong_password_is_said_plainly,
    somebody_without_rights_is_told_so,
    a_token_that_ends_half_way_is_taken_anew,
    a_session_that_the_server_ended_is_taken_up_again,
    a_setting_that_a_version_lacks_is_left_out_and_one_that_none_has_is_refused,
);

async fn the_path_is_found_whatever_stands_in_the_address(version: KeycloakVersion) {
    let Some(right) = url(version).await else {
        return;
    };
    let root = right.trim_end_matches("/auth");
    for given in [
        root.to_owned(),
        format!("{root}/auth"),
        format!("{root}/auth/"),
    ] {
        let endpoint = Endpoint::new(&given).unwrap();
        let keycloak = Keycloak::connect(endpoint, administrator()).await.unwrap();
        assert_eq!(keycloak.url(), right);
        assert_eq!(keycloak.version().to_string(), version.number());
    }
    let elsewhere = Endpoint::new(&format!("{root}/elsewhere")).unwrap();
    let error = Keycloak::connect(elsewhere, administrator())
        .await
        .unwrap_err();
    assert!(
        matches!(error, KeycloakError::NotKeycloak { .. }),
        "{error}"
    );
}

async fn it_is_reached_by_its_own_name_through_a_tunnel(version: KeycloakVersion) {
    let Some((direct, mut wanted)) = shared(version).await else {
        return;
    };
    let port = Endpoint::new(&direct.url()).unwrap().url().port().unwrap();
    let reach = Arc::new(Direct::new("127.0.0.1", port));
    let tunnel = Arc::new(Tunnel::open(reach).await.unwrap());
    let endpoint = Endpoint::new("http://keycloak.keycloak").unwrap();
    let endpoint = endpoint.through(tunnel);
    let keycloak = Keycloak::connect(endpoint, administrator()).await.unwrap();
    let own = keycloak.url();
    assert!(own.starts_with("http://keycloak.keycloak"), "{own}");
    wanted.clients = vec![named("mosip-auth-client", "tunnel")];
    keycloak.make(&wanted).await.unwrap();
    assert_eq!(keycloak.look(&wanted).await.unwrap().differences, []);
    assert_eq!(keycloak.verify(&wanted).await.unwrap(), []);
}

async fn a_wrong_password_is_said_plainly(version: KeycloakVersion) {
    let Some(url) = url(version).await else {
        return;
    };
    let wrong = Administrator {
        user: "admin".to_owned(),
        password: SecretString::from("not the password"),
    };
    let endpoint = Endpoint::new(&url).unwrap();
    let error = Keycloak::connect(endpoint, wrong).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("log in to Keycloak at {url} as `admin`: Invalid user credentials")
    );
    assert!(!error.is_transient() && error.remedy().is_some());
}

#[tokio::test]
async fn a_server_that_is_down_may_be_up_later() {
    let port = mosipctl_servers::free_port().unwrap();
    let endpoint = Endpoint::new(&format!("http://127.0.0.1:{port}")).unwrap();
    let error = Keycloak::connect(endpoint, administrator())
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("find Keycloak at http://127.0.0.1:"),
        "{text}"
    );
    assert!(error.is_transient() && error.remedy().is_some());
}

async fn somebody_without_rights_is_told_so(version: KeycloakVersion) {
    let Some(keycloak) = keycloak(version).await else {
        return;
    };
    let hand = Hand::of(&keycloak).await;
    let password = "nobody in particular";
    let credentials = json!([{"type": "password", "value": password}]);
    let user = json!({
        "username": "guest", "enabled": true, "credentials": credentials,
        "email": "guest@example.org", "firstName": "A", "lastName": "Guest",
    });
    hand.does(Method::POST, "master/users", user).await;
    let guest = Administrator {
        user: "guest".to_owned(),
        password: SecretString::from(password),
    };
    let endpoint = Endpoint::new(&keycloak.url()).unwrap();
    let error = Keycloak::connect(endpoint, guest).await.unwrap_err();
    assert!(error.is_forbidden(), "{error}");
    assert!(error.remedy().unwrap().contains("role `admin`"));
}

/// Tokens of the administrator live this long.
async fn lifespan(hand: &Hand, seconds: u64) {
    let body = json!({"accessTokenLifespan": seconds});
    hand.does(Method::PUT, "master", body).await;
}

async fn a_token_that_ends_half_way_is_taken_anew(version: KeycloakVersion) {
    let Some((first, mut wanted)) = shared(version).await else {
        return;
    };
    wanted.clients = vec![
        named("mosip-auth-client", "short"),
        named("mosip-pms-client", "short-with-more"),
    ];
    let settled = Hand::of(&first).await;
    // other tests meet these too, so they must live as long as a slow request
    lifespan(&settled, 5).await;
    let keycloak = keycloak(version).await.unwrap();
    keycloak.make_realm(&wanted).await.unwrap();
    let short = Hand::of(&keycloak).await;
    // as soon as the server refuses a token that is younger than the driver's, it refuses that one too
    let ended = async {
        while short.try_to(Method::GET, "shared", &Value::Null).await.0 != 401 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(60), ended).await;
    let logins = keycloak.counts().logins;
    for client in &wanted.clients {
        keycloak.make_client("shared", client).await.unwrap();
    }
    lifespan(&settled, 60).await;
    ended.unwrap();
    assert!(keycloak.counts().logins > logins);
    assert_eq!(keycloak.look(&wanted).await.unwrap().differences, []);
}

async fn a_session_that_the_server_ended_is_taken_up_again(version: KeycloakVersion) {
    let Some((keycloak, mut wanted)) = shared(version).await else {
        return;
    };
    wanted.clients = vec![named("mosip-auth-client", "ended")];
    keycloak.make(&wanted).await.unwrap();
    let sessions = Hand::of(&keycloak).await;
    let me = sessions.get("master/users?username=admin").await;
    let me = me[0]["id"].as_str().unwrap();
    sessions
        .does(
            Method::POST,
            &format!("master/users/{me}/logout"),
            Value::Null,
        )
        .await;
    let before = keycloak.counts();
    assert_eq!(keycloak.look(&wanted).await.unwrap().differences, []);
    assert!(keycloak.counts().logins > before.logins);
}

async fn a_setting_that_a_version_lacks_is_left_out_and_one_that_none_has_is_refused(
    version: KeycloakVersion,
) {
    let Some(keycloak) = keycloak(version).await else {
        return;
    };
    let mut wanted = small("lacking", &[]);
    let setting = "bruteForceStrategy".to_owned();
    wanted.settings.insert(setting.clone(), json!("LINEAR"));
    let made = keycloak.make_realm(&wanted).await.unwrap();
    let left_out = made.notes.contains(&Note::UnknownSetting {
        field: setting,
        version: keycloak.version(),
    });
    assert_eq!(left_out, version == V16);
    assert_eq!(keycloak.look(&wanted).await.unwrap().differences, []);

    wanted.settings.insert("nonsense".to_owned(), json!(true));
    let error = keycloak.make_realm(&wanted).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("change realm `lacking`: Keycloak answers 400:"),
        "{text}"
    );
    assert!(text.contains("Unrecognized field"), "{text}");
    assert!(!error.is_transient());
}
