//! Why something cannot be sized.

/// Why something cannot be sized. Each is about a field of the environment file.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SizeError {
    /// The file says nothing of work.
    #[error("`spec.workload` is missing, so there is nothing to size")]
    NoWorkload,
    /// The workload names no work.
    #[error("`spec.workload` names no work")]
    NoWork,
    /// The shape of the nodes is not known.
    #[error("`spec.workload.node`, the shape of the cluster's nodes, is missing")]
    NoNode,
    /// A pod fits no node.
    #[error(
        "`spec.workload.node.{field}` is too small: {free} {unit} for pods, and `{component}` takes {needs}"
    )]
    NodeTooSmall {
        /// `cpu` or `memory`.
        field: &'static str,
        /// The largest component.
        component: String,
        /// What a node has for pods.
        free: String,
        /// What one pod takes.
        needs: String,
        /// Cores or GiB.
        unit: &'static str,
    },
    /// No cluster has so many nodes.
    #[error("`spec.workload` takes {nodes} nodes of that shape, and a cluster has at most {most}")]
    TooManyNodes {
        /// Nodes.
        nodes: String,
        /// Most nodes of one cluster.
        most: String,
    },
    /// A component has a heap or an amount that is none.
    #[error("component `{component}` has `{text}` for its {what}, which is no amount")]
    NoAmount {
        /// The component.
        component: String,
        /// What it is for.
        what: &'static str,
        /// What stands there.
        text: String,
    },
}

impl SizeError {
    /// The place in the environment file that it is about.
    pub fn path(&self) -> Vec<&str> {
        let workload = ["spec", "workload"];
        match self {
            Self::NodeTooSmall { field, .. } => [&workload[..], &["node", field]].concat(),
            Self::NoAmount { component, .. } => vec!["spec", "components", component],
            Self::NoWorkload => vec!["spec"],
            Self::NoWork | Self::NoNode | Self::TooManyNodes { .. } => workload.to_vec(),
        }
    }

    /// What to do.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::NoWorkload => {
                "add what it is to bear, such as `workload: {registrationsPerDay: 20000, node: {cpu: 12, memory: 64Gi}}`"
            }
            Self::NoWork => {
                "give at least one of `registrationsPerDay`, `authenticationsPerSecond` and `preRegistrationsPerDay`"
            }
            Self::NoNode => "add it to the workload, such as `node: {cpu: 12, memory: 64Gi}`",
            Self::NodeTooSmall { .. } => {
                "take larger nodes: a sixth of each is kept for the system and for monitoring"
            }
            Self::TooManyNodes { .. } => {
                "look for a digit too many in the workload, or take larger nodes in `spec.workload.node`"
            }
            Self::NoAmount { .. } => {
                "an amount is such as `750M` for a heap, `500m` for cores, `1500Mi` for memory"
            }
        }
    }
}
