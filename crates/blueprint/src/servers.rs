//! Servers that things are prepared in, with the environment's own ones filled in.

use indexmap::IndexMap;
use mosipctl_catalogue::Catalogue;
use mosipctl_catalogue::edition::Server;
use mosipctl_spec::environment::rehearsal::Part;

use crate::error::BlueprintError;
use crate::interpolate::fill_text;
use crate::variables::Variables;

/// The servers of the edition, each text filled in.
pub(crate) fn servers(
    catalogue: &Catalogue,
    variables: &Variables,
) -> Result<IndexMap<Part, Server>, BlueprintError> {
    let servers = catalogue.edition.servers.iter();
    servers
        .map(|(part, server)| Ok((*part, filled(*part, server, variables)?)))
        .collect()
}

fn filled(part: Part, server: &Server, variables: &Variables) -> Result<Server, BlueprintError> {
    let mut server = server.clone();
    for text in [
        &mut server.outside,
        &mut server.outside_port,
        &mut server.user,
    ] {
        let filled = fill_text(text, &|name| variables.look_up(name, ""));
        *text = filled.map_err(|name| BlueprintError::UnknownVariable {
            component: "edition".to_owned(),
            pointer: format!("/servers/{}", part.as_str()),
            name,
            help: None,
        })?;
    }
    Ok(server)
}
