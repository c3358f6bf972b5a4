//! Which Helm release: namespace and name.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A Helm release: its namespace and name. Text form: `NAMESPACE/NAME`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ReleaseName {
    /// Namespace of its records, and of its objects unless they say otherwise.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl ReleaseName {
    /// The release `name` in `namespace`.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            namespace: namespace.into(),
            name: name.into(),
        }
    }
}

impl fmt::Display for ReleaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}
