//! What is wanted in Keycloak.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::SecretString;
use serde_json::{Map, Value};

/// A realm.
#[derive(Debug, Clone, Default)]
pub struct Realm {
    /// Name.
    pub name: String,
    /// Fields that are ours, by their names in the Admin REST API. In those that are maps only the keys given are ours. A password
    /// of the mail server does not belong here and is not taken from here.
    pub settings: Map<String, Value>,
    /// Password of the mail server in the setting `smtpServer`. Keycloak never shows it, so it is written when there is none yet
    /// or when another setting of the mail server changes.
    pub mail_password: Option<SecretString>,
    /// Realm roles.
    pub roles: Vec<String>,
    /// Client scopes.
    pub scopes: Vec<Scope>,
    /// Clients.
    pub clients: Vec<Client>,
}

/// A client scope without mappers: a word in the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Name.
    pub name: String,
    /// Whether it is shown where a person is asked for consent.
    pub consent: bool,
}

/// A client. As [`Client::new`] makes it, it can do nothing but take tokens for its service account, with its own roles.
#[derive(Debug, Clone, Default)]
pub struct Client {
    /// Client id.
    pub id: String,
    /// Its secret; with none, Keycloak draws one.
    pub secret: Option<SecretString>,
    /// Whether it is public: without secret and service account.
    pub public: bool,
    /// Realm roles of its service account.
    pub roles: Vec<String>,
    /// Roles of its service account at other clients, by client.
    pub client_roles: BTreeMap<String, Vec<String>>,
    /// Realm roles that we granted its service account before and that are to go. No other role is ever taken away.
    pub revoked: Vec<String>,
    /// Client scopes it has by default, beside the realm's.
    pub scopes: Vec<String>,
    /// Claims of its tokens that are taken from attributes of the user, by claim.
    pub claims: BTreeMap<String, String>,
    /// Where people may be sent after they logged in. With none, nobody logs in through this client.
    pub redirects: Vec<String>,
    /// Whether it may exchange the name and password of a person for a token.
    pub direct_grant: bool,
    /// Whether its tokens carry all roles of whoever they are for, not only the roles above. A client that people log in through
    /// has this anyway: which roles they have is not for us to know.
    pub full_scope: bool,
    /// All liberties that upstream gives every client, whatever the fields above say; see [`Client::liberties`].
    pub upstream_permissive: bool,
}

/// Something that a client may do and that helps who stole its secret or set up a wrong link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Liberty {
    /// People may be sent anywhere after they logged in.
    AnyRedirect,
    /// It may take names and passwords of people.
    DirectGrant,
    /// Its tokens carry all roles of whoever they are for.
    FullScope,
    /// It decides about access to resources of its own, which nobody uses.
    AuthorizationServices,
}

impl Client {
    /// A confidential client that can only take tokens for itself.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            ..Self::default()
        }
    }

    /// What it may do beyond taking tokens for itself, for a report.
    pub fn liberties(&self) -> Vec<Liberty> {
        let any = self.redirects().iter().any(|redirect| redirect == "*");
        let all = [
            (Liberty::AnyRedirect, any),
            (Liberty::DirectGrant, self.direct_grant()),
            (Liberty::FullScope, self.full_scope()),
            (Liberty::AuthorizationServices, self.upstream_permissive),
        ];
        all.into_iter()
            .filter_map(|(liberty, taken)| taken.then_some(liberty))
            .collect()
    }

    pub(crate) fn redirects(&self) -> Vec<String> {
        match self.upstream_permissive {
            true => vec!["*".to_owned()],
            false => self.redirects.clone(),
        }
    }

    pub(crate) fn direct_grant(&self) -> bool {
        self.direct_grant || self.upstream_permissive
    }

    pub(crate) fn full_scope(&self) -> bool {
        self.full_scope || self.direct_grant() || !self.redirects().is_empty()
    }

    pub(crate) fn service_account(&self) -> bool {
        !self.public
    }
}

impl fmt::Display for Liberty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AnyRedirect => "people may be sent anywhere after they logged in",
            Self::DirectGrant => "it may take names and passwords of people",
            Self::FullScope => "its tokens carry all roles of whoever they are for",
            Self::AuthorizationServices => "it decides about access to resources of its own",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_client_takes_no_liberties_and_upstreams_takes_all() {
        let mut client = Client::new("mosip-ida-client");
        assert_eq!(client.liberties(), []);
        client.upstream_permissive = true;
        assert_eq!(client.liberties().len(), 4);
        assert_eq!(client.redirects(), ["*"]);
    }

    #[test]
    fn tokens_of_people_carry_the_roles_of_people() {
        let mut client = Client::new("mosip-admin-client");
        client.redirects = vec!["https://api-internal.example.org/v1/admin/*".to_owned()];
        assert_eq!(client.liberties(), [Liberty::FullScope]);
        let mut client = Client::new("mosip-reg-client");
        client.direct_grant = true;
        assert_eq!(
            client.liberties(),
            [Liberty::DirectGrant, Liberty::FullScope]
        );
    }

    #[test]
    fn a_secret_is_not_shown() {
        let client = Client {
            secret: Some("hidden".to_owned().into()),
            ..Client::new("mosip-ida-client")
        };
        assert!(!format!("{client:?}").contains("hidden"));
    }
}
