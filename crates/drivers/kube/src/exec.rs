//! Commands in pods.

use std::fmt;

use futures::future::BoxFuture;
use tokio::io::AsyncRead;

use crate::error::KubeError;

/// What to run, and where. Arguments can be read by everybody in the container, so no secret belongs there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecRequest {
    /// Namespace of the pod.
    pub namespace: String,
    /// Pod.
    pub pod: String,
    /// Container; none when the pod has only one.
    pub container: Option<String>,
    /// The program and its arguments.
    pub command: Vec<String>,
}

impl ExecRequest {
    pub(crate) fn what(&self) -> String {
        let program = self.command.first().map_or("", String::as_str);
        format!("run {program} in pod {}/{}", self.namespace, self.pod)
    }
}

/// A command that runs. It is given up when this is dropped.
pub struct Execution {
    /// What it writes. It waits while nobody reads, so no more is held here than a buffer.
    pub output: Box<dyn AsyncRead + Send + Unpin>,
    ended: BoxFuture<'static, Result<Exit, KubeError>>,
}

impl fmt::Debug for Execution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Execution")
    }
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exit {
    /// Well.
    Done,
    /// It failed.
    Failed {
        /// Its exit code; none when it could not be started, or nobody says it.
        code: Option<i32>,
        /// What the cluster says of it, and the last that it wrote as an error.
        message: String,
    },
}

impl Execution {
    pub(crate) fn new(
        output: Box<dyn AsyncRead + Send + Unpin>,
        ended: BoxFuture<'static, Result<Exit, KubeError>>,
    ) -> Self {
        Self { output, ended }
    }

    /// How it ended. To be asked when its output has come to an end: only that tells whether the output is whole.
    ///
    /// # Errors
    /// The connection broke before.
    pub async fn ended(self) -> Result<Exit, KubeError> {
        self.ended.await
    }
}
