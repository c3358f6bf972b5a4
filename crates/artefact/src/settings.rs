//! Where to look, and what is allowed.

use std::ffi::OsString;
use std::path::PathBuf;

use etcetera::BaseStrategy;

use crate::error::ArtefactError;

/// Names the folder of the cache; without it, `mosipctl` in the XDG cache folder.
pub const CACHE_VARIABLE: &str = "MOSIPCTL_CACHE";
/// Names a folder of mirrors of Git repositories.
pub const MIRROR_VARIABLE: &str = "MOSIPCTL_MIRROR";
/// Where the repositories of MOSIP are at home.
const GIT_SERVER: &str = "https://github.com";

/// Whether the network may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Network {
    /// Downloads and builds of Go modules are allowed.
    #[default]
    Allowed,
    /// Only what is here already.
    Refused,
}

/// Where to look, and what is allowed.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Folder of what was fetched or built before.
    pub cache: PathBuf,
    /// Folder of artefacts that somebody brought: `programs/NAME/VERSION/NAME`, with `NAME.sha256` beside it.
    pub mirror: Option<PathBuf>,
    /// Folder of mirrors of Git repositories: `OWNER/NAME.git`, `OWNER/NAME`, `OWNER+NAME/repo` or `NAME.git`.
    pub git_mirrors: Option<PathBuf>,
    /// Where Git repositories are at home, without the slash before `OWNER/NAME`.
    pub git_server: String,
    /// Folders of installed programs, in the form of `PATH`.
    pub search_path: Option<OsString>,
    /// Whether the network may be used.
    pub network: Network,
}

impl Settings {
    /// The settings of this process: [`CACHE_VARIABLE`] or the XDG cache folder, [`MIRROR_VARIABLE`], `PATH`, the network
    /// allowed.
    ///
    /// # Errors
    /// There is no home folder and the variable is not set.
    pub fn from_environment() -> Result<Self, ArtefactError> {
        let cache = match std::env::var_os(CACHE_VARIABLE) {
            Some(folder) => PathBuf::from(folder),
            None => {
                let folders = etcetera::base_strategy::Xdg::new();
                let folders = folders.map_err(|_| ArtefactError::NoHome)?;
                folders.cache_dir().join("mosipctl")
            }
        };
        Ok(Self {
            cache,
            mirror: None,
            git_mirrors: std::env::var_os(MIRROR_VARIABLE).map(PathBuf::from),
            git_server: GIT_SERVER.to_owned(),
            search_path: std::env::var_os("PATH"),
            network: Network::Allowed,
        })
    }
}
