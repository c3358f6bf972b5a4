//! A realm, its roles and scopes.

use serde_json::{Map, Value, json};

use super::{same, text};
use crate::difference::{Difference, Look, Note};
use crate::live::Shelf;
use crate::server::Server;
use crate::wanted::{Realm, Scope};

/// The setting that holds the mail server.
pub(crate) const MAIL: &str = "smtpServer";
/// How Keycloak keeps a client scope's attributes.
const IN_TOKEN: &str = "include.in.token.scope";
const CONSENT: &str = "display.on.consent.screen";
/// With one of these, services can keep attributes of users that the realm does not declare.
const UNDECLARED_ALLOWED: [&str; 2] = ["ENABLED", "ADMIN_EDIT"];

/// The settings that this server knows, and notes of the others.
pub(crate) fn settings(wanted: &Realm, server: &Server) -> (Map<String, Value>, Vec<Note>) {
    let mut settings = Map::from_iter([("enabled".to_owned(), json!(true))]);
    let mut notes = Vec::new();
    for (field, value) in &wanted.settings {
        match unknown(field, value, server) {
            Some(note) => notes.push(note),
            None => drop(settings.insert(field.clone(), value.clone())),
        }
    }
    // it is a secret, and shown masked, so it is no setting like others
    if let Some(mail) = settings.get_mut(MAIL).and_then(Value::as_object_mut) {
        mail.remove("password");
    }
    (settings, notes)
}

fn unknown(field: &str, value: &Value, server: &Server) -> Option<Note> {
    if !server.version.knows(field) {
        return Some(Note::UnknownSetting {
            field: field.to_owned(),
            version: server.version,
        });
    }
    let kind = field.strip_suffix("Theme")?;
    let theme = value.as_str()?;
    (!server.has_theme(kind, theme)).then(|| Note::NoTheme {
        field: field.to_owned(),
        theme: theme.to_owned(),
    })
}

/// What differs in the realm itself.
pub(crate) fn realm(wanted: &Realm, found: &Value, server: &Server) -> Look {
    let (settings, notes) = settings(wanted, server);
    let mut differences = Vec::new();
    for (field, value) in &settings {
        match value {
            Value::Object(keys) => {
                let keys = keys.iter().filter_map(|(key, value)| {
                    setting(format!("{field}.{key}"), value, &found[field][key])
                });
                differences.extend(keys);
            }
            value => differences.extend(setting(field.clone(), value, &found[field])),
        }
    }
    if wanted.mail_password.is_some() && found[MAIL]["password"].is_null() {
        differences.push(Difference::NoMailPassword);
    }
    Look { differences, notes }
}

fn setting(field: String, wanted: &Value, found: &Value) -> Option<Difference> {
    (!same(wanted, found)).then(|| Difference::RealmSetting {
        field,
        wanted: wanted.clone(),
        found: found.clone(),
    })
}

/// The realm as Keycloak represents it, with what is wanted laid over it. The whole of it is sent: 16 sets to zero what it keeps
/// as attributes, such as the limits of wrong passwords, when it gets attributes without them.
pub(crate) fn laid_over(mut found: Value, settings: &Map<String, Value>) -> Value {
    for (field, value) in settings {
        match (value, found[field].as_object_mut()) {
            (Value::Object(keys), Some(under)) => under.extend(as_texts(keys)),
            (Value::Object(keys), None) => found[field] = Value::Object(as_texts(keys)),
            (value, _) => found[field] = value.clone(),
        }
    }
    found
}

/// A map as Keycloak keeps it.
pub(crate) fn as_texts(keys: &Map<String, Value>) -> Map<String, Value> {
    let texts = keys.iter();
    texts
        .map(|(key, value)| (key.clone(), Value::String(text(value))))
        .collect()
}

/// Roles and scopes that are missing or differ.
pub(crate) fn shelf(wanted: &Realm, found: &Shelf) -> Vec<Difference> {
    let roles = wanted.roles.iter();
    let roles = roles.filter(|role| !found.roles.contains_key(*role));
    let roles = roles.map(|role| Difference::NoRole { role: role.clone() });
    let scopes = wanted.scopes.iter();
    let scopes = scopes.flat_map(|wanted| match found.scopes.get(&wanted.name) {
        None => vec![Difference::NoScope {
            scope: wanted.name.clone(),
        }],
        Some(found) => scope(wanted, found),
    });
    roles.chain(scopes).collect()
}

fn scope(wanted: &Scope, found: &Value) -> Vec<Difference> {
    let fields = scope_attributes(wanted).into_iter();
    let differing = fields.filter_map(|(field, value)| {
        let found = &found["attributes"][field];
        // both are true unless said otherwise
        let found = match found {
            Value::Null => &json!("true"),
            found => found,
        };
        (!same(&value, found)).then(|| Difference::ScopeSetting {
            scope: wanted.name.clone(),
            field: field.to_owned(),
            wanted: value,
            found: found.clone(),
        })
    });
    differing.collect()
}

/// What is ours of a client scope's attributes.
pub(crate) fn scope_attributes(wanted: &Scope) -> [(&'static str, Value); 2] {
    [
        (IN_TOKEN, json!("true")),
        (CONSENT, json!(text(&json!(wanted.consent)))),
    ]
}

/// Whether users may have attributes that services need.
pub(crate) fn user_attributes(profile: Option<&Value>) -> Option<Difference> {
    let policy = profile?["unmanagedAttributePolicy"].as_str();
    let allowed = policy.is_some_and(|policy| UNDECLARED_ALLOWED.contains(&policy));
    (!allowed).then_some(Difference::UserAttributes)
}

#[cfg(test)]
mod tests;
