//! What a Keycloak says about itself.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

/// A version of Keycloak.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// 26 in 26.4.0.
    pub major: u32,
    /// 4 in 26.4.0.
    pub minor: u32,
    /// 0 in 26.4.0.
    pub patch: u32,
}

/// What a Keycloak says about itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct Server {
    pub(crate) version: Version,
    /// By kind, such as `login`.
    themes: BTreeSet<(String, String)>,
}

impl Version {
    /// Reads `26.4.0`, or `26.4.0.redhat-00001`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split(['.', '-']).map(str::parse);
        let mut next = || numbers.next()?.ok();
        Some(Self {
            major: next()?,
            minor: next().unwrap_or_default(),
            patch: next().unwrap_or_default(),
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl Server {
    /// From the answer to `serverinfo`; none when it does not say its version.
    pub(crate) fn read(info: &Value) -> Option<Self> {
        let version = Version::parse(info["systemInfo"]["version"].as_str()?)?;
        let kinds = info["themes"].as_object();
        let themes = kinds.into_iter().flatten().flat_map(|(kind, themes)| {
            let themes = themes.as_array().into_iter().flatten();
            let names = themes.filter_map(|theme| theme["name"].as_str());
            names.map(|name| (kind.clone(), name.to_owned()))
        });
        Some(Self {
            version,
            themes: themes.collect(),
        })
    }

    /// Whether it has a theme. `kind` is the first word of the setting: `login` in `loginTheme`.
    pub(crate) fn has_theme(&self, kind: &str, name: &str) -> bool {
        self.themes.contains(&(kind.to_owned(), name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn versions_are_ordered_as_numbers() {
        let old = Version::parse("16.1.1").unwrap();
        let new = Version::parse("26.4.0.redhat-00001").unwrap();
        assert!(old < new && Version::parse("9.0.3").unwrap() < old);
        assert_eq!(new.to_string(), "26.4.0");
        assert_eq!(Version::parse("nightly"), None);
    }

    #[test]
    fn a_theme_counts_for_its_kind_alone() {
        let info =
            json!({"systemInfo": {"version": "16.1.1"}, "themes": {"login": [{"name": "mosip"}]}});
        let server = Server::read(&info).unwrap();
        assert!(server.has_theme("login", "mosip"));
        assert!(!server.has_theme("email", "mosip"));
    }
}
