//! Asking again what the store could not do just now.

use std::time::{Duration, Instant};

use crate::error::StoreError;

/// A store that has just started finds its volumes within seconds.
const PATIENCE: Duration = Duration::from_secs(20);
/// Before the first repetition; each next one waits twice as long, up to the longest.
const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(2);

/// Acts until it succeeds, fails for good, or the patience is over. No connection is not waited for here: whoever runs the step knows
/// more about that.
pub(crate) async fn patiently<T, F>(mut act: impl FnMut() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let started = Instant::now();
    let mut pause = FIRST;
    loop {
        let done = act().await;
        let again = matches!(done, Err(StoreError::NotNow { .. }));
        if !again || started.elapsed() + pause > PATIENCE {
            return done;
        }
        // the store tells nobody when it can
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn not_now() -> StoreError {
        StoreError::NotNow {
            what: "write".to_owned(),
            status: 500,
            code: "InternalError".to_owned(),
            message: "no writable volumes".to_owned(),
        }
    }

    #[tokio::test]
    async fn what_passes_is_tried_again() {
        let mut tries = 0;
        let done = patiently(|| {
            tries += 1;
            std::future::ready(if tries < 3 { Err(not_now()) } else { Ok(tries) })
        });
        assert_eq!(done.await.unwrap(), 3);
    }

    #[tokio::test]
    async fn what_is_refused_is_not() {
        let mut tries = 0;
        let refused = patiently(|| {
            tries += 1;
            std::future::ready(Err::<(), _>(StoreError::Clock {
                what: "write".to_owned(),
            }))
        });
        assert!(refused.await.is_err());
        assert_eq!(tries, 1);
    }
}
