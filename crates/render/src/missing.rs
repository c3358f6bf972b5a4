//! Releases on their way: what is not in the cache, and what became of it.

use std::path::PathBuf;

use mosipctl_blueprint::{Part, ReleasePart};
use mosipctl_helm::HelmError;
use mosipctl_object::Object;

use crate::error::RenderError;

/// Releases that one helm renders: a start costs as much as twenty small releases, and progress is told after each group.
const TOGETHER: usize = 25;

/// A release on its way: rendered, not yet finished.
pub(crate) struct Raw<'a> {
    pub(crate) part: &'a Part,
    pub(crate) release: &'a ReleasePart,
    pub(crate) chart: PathBuf,
    pub(crate) objects: Vec<Object>,
    pub(crate) cached: bool,
}

/// A release that is to be rendered.
pub(crate) struct Missing<'a> {
    pub(crate) part: &'a Part,
    pub(crate) release: &'a ReleasePart,
    pub(crate) chart: PathBuf,
    /// Digest of everything that goes into it.
    pub(crate) key: String,
}

impl<'a> Missing<'a> {
    /// As it was rendered.
    pub(crate) fn raw(self, objects: Vec<Object>, cached: bool) -> Raw<'a> {
        Raw {
            part: self.part,
            release: self.release,
            chart: self.chart,
            objects,
            cached,
        }
    }

    /// As helm refused it.
    pub(crate) fn refused(&self, source: HelmError) -> RenderError {
        RenderError::Helm {
            release: self.release.name.clone(),
            component: self.part.component.clone(),
            source: Box::new(source),
        }
    }
}

/// Releases of one chart, a few processes' worth.
pub(crate) fn groups<'a>(mut releases: Vec<Missing<'a>>) -> Vec<Vec<Missing<'a>>> {
    let mut groups = Vec::new();
    while !releases.is_empty() {
        let rest = releases.split_off(releases.len().min(TOGETHER));
        groups.push(std::mem::replace(&mut releases, rest));
    }
    groups
}
