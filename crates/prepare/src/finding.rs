//! What a check of a server found.

use mosipctl_catalogue::Fact;

/// Something that was checked, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was checked.
    pub fact: Fact,
    /// What is wrong; nothing when it is proven.
    pub wrong: Vec<String>,
    /// What was done to prove it.
    pub proof: String,
}
