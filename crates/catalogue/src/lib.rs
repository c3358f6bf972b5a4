//! What can be deployed: editions of MOSIP, made of components, as data.
//!
//! An edition is a folder of YAML files, one per component; this crate reads it, lays editions over the ones they
//! extend, and checks that it holds together. It knows no environment (that is the blueprint's business) and no
//! cluster.

pub mod check;
pub mod component;
pub mod edition;
mod embedded;
pub mod fact;
pub mod late;
mod layers;
mod load;
pub mod relations;
pub mod secret;
pub mod sizing;

pub use component::Component;
pub use edition::{Catalogue, Edition};
pub use fact::{Fact, FactError, FactKind};
pub use late::LateValue;
pub use load::{LoadError, Source};
pub use sizing::Sizing;

/// Lower-case hexadecimal.
fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
