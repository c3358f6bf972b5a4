//! Where a component differs from the official chart or script on purpose.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One corrected upstream defect. The contract test refuses a difference without an entry, and an entry that corrects
/// nothing.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Correction {
    /// Which entry of the contract, such as `serviceMonitor/ida-internal/port`. Absent for a defect that no rendered
    /// object shows, such as a wrong order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// What is wrong upstream, in one sentence.
    pub defect: String,
    /// Where that can be seen: a file at a version, an issue.
    pub evidence: String,
}
