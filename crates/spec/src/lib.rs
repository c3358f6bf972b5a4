//! What the user asked for: the environment file and the hosts file, parsed, defaulted and checked.
//!
//! Pure: it reads text and gives types or a [`Complaint`] that points at a line. What the values mean for a MOSIP is the
//! business of the catalogue and the blueprint.

pub mod document;
pub mod environment;
pub mod hosts;
mod name;
mod nearest;
mod place;
pub mod schema;

pub use document::{Complaint, Document};
pub use environment::Environment;
pub use hosts::HostsFile;
pub use name::{Domain, Label, NameError, Version};
pub use nearest::nearest;
