use std::collections::BTreeMap;

use super::*;

const SIXTEEN: &str = "16.1.1";
const TWENTY_SIX: &str = "26.4.0";

fn wanted() -> Client {
    Client {
        secret: Some("right".to_owned().into()),
        roles: vec!["AUTH".to_owned()],
        redirects: vec!["https://a.example.org/*".to_owned()],
        claims: BTreeMap::from([("langCode".to_owned(), "langCode".to_owned())]),
        ..Client::new("mosip-auth-client")
    }
}

/// The client as Keycloak would have it after it was made.
fn found(wanted: &Client) -> LiveClient {
    let mut representation = representation(wanted);
    representation["defaultClientScopes"] = json!(["roles", "acr", "basic"]);
    LiveClient {
        id: "1".to_owned(),
        representation,
        secret: wanted.secret.clone(),
        account: Some("2".to_owned()),
        roles: wanted_roles(wanted),
        scope_roles: wanted_roles(wanted),
    }
}

fn look(wanted: &Client, found: &LiveClient, version: &str) -> Look {
    let scope = |name: &str| (name.to_owned(), json!({"name": name}));
    let shelf = Shelf {
        scopes: [scope("roles"), scope("basic"), scope("acr")].into(),
        ..Shelf::default()
    };
    client(wanted, found, &shelf, Version::parse(version).unwrap())
}

fn words(wanted: &Client, found: &LiveClient, version: &str) -> Vec<String> {
    let look = look(wanted, found, version);
    look.differences.iter().map(ToString::to_string).collect()
}

#[test]
fn what_was_made_is_as_wanted() {
    assert!(look(&wanted(), &found(&wanted()), TWENTY_SIX).is_as_wanted());
}

#[test]
fn what_people_added_is_left_alone() {
    let mut found = found(&wanted());
    found.representation["description"] = json!("by hand");
    found.representation["webOrigins"] = json!(["+"]);
    found.roles.insert(RoleName::of_realm("BY_HAND"));
    assert!(look(&wanted(), &found, TWENTY_SIX).is_as_wanted());
}

#[test]
fn a_field_that_is_ours_is_seen_to_differ() {
    let mut found = found(&wanted());
    found.representation["directAccessGrantsEnabled"] = json!(true);
    found.secret = Some("other".to_owned().into());
    found.roles.clear();
    assert_eq!(
        words(&wanted(), &found, TWENTY_SIX),
        [
            "client `mosip-auth-client`: `directAccessGrantsEnabled` is true, wanted false",
            "client `mosip-auth-client`: another secret",
            "client `mosip-auth-client`: its service account lacks role `AUTH`",
        ]
    );
}

#[test]
fn anywhere_goes_and_other_addresses_stay_and_are_said() {
    let mut found = found(&wanted());
    found.representation["redirectUris"] = json!(["*", "https://b.example.org"]);
    let look = look(&wanted(), &found, TWENTY_SIX);
    let [Difference::ClientSetting { wanted, .. }] = look.differences.as_slice() else {
        panic!("{look:?}")
    };
    assert_eq!(
        *wanted,
        json!(["https://b.example.org", "https://a.example.org/*"])
    );
    assert_eq!(
        look.notes[0].to_string(),
        "client `mosip-auth-client` also sends people to `https://b.example.org`"
    );
}

#[test]
fn upstreams_liberties_come_and_go_with_one_switch() {
    let strict = Client::new("c");
    let permissive = Client {
        upstream_permissive: true,
        ..strict.clone()
    };
    let fields: Vec<_> = look(&permissive, &found(&strict), TWENTY_SIX)
        .differences
        .into_iter()
        .map(|difference| match difference {
            Difference::ClientSetting { field, .. } => field,
            other => panic!("{other}"),
        })
        .collect();
    assert_eq!(
        fields,
        [
            "standardFlowEnabled",
            "directAccessGrantsEnabled",
            "fullScopeAllowed",
            "redirectUris",
            "authorizationServicesEnabled"
        ]
    );
    let back = look(&strict, &found(&permissive), TWENTY_SIX);
    assert_eq!(back.differences.len(), 4, "authorization services stay");
}

#[test]
fn a_client_needs_the_scopes_of_the_version() {
    let mut found = found(&wanted());
    found.representation["defaultClientScopes"] = json!(["roles"]);
    assert!(look(&wanted(), &found, SIXTEEN).is_as_wanted());
    assert_eq!(
        words(&wanted(), &found, TWENTY_SIX),
        [
            "client `mosip-auth-client`: client scope `acr` is no default",
            "client `mosip-auth-client`: client scope `basic` is no default",
        ]
    );
}

#[test]
fn a_claim_is_compared_by_what_is_ours_in_its_mapper() {
    let mut found = found(&wanted());
    let config = &mut found.representation["protocolMappers"][0]["config"];
    config["introspection.token.claim"] = json!("true");
    assert!(look(&wanted(), &found, TWENTY_SIX).is_as_wanted());
    found.representation["protocolMappers"][0]["config"]["user.attribute"] = json!("other");
    assert_eq!(
        words(&wanted(), &found, TWENTY_SIX),
        ["client `mosip-auth-client`: claim `langCode` is not made as wanted"]
    );
}

#[test]
fn narrow_tokens_need_each_role_in_their_scope() {
    let mut wanted = wanted();
    wanted.redirects.clear();
    let mut found = found(&wanted);
    found.scope_roles.clear();
    assert_eq!(
        words(&wanted, &found, TWENTY_SIX),
        ["client `mosip-auth-client`: its tokens leave out role `AUTH`"]
    );
    wanted.full_scope = true;
    found.representation["fullScopeAllowed"] = json!(true);
    assert!(look(&wanted, &found, TWENTY_SIX).is_as_wanted());
}

#[test]
fn only_roles_that_we_granted_before_are_taken_away() {
    let mut wanted = wanted();
    wanted.revoked = vec!["OLD".to_owned(), "GONE".to_owned(), "AUTH".to_owned()];
    let mut found = found(&wanted);
    found.roles.insert(RoleName::of_realm("OLD"));
    found.roles.insert(RoleName::of_realm("BY_HAND"));
    assert_eq!(
        words(&wanted, &found, TWENTY_SIX),
        ["client `mosip-auth-client`: its service account still has role `OLD`"]
    );
}

#[test]
fn a_public_client_has_neither_secret_nor_roles() {
    let public = Client {
        public: true,
        ..wanted()
    };
    let made = representation(&public);
    assert_eq!(made["serviceAccountsEnabled"], json!(false));
    assert!(made["secret"].is_null());
    let mut found = found(&public);
    found.roles.clear();
    found.secret = None;
    assert!(look(&public, &found, TWENTY_SIX).is_as_wanted());
}
