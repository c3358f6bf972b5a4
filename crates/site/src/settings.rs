//! How a site is to be.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use mosipctl_artefact::Settings;

use crate::error::SiteError;
use crate::layout::{Host, hosts};

/// Tells apart the sites of one process.
static NUMBER: AtomicU32 = AtomicU32::new(1);

/// How long a site stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Until its [`Site`](crate::Site) is dropped, or the process that made it is gone.
    UntilDropped,
    /// Until somebody takes it down.
    UntilDown,
}

/// How a site is to be.
#[derive(Debug, Clone)]
pub struct SiteSettings {
    /// Its name: lower-case letters, digits and `-`.
    pub name: String,
    /// Its hosts.
    pub hosts: Vec<Host>,
    /// How long it stays.
    pub keep: Keep,
    /// Where trees of files are kept: the base once, and what each host changes.
    pub cache: PathBuf,
}

impl SiteSettings {
    /// A site of that many hosts for people, who take it down themselves. It lies in the user's cache folder.
    ///
    /// # Errors
    /// There is no home folder.
    pub fn for_people(name: &str, count: usize) -> Result<Self, SiteError> {
        Ok(Self {
            name: name.to_owned(),
            hosts: hosts(count),
            keep: Keep::UntilDown,
            cache: cache()?,
        })
    }

    /// A site of that many hosts for one test, gone with it. Its name is nobody else's.
    ///
    /// # Errors
    /// There is no home folder.
    pub fn for_test(count: usize) -> Result<Self, SiteError> {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Ok(Self {
            name: format!("t{}-{number}", std::process::id()),
            hosts: hosts(count),
            keep: Keep::UntilDropped,
            cache: cache()?,
        })
    }
}

/// The folder of everything that sites keep.
fn cache() -> Result<PathBuf, SiteError> {
    match Settings::from_environment() {
        Ok(settings) => Ok(settings.cache.join("site")),
        Err(error) => Err(SiteError::Unfit {
            reason: error.to_string(),
        }),
    }
}
