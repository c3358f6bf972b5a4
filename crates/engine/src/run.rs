//! What all steps of one run share.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::desk::Desk;
use crate::fence::Guard;
use crate::hands::Hands;
use crate::options::Retry;
use crate::stream::Stream;

/// What all steps of one run share.
pub(crate) struct Run {
    pub(crate) hands: Arc<dyn Hands>,
    pub(crate) stream: Arc<Stream>,
    pub(crate) desk: Desk,
    pub(crate) guard: Guard,
    pub(crate) retry: Retry,
    pub(crate) silence: Duration,
    /// Cancelled when no new step is to start any more.
    pub(crate) winding_down: CancellationToken,
}
