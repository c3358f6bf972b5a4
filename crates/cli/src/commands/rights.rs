//! `mosipctl rights`

use std::sync::Arc;

use mosipctl_report::{Exit, Trouble};
use mosipctl_rights::{Asked, Rights, manifest};

use crate::arguments::Rights as Arguments;
use crate::connect::offline_version;
use crate::output::Doing;
use crate::session::Session;
use crate::settings::Settings;

mod screen;

pub(crate) async fn run(arguments: &Arguments, settings: &Settings) -> Result<Exit, Trouble> {
    let session = Session::open(&arguments.file.file, settings)?;
    let doing = Arc::new(Doing::new(settings));
    let wanted = session.render(settings, offline_version(), &doing).await?;
    doing.done();
    let rights = mosipctl_rights::rights(&Asked {
        environment: session.environment.name().as_str(),
        desired: &wanted.desired,
        servers: &session.blueprint.servers,
    });
    match (settings.json, arguments.yaml) {
        (true, _) => outln!("{}", json(&rights)?),
        (false, true) => out!("{}", yaml(&rights, &session.file)?),
        (false, false) => out!("{}", screen::screen(&rights, &session.file, settings.data)),
    }
    Ok(Exit::Done)
}

fn json(rights: &Rights) -> Result<String, Trouble> {
    serde_json::to_string(rights).map_err(|error| Trouble::of(&error))
}

/// The manifest, to be applied by somebody who may do everything.
fn yaml(rights: &Rights, file: &str) -> Result<String, Trouble> {
    let head = format!(
        "# The least rights of mosipctl for environment `{}`: `mosipctl rights {file}` says what each is for.\n\
         # Apply it as administrator, and again when the environment file or mosipctl changed.\n",
        rights.environment
    );
    let documents = manifest(rights).into_iter().map(|object| {
        let text = serde_saphyr::to_string(&object).map_err(|error| Trouble::of(&error));
        text.map(|text| format!("---\n{text}"))
    });
    let documents: String = documents.collect::<Result<_, _>>()?;
    Ok(head + &documents)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_namespace_of_the_rights_is_that_of_the_inventory() {
        assert_eq!(
            mosipctl_rights::NAMESPACE,
            mosipctl_observe::ledger::NAMESPACE
        );
    }
}
