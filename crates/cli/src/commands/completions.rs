//! `mosipctl completions`

use clap::CommandFactory;
use mosipctl_report::{Exit, Trouble};

use crate::arguments::{Arguments, Completions};

pub(crate) fn run(completions: &Completions) -> Result<Exit, Trouble> {
    clap_complete::generate(
        completions.shell,
        &mut Arguments::command(),
        "mosipctl",
        &mut std::io::stdout(),
    );
    Ok(Exit::Done)
}
