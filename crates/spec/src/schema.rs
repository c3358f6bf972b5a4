//! The JSON Schema of the environment file, for editors and for the reference documentation.

use schemars::Schema;

use crate::environment::Environment;

/// The JSON Schema of an environment file.
pub fn environment() -> Schema {
    schemars::schema_for!(Environment)
}
