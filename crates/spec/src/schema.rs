//! The JSON Schemas of the environment file and of the hosts file, for editors and for the reference documentation.

use schemars::Schema;

use crate::environment::Environment;
use crate::hosts::HostsFile;

/// The JSON Schema of an environment file.
pub fn environment() -> Schema {
    schemars::schema_for!(Environment)
}

/// The JSON Schema of a hosts file.
pub fn hosts() -> Schema {
    schemars::schema_for!(HostsFile)
}
