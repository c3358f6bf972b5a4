//! What is not as wanted, in types and in words.

use std::fmt;

use serde_json::Value;

use crate::server::Version;

/// A role of a realm, or of a client in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleName {
    /// The client it is a role of; with none, it is one of the realm.
    pub client: Option<String>,
    /// Name.
    pub name: String,
}

/// Something that is not as wanted.
#[derive(Debug, Clone, PartialEq)]
pub enum Difference {
    /// There is no such realm; what would be in it is not told apart.
    NoRealm {
        /// Name.
        realm: String,
    },
    /// A setting of the realm. In `A.B`, B is a key of the map A.
    RealmSetting {
        /// Its name.
        field: String,
        /// What is wanted.
        wanted: Value,
        /// What is there.
        found: Value,
    },
    /// The mail server has no password yet.
    NoMailPassword,
    /// Users may not have attributes that the realm does not declare, and services store some.
    UserAttributes,
    /// The realm lacks a role.
    NoRole {
        /// Name.
        role: String,
    },
    /// The realm lacks a client scope.
    NoScope {
        /// Name.
        scope: String,
    },
    /// A setting of a client scope.
    ScopeSetting {
        /// The scope.
        scope: String,
        /// The name of the setting.
        field: String,
        /// What is wanted.
        wanted: Value,
        /// What is there.
        found: Value,
    },
    /// The realm lacks a client.
    NoClient {
        /// Client id.
        client: String,
    },
    /// A setting of a client.
    ClientSetting {
        /// The client.
        client: String,
        /// The name of the setting.
        field: &'static str,
        /// What is wanted.
        wanted: Value,
        /// What is there.
        found: Value,
    },
    /// A client has another secret.
    ClientSecret {
        /// The client.
        client: String,
    },
    /// A client scope is not among those that a client has by default.
    ClientScope {
        /// The client.
        client: String,
        /// The scope.
        scope: String,
    },
    /// A client does not make a claim, or not from the wanted attribute.
    Claim {
        /// The client.
        client: String,
        /// The claim.
        claim: String,
    },
    /// A service account lacks a role.
    ServiceRole {
        /// The client whose account it is.
        client: String,
        /// The role.
        role: RoleName,
    },
    /// A service account still has a role that is to go.
    RevokedRole {
        /// The client whose account it is.
        client: String,
        /// The role.
        role: RoleName,
    },
    /// The tokens of a client without full scope leave out one of its roles.
    ScopeRole {
        /// The client.
        client: String,
        /// The role.
        role: RoleName,
    },
}

/// Something that a person may want to know and that is no difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// The server does not have a theme, so the setting is left as it is.
    NoTheme {
        /// The setting.
        field: String,
        /// The theme.
        theme: String,
    },
    /// This version has no such setting, so it is left out.
    UnknownSetting {
        /// The setting.
        field: String,
        /// The version.
        version: Version,
    },
    /// People may be sent to an address that we do not know of.
    OtherRedirect {
        /// The client.
        client: String,
        /// The address.
        redirect: String,
    },
}

/// What a look at a realm found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Look {
    /// What is not as wanted.
    pub differences: Vec<Difference>,
    /// What else a person may want to know.
    pub notes: Vec<Note>,
}

impl RoleName {
    /// A role of the realm.
    pub(crate) fn of_realm(name: &str) -> Self {
        Self {
            client: None,
            name: name.to_owned(),
        }
    }

    /// A role of a client.
    pub(crate) fn of_client(client: &str, name: &str) -> Self {
        Self {
            client: Some(client.to_owned()),
            name: name.to_owned(),
        }
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.client {
            Some(client) => write!(f, "`{}` of `{client}`", self.name),
            None => write!(f, "`{}`", self.name),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRealm { realm } => write!(f, "there is no realm `{realm}`"),
            Self::RealmSetting {
                field,
                wanted,
                found,
            } => write!(f, "realm: `{field}` is {found}, wanted {wanted}"),
            Self::NoMailPassword => f.write_str("realm: the mail server has no password"),
            Self::UserAttributes => f.write_str(
                "realm: users may have declared attributes only, and services store others",
            ),
            Self::NoRole { role } => write!(f, "there is no role `{role}`"),
            Self::NoScope { scope } => write!(f, "there is no client scope `{scope}`"),
            Self::ScopeSetting {
                scope,
                field,
                wanted,
                found,
            } => write!(
                f,
                "client scope `{scope}`: `{field}` is {found}, wanted {wanted}"
            ),
            _ => self.of_client(f),
        }
    }
}

impl Difference {
    /// The client that it is about; none when it is about the realm, its roles or scopes.
    pub fn client(&self) -> Option<&str> {
        match self {
            Self::NoClient { client }
            | Self::ClientSetting { client, .. }
            | Self::ClientSecret { client }
            | Self::ClientScope { client, .. }
            | Self::Claim { client, .. }
            | Self::ServiceRole { client, .. }
            | Self::RevokedRole { client, .. }
            | Self::ScopeRole { client, .. } => Some(client),
            _ => None,
        }
    }

    fn of_client(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoClient { client } => write!(f, "there is no client `{client}`"),
            Self::ClientSetting {
                client,
                field,
                wanted,
                found,
            } => write!(
                f,
                "client `{client}`: `{field}` is {found}, wanted {wanted}"
            ),
            Self::ClientSecret { client } => write!(f, "client `{client}`: another secret"),
            Self::ClientScope { client, scope } => {
                write!(f, "client `{client}`: client scope `{scope}` is no default")
            }
            Self::Claim { client, claim } => {
                write!(
                    f,
                    "client `{client}`: claim `{claim}` is not made as wanted"
                )
            }
            Self::ServiceRole { client, role } => {
                write!(
                    f,
                    "client `{client}`: its service account lacks role {role}"
                )
            }
            Self::RevokedRole { client, role } => {
                write!(
                    f,
                    "client `{client}`: its service account still has role {role}"
                )
            }
            Self::ScopeRole { client, role } => {
                write!(f, "client `{client}`: its tokens leave out role {role}")
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTheme { field, theme } => write!(
                f,
                "`{field}` is left as it is: this Keycloak does not have the theme `{theme}`"
            ),
            Self::UnknownSetting { field, version } => {
                write!(
                    f,
                    "`{field}` is left out: Keycloak {version} has no such setting"
                )
            }
            Self::OtherRedirect { client, redirect } => {
                write!(f, "client `{client}` also sends people to `{redirect}`")
            }
        }
    }
}

impl Look {
    /// Whether all is as wanted.
    pub fn is_as_wanted(&self) -> bool {
        self.differences.is_empty()
    }
}
