//! Why no plan can be made.

use crate::graph::OrderError;

/// Why no plan can be made. Nothing has been touched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Steps cannot be put in order.
    #[error("failed to order the steps")]
    Order {
        /// Why.
        #[source]
        source: Box<OrderError>,
        /// What to do.
        remedy: Option<String>,
    },
    /// The API server refuses objects that are wanted.
    #[error("the API server refuses {} of the wanted objects: {}", .objects.len(), .objects.join("; "))]
    Refused {
        /// Each with the API server's words.
        objects: Vec<String>,
    },
    /// Secrets are gone that stored data cannot be read without.
    #[error("stored data cannot be read without {}, which we made and which is gone", .secrets.join(", "))]
    SecretLost {
        /// The Secrets.
        secrets: Vec<String>,
    },
    /// The component that a plan is asked for does not exist.
    #[error("no component `{name}` in this environment")]
    UnknownComponent {
        /// The name.
        name: String,
        /// A name that looks like it.
        nearest: Option<String>,
    },
}

impl PlanError {
    /// What to do about it.
    pub fn remedy(&self) -> Option<String> {
        match self {
            Self::Order { remedy, .. } => remedy.clone(),
            Self::Refused { .. } => {
                Some("change the values that the message names, and plan again".to_owned())
            }
            Self::SecretLost { .. } => Some(
                "put it back from a backup; a new one would make the data unreadable for ever, so none is drawn"
                    .to_owned(),
            ),
            Self::UnknownComponent {
                nearest: Some(name),
                ..
            } => Some(format!("did you mean `{name}`?")),
            Self::UnknownComponent { .. } => {
                Some("`mosipctl catalogue list` shows all components".to_owned())
            }
        }
    }
}
