//! Whatever comes from elsewhere: found, fetched or built, and verified before use.
//!
//! The lab needs a Kubernetes control plane, rendering needs helm and charts. None of them is shipped with the program;
//! each is an [`Artefact`] with a pinned version. Folders of Git repositories are pinned by their tree, see [`GitFolder`]. [`Artefacts`] looks for it in this order: what is installed already (programs
//! in `PATH` that say exactly the pinned version), the mirror folder, the cache, the download with a pinned SHA-256, by Maven for
//! what lies in Maven repositories, and for programs a build of pinned Go modules. What ends in the cache is put there in one move and checked each time it is used.

mod artefact;
mod cache;
mod digest;
mod download;
mod error;
mod folder;
mod git;
mod go;
mod installed;
mod maven;
mod mirror;
mod program;
mod progress;
mod resolve;
mod settings;

pub use artefact::{Artefact, Kind, Source};
pub use digest::{Sha256, Sha256Error};
pub use error::ArtefactError;
pub use git::GitFolder;
pub use maven::Coordinates;
pub use program::{Program, Recipe};
pub use progress::{Action, Progress, Report, Silent};
pub use resolve::Artefacts;
pub use settings::{CACHE_VARIABLE, MIRROR_VARIABLE, Network, Settings};
