//! A command in a pod, over one WebSocket.

use std::time::Duration;

use futures::FutureExt;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Status;
use kube::Api;
use kube::api::{AttachParams, AttachedProcess};
use tokio::io::{AsyncRead, AsyncReadExt};

use super::transport::{self, Transport};
use crate::counts::Verb;
use crate::error::{KubeError, TransientCause};
use crate::exec::{ExecRequest, Execution, Exit};

/// Time to start it; it may run as long as it likes.
const OPENING: Duration = Duration::from_secs(30);
/// How much output is held here.
const BUFFER: usize = 256 * 1024;
/// How much is kept of what it wrote as errors.
const LAST_WORDS: usize = 2048;

/// Starts a command.
pub(super) async fn start(
    transport: &Transport,
    request: &ExecRequest,
) -> Result<Execution, KubeError> {
    let what = request.what();
    transport.counter().count(Verb::Exec, "pods");
    let pods: Api<Pod> = Api::namespaced(transport.client(), &request.namespace);
    let mut how = AttachParams::default()
        .stdin(false)
        .max_stdout_buf_size(BUFFER);
    how.container.clone_from(&request.container);
    let opening = pods.exec(&request.pod, request.command.clone(), &how);
    let mut process = tokio::time::timeout(OPENING, opening)
        .await
        .map_err(|_| transport::timed_out(&what, OPENING))?
        .map_err(|error| transport::error(error, &what))?;
    let missing = || KubeError::bug(&what, "the connection has no stream");
    let output = process.stdout().ok_or_else(missing)?;
    // read from the start: a command waits when nobody takes its errors
    let errors = tokio::spawn(last_words(process.stderr()));
    let ended = async move {
        let status = ended(process, &what).await?;
        Ok(exit(&status, &errors.await.unwrap_or_default()))
    };
    Ok(Execution::new(Box::new(output), ended.boxed()))
}

/// What the kubelet says at the end. Without that the connection broke.
async fn ended(mut process: AttachedProcess, what: &str) -> Result<Status, KubeError> {
    let status = match process.take_status() {
        Some(status) => status.await,
        None => None,
    };
    status.ok_or_else(|| {
        let broke = "the connection ended before the command did".to_owned();
        KubeError::transient(what, TransientCause::Connection(broke))
    })
}

fn exit(status: &Status, last_words: &str) -> Exit {
    if status.status.as_deref() == Some("Success") {
        return Exit::Done;
    }
    let details = status.details.iter();
    let mut causes = details.flat_map(|details| details.causes.iter().flatten());
    let code = causes.find(|cause| cause.reason.as_deref() == Some("ExitCode"));
    let said = status.message.as_deref().unwrap_or("the command failed");
    let words = [said, last_words.trim()].into_iter();
    let words: Vec<&str> = words.filter(|words| !words.is_empty()).collect();
    Exit::Failed {
        code: code.and_then(|cause| cause.message.as_deref()?.parse().ok()),
        message: words.join(": "),
    }
}

async fn last_words(errors: Option<impl AsyncRead + Unpin>) -> String {
    let mut kept = Vec::new();
    let Some(mut errors) = errors else {
        return String::new();
    };
    while let Ok(1..) = errors.read_buf(&mut kept).await {
        let surplus = kept.len().saturating_sub(LAST_WORDS);
        drop(kept.drain(..surplus));
    }
    String::from_utf8_lossy(&kept).into_owned()
}
