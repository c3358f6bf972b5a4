//! `mosipctl schema`

use mosipctl_report::{Exit, Trouble};
use mosipctl_spec::schema;

use crate::arguments::{Schema, SchemaOf};

pub(crate) fn run(arguments: &Schema) -> Result<Exit, Trouble> {
    let schema = match arguments.of {
        SchemaOf::Environment => schema::environment(),
        SchemaOf::Hosts => schema::hosts(),
    };
    let text = serde_json::to_string_pretty(&schema).map_err(|error| Trouble::of(&error))?;
    outln!("{text}");
    Ok(Exit::Done)
}
