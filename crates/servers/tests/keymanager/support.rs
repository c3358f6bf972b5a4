//! What all tests need.

use std::path::Path;

use mosipctl_artefact::{Artefacts, Settings};
use mosipctl_servers::{ServerError, SoftHsmSettings};

pub(crate) fn artefacts() -> Artefacts {
    Artefacts::new(Settings::from_environment().unwrap())
}

/// The server, unless this machine cannot have it.
pub(crate) fn had<T>(started: Result<T, ServerError>) -> Option<T> {
    match started {
        Ok(server) => Some(server),
        Err(error) if error.is_missing() => {
            eprintln!("skipped: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

pub(crate) fn token_settings(folder: &Path) -> SoftHsmSettings {
    SoftHsmSettings {
        folder: folder.to_owned(),
        label: "keymanager".to_owned(),
        pin: "for a lab".to_owned().into(),
        officer_pin: "for an officer".to_owned().into(),
    }
}
