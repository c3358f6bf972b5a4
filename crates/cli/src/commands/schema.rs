//! `mosipctl schema`

use mosipctl_report::{Exit, Trouble};

pub(crate) fn run() -> Result<Exit, Trouble> {
    let schema = mosipctl_spec::schema::environment();
    let text = serde_json::to_string_pretty(&schema).map_err(|error| Trouble::of(&error))?;
    outln!("{text}");
    Ok(Exit::Done)
}
