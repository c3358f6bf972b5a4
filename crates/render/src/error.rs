//! Why a blueprint cannot be rendered.

use mosipctl_helm::HelmError;
use mosipctl_object::{ReleaseName, manifest};

use crate::charts::ChartsError;

/// Why a release cannot be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// Its chart cannot be had.
    #[error("failed to render release `{release}`")]
    Chart {
        /// The release.
        release: ReleaseName,
        /// Why.
        #[source]
        source: ChartsError,
    },
    /// Helm refused.
    #[error("failed to render release `{release}` of component `{component}`")]
    Helm {
        /// The release.
        release: ReleaseName,
        /// Its component.
        component: String,
        /// What helm says.
        #[source]
        source: Box<HelmError>,
    },
    /// Helm's output is no list of objects.
    #[error("release `{release}` did not render to objects")]
    Manifest {
        /// The release.
        release: ReleaseName,
        /// Why.
        #[source]
        source: manifest::ManifestError,
    },
    /// Its images are helm's own affair.
    #[error(
        "failed to put a responder into release `{release}`: its chart has hooks, so helm itself runs it; \
         name an image for `{component}` under `rehearsal.images`"
    )]
    Hooks {
        /// The release.
        release: ReleaseName,
        /// Its component.
        component: String,
    },
}
