//! Every release rendered to objects.
//!
//! The one impure stage before the plan: `helm template` per release, cached by the SHA-256 of everything that goes in
//! ([`cache`]). What comes out is [finished](finish) by pure functions, so that the same blueprint always gives the
//! same objects, for a lab and for production.

mod cache;
mod charts;
mod definitions;
mod error;
mod finish;
mod missing;
mod reads;
mod release;
mod render;
mod responder;

pub use charts::{Charts, ChartsError};
pub use error::RenderError;
pub use reads::{CONFIG_ANNOTATION, REVISION, SECRETS_ANNOTATION};
pub use release::{Rendered, RenderedRelease};
pub use render::{Renderer, Stats, tell_what_pods_read};
pub use responder::StoodIn;
