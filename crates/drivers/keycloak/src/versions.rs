//! What each version of Keycloak knows. An unknown field is answered with 400, and nothing of the request is done.

use crate::server::Version;

/// Settings of a realm that 26.4.0 has and 16.1.1 refuses; both were asked. Where between them one begins was not looked up, so
/// it is left out for 16 and older alone: a server in between that does not know it says so itself.
const NOT_IN_16: [&str; 11] = [
    "adminPermissionsEnabled",
    "bruteForceStrategy",
    "firstBrokerLoginFlow",
    "localizationTexts",
    "maxTemporaryLockouts",
    "organizationsEnabled",
    "otpPolicyCodeReusable",
    "verifiableCredentialsEnabled",
    "webAuthnPolicyExtraOrigins",
    "webAuthnPolicyPasswordlessExtraOrigins",
    "webAuthnPolicyPasswordlessPasskeysEnabled",
];

/// Client scopes that a client needs for complete tokens, with the version that brought them: `roles` holds the mapper of
/// `realm_access`; `acr` and `basic` (with `sub`) were built in before their versions.
const NEEDED_SCOPES: [(&str, u32); 3] = [("roles", 0), ("acr", 18), ("basic", 25)];

/// Since this version users may only have attributes that the realm declares, unless it says otherwise.
const DECLARED_ATTRIBUTES: u32 = 24;

impl Version {
    /// Whether a realm has a setting of this name here.
    pub(crate) fn knows(self, setting: &str) -> bool {
        self.major > 16 || !NOT_IN_16.contains(&setting)
    }

    /// Client scopes that each client needs.
    pub(crate) fn needed_scopes(self) -> impl Iterator<Item = &'static str> {
        let needed = NEEDED_SCOPES.into_iter();
        needed.filter_map(move |(scope, since)| (self.major >= since).then_some(scope))
    }

    /// Whether users may only have declared attributes, unless the realm says otherwise.
    pub(crate) fn declares_attributes(self) -> bool {
        self.major >= DECLARED_ATTRIBUTES
    }
}

/// Roles that the server makes with a realm, in its own way.
pub(crate) const BUILT_IN_ROLES: [&str; 2] = ["offline_access", "uma_authorization"];

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn what_16_does_not_know_is_left_out_there_alone() {
        assert!(!version("16.1.1").knows("bruteForceStrategy"));
        assert!(version("26.4.0").knows("bruteForceStrategy"));
        assert!(version("16.1.1").knows("accessTokenLifespan"));
    }

    #[test]
    fn a_client_needs_the_scopes_of_its_version() {
        let scopes = |text| version(text).needed_scopes().collect::<Vec<_>>();
        assert_eq!(scopes("16.1.1"), ["roles"]);
        assert_eq!(scopes("18.0.0"), ["roles", "acr"]);
        assert_eq!(scopes("26.4.0"), ["roles", "acr", "basic"]);
    }

    #[test]
    fn attributes_are_declared_since_24() {
        assert!(!version("16.1.1").declares_attributes());
        assert!(version("24.0.0").declares_attributes());
    }
}
