//! A client and its service account.

use std::collections::BTreeSet;

use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use super::same;
use crate::difference::{Difference, Look, Note, RoleName};
use crate::live::{LiveClient, Shelf};
use crate::server::Version;
use crate::wanted::Client;

/// What takes a claim from an attribute of the user.
const ATTRIBUTE_MAPPER: &str = "oidc-usermodel-attribute-mapper";
/// What upstream gives every client, and a strict client must not keep.
const ANYWHERE: &str = "*";

/// What differs in a client.
pub(crate) fn client(wanted: &Client, found: &LiveClient, shelf: &Shelf, version: Version) -> Look {
    let mut differences = settings(wanted, &found.representation);
    differences.extend(secret(wanted, found));
    differences.extend(scopes(wanted, &found.representation, shelf, version));
    differences.extend(claims(wanted, &found.representation));
    differences.extend(roles(wanted, found));
    Look {
        differences,
        notes: notes(wanted, &found.representation),
    }
}

/// The fields of a client that are ours. `found` is null for one that is to be made.
pub(crate) fn fields(wanted: &Client, found: &Value) -> Vec<(&'static str, Value)> {
    let redirects = redirects(wanted, &found["redirectUris"]);
    let mut fields = vec![
        ("enabled", json!(true)),
        ("protocol", json!("openid-connect")),
        ("publicClient", json!(wanted.public)),
        ("bearerOnly", json!(false)),
        ("serviceAccountsEnabled", json!(wanted.service_account())),
        // nobody can come back from a login without an address to go to
        ("standardFlowEnabled", json!(!wanted.redirects().is_empty())),
        ("implicitFlowEnabled", json!(false)),
        ("directAccessGrantsEnabled", json!(wanted.direct_grant())),
        ("fullScopeAllowed", json!(wanted.full_scope())),
        ("redirectUris", json!(redirects)),
    ];
    if !wanted.public {
        fields.push(("clientAuthenticatorType", json!("client-secret")));
    }
    if wanted.upstream_permissive {
        fields.push(("authorizationServicesEnabled", json!(true)));
    }
    fields
}

/// The addresses that are there, without "anywhere" and with what is wanted.
fn redirects(wanted: &Client, found: &Value) -> Vec<String> {
    let mut redirects: Vec<String> = texts(found)
        .filter(|uri| *uri != ANYWHERE)
        .map(str::to_owned)
        .collect();
    for redirect in wanted.redirects() {
        if !redirects.contains(&redirect) {
            redirects.push(redirect);
        }
    }
    redirects
}

fn settings(wanted: &Client, found: &Value) -> Vec<Difference> {
    let fields = fields(wanted, found).into_iter();
    let differing = fields.filter(|(field, value)| match field {
        // a list without order
        &"redirectUris" => sorted(value) != sorted(&found[field]),
        field => !same(value, &or_false(&found[field])),
    });
    let differences = differing.map(|(field, value)| Difference::ClientSetting {
        client: wanted.id.clone(),
        field,
        wanted: value,
        found: found[field].clone(),
    });
    differences.collect()
}

/// What is not said is false.
fn or_false(found: &Value) -> Value {
    match found {
        Value::Null => json!(false),
        found => found.clone(),
    }
}

fn secret(wanted: &Client, found: &LiveClient) -> Option<Difference> {
    let secret = wanted.secret.as_ref().filter(|_| !wanted.public)?;
    let found = found.secret.as_ref().map(|secret| secret.expose_secret());
    (found != Some(secret.expose_secret())).then(|| Difference::ClientSecret {
        client: wanted.id.clone(),
    })
}

fn scopes(wanted: &Client, found: &Value, shelf: &Shelf, version: Version) -> Vec<Difference> {
    let has: BTreeSet<&str> = texts(&found["defaultClientScopes"]).collect();
    // what a realm lacks was removed from it on purpose
    let needed = version.needed_scopes().map(|scope| -> &str { scope });
    let needed = needed.filter(|scope| shelf.scopes.contains_key(*scope));
    let all = needed.chain(wanted.scopes.iter().map(String::as_str));
    let missing = all.filter(|scope| !has.contains(scope));
    let differences = missing.map(|scope| Difference::ClientScope {
        client: wanted.id.clone(),
        scope: scope.to_owned(),
    });
    differences.collect()
}

/// The mapper that makes a claim, by its name, which is the claim's.
pub(crate) fn mapper<'a>(found: &'a Value, claim: &str) -> Option<&'a Value> {
    let mappers = found["protocolMappers"].as_array()?;
    mappers.iter().find(|mapper| mapper["name"] == claim)
}

/// The mapper that is wanted.
pub(crate) fn wanted_mapper(claim: &str, attribute: &str) -> Value {
    json!({
        "name": claim,
        "protocol": "openid-connect",
        "protocolMapper": ATTRIBUTE_MAPPER,
        "config": {
            "user.attribute": attribute,
            "claim.name": claim,
            "jsonType.label": "String",
            "id.token.claim": "true",
            "access.token.claim": "true",
            "userinfo.token.claim": "true",
        },
    })
}

fn claims(wanted: &Client, found: &Value) -> Vec<Difference> {
    let claims = wanted.claims.iter();
    let differing = claims.filter(|(claim, attribute)| {
        let found = mapper(found, claim).unwrap_or(&Value::Null);
        let wanted = wanted_mapper(claim, attribute);
        found["protocolMapper"] != wanted["protocolMapper"] || !covers(found, &wanted)
    });
    let differences = differing.map(|(claim, _)| Difference::Claim {
        client: wanted.id.clone(),
        claim: claim.clone(),
    });
    differences.collect()
}

/// Whether the configuration of a mapper is as wanted, whatever else it says.
fn covers(found: &Value, wanted: &Value) -> bool {
    let wanted = wanted["config"].as_object();
    let mut wanted = wanted.into_iter().flatten();
    wanted.all(|(key, value)| same(value, &found["config"][key]))
}

/// Roles of the service account, and roles that narrow tokens may carry.
pub(crate) fn roles(wanted: &Client, found: &LiveClient) -> Vec<Difference> {
    if !wanted.service_account() {
        return Vec::new();
    }
    let client = &wanted.id;
    let all = wanted_roles(wanted);
    let missing = all.difference(&found.roles).cloned();
    let missing = missing.map(|role| Difference::ServiceRole {
        client: client.clone(),
        role,
    });
    let narrow = !wanted.full_scope();
    let outside = all.difference(&found.scope_roles).cloned();
    let outside = outside
        .filter(|_| narrow)
        .map(|role| Difference::ScopeRole {
            client: client.clone(),
            role,
        });
    let revoked = wanted.revoked.iter().map(|name| RoleName::of_realm(name));
    let left = revoked.filter(|role| found.roles.contains(role) && !all.contains(role));
    let left = left.map(|role| Difference::RevokedRole {
        client: client.clone(),
        role,
    });
    missing.chain(outside).chain(left).collect()
}

/// All roles that a service account is to have.
pub(crate) fn wanted_roles(wanted: &Client) -> BTreeSet<RoleName> {
    let roles = wanted.roles.iter().map(|name| RoleName::of_realm(name));
    let of_clients = wanted.client_roles.iter();
    let of_clients = of_clients
        .flat_map(|(client, names)| names.iter().map(|name| RoleName::of_client(client, name)));
    roles.chain(of_clients).collect()
}

fn notes(wanted: &Client, found: &Value) -> Vec<Note> {
    let known = wanted.redirects();
    let others = texts(&found["redirectUris"]);
    let others = others.filter(|uri| *uri != ANYWHERE && !known.iter().any(|known| known == uri));
    let notes = others.map(|redirect| Note::OtherRedirect {
        client: wanted.id.clone(),
        redirect: redirect.to_owned(),
    });
    notes.collect()
}

/// A client that is to be made, as Keycloak wants it represented.
pub(crate) fn representation(wanted: &Client) -> Value {
    let fields = fields(wanted, &Value::Null).into_iter();
    let fields = fields.map(|(field, value)| (field.to_owned(), value));
    let mut representation: Map<String, Value> = fields.collect();
    representation.insert("clientId".to_owned(), json!(wanted.id));
    if let Some(secret) = wanted.secret.as_ref().filter(|_| !wanted.public) {
        representation.insert("secret".to_owned(), json!(secret.expose_secret()));
    }
    let claims = wanted.claims.iter();
    let mappers: Vec<Value> = claims
        .map(|(claim, attribute)| wanted_mapper(claim, attribute))
        .collect();
    if !mappers.is_empty() {
        representation.insert("protocolMappers".to_owned(), Value::Array(mappers));
    }
    Value::Object(representation)
}

fn sorted(list: &Value) -> BTreeSet<&str> {
    texts(list).collect()
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(Value::as_str)
}

#[cfg(test)]
mod tests;
