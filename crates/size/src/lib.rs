//! What a workload takes: pods and heaps, nodes, volumes, lines.
//!
//! Pure. [`size`] takes an environment, resolved, and what its edition knows of sizes ([`mosipctl_catalogue::Sizing`]) and
//! gives a [`Report`]: plain data, in which every figure says how it came about and where it is from. The flow: the work
//! with its defaults ([`load`]), what each module takes by the official calculators ([`model`]), pods of every component
//! ([`components`]), nodes that bear them ([`nodes`]). Pods are counted by heap and limit, never by request.
//!
//! [`screen`], [`html`] and [`workbook`] make text, a page and a spreadsheet of a report.

pub mod components;
mod error;
mod figure;
pub mod html;
pub mod load;
pub mod model;
pub mod nodes;
mod number;
pub mod official;
mod report;
pub mod screen;
mod warnings;
pub mod workbook;

pub use error::SizeError;
pub use figure::{Amount, Figure};
pub use load::Load;
pub use number::number;
pub use report::{Asked, Report, resolve, size};
