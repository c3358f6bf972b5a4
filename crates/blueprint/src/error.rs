//! Why an environment and an edition do not fit.

use mosipctl_catalogue::Fact;
use mosipctl_spec::Complaint;

/// Why an environment and an edition do not fit.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum BlueprintError {
    /// The environment names something that the edition does not have.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Environment(#[from] Box<Complaint>),
    /// A component is needed and left out.
    #[error("component `{component}` is left out, but needed: {}", .chain.join(" ← "))]
    NeededButAbsent {
        /// The component that is missing.
        component: String,
        /// Who needs it, and who needs that, to a component that the environment asks for.
        chain: Vec<String>,
        /// What to do.
        #[help]
        help: String,
    },
    /// A `${…}` of the catalogue stands for nothing.
    #[error("component `{component}`: `${{{name}}}` at `{pointer}` stands for nothing")]
    UnknownVariable {
        /// The component whose file says it.
        component: String,
        /// Where in the file, a JSON pointer.
        pointer: String,
        /// The name.
        name: String,
        /// What it may have meant.
        #[help]
        help: Option<String>,
    },
    /// A secret that people supply was not supplied.
    #[error("key `{key}` of secret `{secret}` has no value: nobody supplied `spec.{by}`")]
    NotSupplied {
        /// `NAMESPACE/NAME`.
        secret: String,
        /// Key.
        key: String,
        /// Path under `spec` of the environment.
        by: String,
        /// What to do.
        #[help]
        help: String,
    },
    /// A stand-in outside a rehearsal.
    #[error("component `{component}` only stands in for {real}")]
    #[diagnostic(help(
        "use the real one, or allow stand-ins with `spec.rehearsal.standIns: true`"
    ))]
    StandIn {
        /// The component.
        component: String,
        /// What it stands in for.
        real: String,
    },
    /// A component cannot be built from its file and the environment's changes to it.
    #[error("component `{component}` cannot take the values given to it")]
    Values {
        /// The component.
        component: String,
        /// What does not fit.
        #[source]
        source: serde_json::Error,
    },
    /// Two host names that must differ are the same.
    #[error("`{first}` and `{second}` have the same host `{host}`")]
    #[diagnostic(help("give each its own host under `spec.hosts`"))]
    SameHost {
        /// One name.
        first: String,
        /// The other.
        second: String,
        /// The host of both.
        host: String,
    },
    /// A fact is needed by a component and nothing in the edition makes it.
    #[error("component `{component}` needs `{need}`, and nothing makes it here")]
    NoMaker {
        /// The component.
        component: String,
        /// What it needs.
        need: Fact,
    },
}
