//! Waiting until the scheduler has had its say.

use std::time::{Duration, Instant};

use futures::StreamExt;
use k8s_openapi::api::core::v1::Pod;
use kube::Client;
use kube::api::Api;
use kube::runtime::{WatchStreamExt, watcher};

use crate::judge::{is_settled, is_stuck};
use crate::seen::Seen;

/// Silence after which a cluster that does not move is looked at again, for not all that counts is a change of a pod.
const SILENCE: Duration = Duration::from_secs(2);
/// Pauses between looks are this many times as long as a look: with thousands of pods, looking is not to keep the API server
/// from what is looked at.
const PAUSE: u32 = 4;
/// Looks without any change in between after which what is stuck counts as stuck for good: the scheduler's own pause before it
/// tries a pod again is ten seconds at most.
const LOOKS: u32 = 6;

/// Waits until `good` holds; gives what was seen then.
///
/// # Errors
/// The API server does not answer.
pub async fn until(client: &Client, mut good: impl FnMut(&Seen) -> bool) -> kube::Result<Seen> {
    let pods: Api<Pod> = Api::all(client.clone());
    let mut changes = watcher(pods, watcher::Config::default())
        .default_backoff()
        .ready_chunks(256)
        .boxed();
    loop {
        let began = Instant::now();
        let seen = Seen::of(client).await?;
        if good(&seen) {
            return Ok(seen);
        }
        let pause = began.elapsed() * PAUSE;
        let _ = tokio::time::timeout(SILENCE, changes.next()).await;
        tokio::time::sleep(pause).await;
    }
}

/// Waits until every pod is placed or refused; gives what was seen then.
///
/// # Errors
/// The API server does not answer.
pub async fn settled(client: &Client) -> kube::Result<Seen> {
    until(client, is_settled).await
}

/// Waits until nothing moves any more although some pods have no node; never ends where everything fits. `look` is shown
/// everything that is seen on the way.
///
/// # Errors
/// The API server does not answer.
pub async fn until_stuck(client: &Client, mut look: impl FnMut(&Seen)) -> kube::Result<Seen> {
    let mut last = Seen::default();
    let mut looks = 0;
    until(client, move |seen| {
        look(seen);
        looks = match is_stuck(seen) && *seen == last {
            true => looks + 1,
            false => 0,
        };
        last = seen.clone();
        looks >= LOOKS
    })
    .await
}
