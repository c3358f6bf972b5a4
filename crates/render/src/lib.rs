//! Every release rendered to objects.
//!
//! The one impure stage before the plan: `helm template` per release, cached by the SHA-256 of everything that goes in
//! ([`cache`]). What comes out is [finished](finish) by pure functions, so that the same blueprint always gives the
//! same objects, for a lab and for production.

mod cache;
mod charts;
mod definitions;
mod finish;
mod missing;
mod reads;
mod release;
mod render;

pub use charts::{Charts, ChartsError};
pub use reads::{CONFIG_ANNOTATION, REVISION, SECRETS_ANNOTATION};
pub use release::{Rendered, RenderedRelease};
pub use render::{RenderError, Renderer, Stats, tell_what_pods_read};
