//! Finding an artefact, the nearest place first.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use include_dir::Dir;

use crate::artefact::{Artefact, Kind, Source};
use crate::cache::{Scratch, Slot, SlotLock};
use crate::download::Download;
use crate::error::{ArtefactError, AtPath};
use crate::folder::lay_out;
use crate::go::Build;
use crate::installed::{Installed, installed};
use crate::maven::Copy;
use crate::mirror;
use crate::program::Program;
use crate::progress::{Action, Progress, Report, Silent};
use crate::settings::{Network, Settings};

/// Finds artefacts. Cheap to clone.
#[derive(Clone)]
pub struct Artefacts {
    settings: Arc<Settings>,
    pub(crate) progress: Arc<dyn Progress>,
}

/// Whether an artefact is on this machine.
enum Present {
    Here(PathBuf),
    /// With where it was looked for.
    Absent(String),
}

impl Artefacts {
    /// With these settings, telling nobody.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings: Arc::new(settings),
            progress: Arc::new(Silent),
        }
    }

    /// Tells `progress` what is being done.
    #[must_use]
    pub fn telling(mut self, progress: Arc<dyn Progress>) -> Self {
        self.progress = progress;
        self
    }

    /// Where to look, and what is allowed.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// A program at its pinned version, ready to run.
    ///
    /// Looks in `PATH`, the mirror and the cache; else downloads or builds it into the cache. Several callers, in this or other
    /// processes, make one program once. A cancelled call leaves nothing half done.
    ///
    /// # Errors
    /// See [`ArtefactError`].
    pub async fn program(&self, program: Program) -> Result<PathBuf, ArtefactError> {
        match self.present_program(program).await? {
            Present::Here(path) => Ok(path),
            Present::Absent(note) => self.bring(&program.artefact(), &note).await,
        }
    }

    /// Several programs, in the same order: those that are here are checked at one time, the others are made one by one.
    ///
    /// # Errors
    /// See [`ArtefactError`].
    pub async fn programs(&self, programs: &[Program]) -> Result<Vec<PathBuf>, ArtefactError> {
        let present = programs
            .iter()
            .map(|program| self.present_program(*program));
        let present = futures::future::try_join_all(present).await?;
        let mut paths = Vec::with_capacity(programs.len());
        for (program, present) in programs.iter().zip(present) {
            paths.push(match present {
                Present::Here(path) => path,
                Present::Absent(note) => self.bring(&program.artefact(), &note).await?,
            });
        }
        Ok(paths)
    }

    /// A file that is no program, such as a packed chart.
    ///
    /// # Errors
    /// See [`ArtefactError`].
    pub async fn file(&self, artefact: &Artefact) -> Result<PathBuf, ArtefactError> {
        match self.present(artefact, String::new()).await? {
            Present::Here(path) => Ok(path),
            Present::Absent(note) => self.bring(artefact, &note).await,
        }
    }

    /// Lays out a folder that is compiled into the program, under a name that changes with its content. It is not to be
    /// written to.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn folder(&self, name: &str, dir: &'static Dir<'static>) -> Result<PathBuf, ArtefactError> {
        lay_out(&self.settings.cache, name, dir)
    }

    async fn present_program(&self, program: Program) -> Result<Present, ArtefactError> {
        let artefact = program.artefact();
        let note = match installed(program, self.settings.search_path.as_deref()).await {
            Installed::Fits(path) => {
                self.ready(&artefact, Instant::now());
                return Ok(Present::Here(path));
            }
            Installed::OtherVersion(path) => {
                format!("`{}` is another version", path.display())
            }
            Installed::Absent => "none in PATH".to_owned(),
        };
        self.present(&artefact, note).await
    }

    /// Looks in the mirror and the cache.
    async fn present(&self, artefact: &Artefact, note: String) -> Result<Present, ArtefactError> {
        let started = Instant::now();
        if let Some(mirror) = self.settings.mirror.clone() {
            let artefact = artefact.clone();
            let found = blocking(move || mirror::look(&mirror, &artefact)).await?;
            if let Some(path) = found {
                return Ok(Present::Here(path));
            }
        }
        for source in &artefact.sources {
            if let Some(path) = verified(&self.slot(artefact, source)).await? {
                self.ready(artefact, started);
                return Ok(Present::Here(path));
            }
        }
        Ok(Present::Absent(note))
    }

    /// Gets what is not here from its sources, the best first.
    async fn bring(&self, artefact: &Artefact, note: &str) -> Result<PathBuf, ArtefactError> {
        let started = Instant::now();
        if self.settings.network == Network::Refused {
            return Err(self.missing(artefact, note));
        }
        let mut last = None;
        for source in &artefact.sources {
            let slot = self.slot(artefact, source);
            match self.make(artefact, &slot, source).await {
                Ok(path) => {
                    self.ready(artefact, started);
                    return Ok(path);
                }
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| self.missing(artefact, note)))
    }

    fn slot(&self, artefact: &Artefact, source: &Source) -> Slot {
        let recipe = match source {
            Source::Https { sha256, .. } | Source::Maven { sha256, .. } => *sha256,
            Source::GoModule(recipe) => recipe.digest(),
        };
        let Artefact { name, version, .. } = artefact;
        Slot::new(&self.settings.cache, artefact.kind, name, version, &recipe)
    }

    /// Makes the artefact under the slot's lock, unless somebody else just did.
    async fn make(
        &self,
        artefact: &Artefact,
        slot: &Slot,
        source: &Source,
    ) -> Result<PathBuf, ArtefactError> {
        let lock = self.lock(artefact, slot).await?;
        if let Some(path) = verified(slot).await? {
            return Ok(path);
        }
        let scratch = slot.scratch(&lock)?;
        let made = self.get(artefact, source, &scratch).await?;
        if artefact.kind == Kind::Program {
            std::fs::set_permissions(&made, PermissionsExt::from_mode(0o755)).at(&made)?;
        }
        let slot = slot.clone();
        blocking(move || slot.install(&scratch, &made, &lock)).await
    }

    async fn get(
        &self,
        artefact: &Artefact,
        source: &Source,
        scratch: &Scratch,
    ) -> Result<PathBuf, ArtefactError> {
        let what = artefact.to_string();
        match source {
            Source::Https { url, sha256 } => {
                let target = scratch.path().join("download");
                let download = Download {
                    what: &what,
                    url,
                    sha256: *sha256,
                };
                download.fetch(&target, self.progress.as_ref()).await?;
                Ok(target)
            }
            Source::Maven {
                coordinates,
                sha256,
            } => {
                let copy = Copy {
                    what: &what,
                    coordinates,
                    sha256: *sha256,
                    search_path: self.settings.search_path.as_deref(),
                };
                copy.fetch(scratch.path(), self.progress.as_ref()).await
            }
            Source::GoModule(recipe) => {
                let build = Build {
                    what: &what,
                    recipe,
                    search_path: self.settings.search_path.as_deref(),
                };
                build.run(scratch.path(), self.progress.as_ref()).await
            }
        }
    }

    async fn lock(&self, artefact: &Artefact, slot: &Slot) -> Result<SlotLock, ArtefactError> {
        if let Some(lock) = slot.try_lock()? {
            return Ok(lock);
        }
        self.progress.report(&Report {
            what: artefact.to_string(),
            action: Action::Waiting,
            done: 0,
            total: None,
            elapsed: std::time::Duration::ZERO,
        });
        let slot = slot.clone();
        blocking(move || slot.lock()).await
    }

    pub(crate) fn ready(&self, what: &impl ToString, started: Instant) {
        self.progress.report(&Report {
            what: what.to_string(),
            action: Action::Ready,
            done: 1,
            total: Some(1),
            elapsed: started.elapsed(),
        });
    }

    fn missing(&self, artefact: &Artefact, note: &str) -> ArtefactError {
        let cache = self.settings.cache.display();
        let note = match note {
            "" => String::new(),
            note => format!("{note}, "),
        };
        let mirror = self.settings.mirror.as_deref();
        let place = mirror.map(|mirror| mirror::place(mirror, artefact));
        let bring = match place {
            Some(place) => format!(
                "put it at `{}`, with its .sha256 beside it",
                place.display()
            ),
            None => "name a mirror folder that has it".to_owned(),
        };
        ArtefactError::Missing {
            what: artefact.to_string(),
            reason: format!("{note}not in the cache `{cache}`, and the network is not to be used"),
            help: format!("{bring}, or allow the network once"),
        }
    }
}

async fn verified(slot: &Slot) -> Result<Option<PathBuf>, ArtefactError> {
    let slot = slot.clone();
    blocking(move || slot.verified()).await
}

/// Runs what blocks on a thread of its own.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ArtefactError> + Send + 'static,
) -> Result<T, ArtefactError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        // Only a panic or the end of the runtime come here, and neither is an answer.
        Err(error) => Err(ArtefactError::File {
            path: PathBuf::new(),
            source: std::io::Error::other(error),
        }),
    }
}
