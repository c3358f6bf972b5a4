//! The token of SoftHSM, as its container makes it at its start.
//!
//! The container also serves it to other pods, by a proxy for PKCS #11. That proxy is stood in for: whoever uses the token here
//! loads the library itself.

use super::RealToken;
use super::bench::{Bench, Tried};
use crate::expectations::Subject;

/// Makes the token, or opens the one that is there.
pub(super) async fn keep(
    bench: &Bench,
    subject: &Subject,
    token: &RealToken,
    is_well: impl Fn(Option<u16>),
) -> Tried<()> {
    bench.token(subject, token).await?;
    is_well(None);
    Ok(())
}
