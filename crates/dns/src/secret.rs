//! Secrets that people supply before there is a cluster: from a variable or a file.

use std::path::{Path, PathBuf};

use mosipctl_spec::environment::secret::{SecretSource, Source};
use zeroize::Zeroizing;

/// Why a secret cannot be read. Reads after "failed to"; holds nothing of the secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The variable is not set, or is empty.
    #[error("read {what}: the environment variable `{name}` is not set")]
    Unset {
        /// What it is.
        what: &'static str,
        /// The variable.
        name: String,
    },
    /// The file cannot be read.
    #[error("read {what} from `{path}`")]
    File {
        /// What it is.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// It lies in a cluster.
    #[error("read {what}: it is in a cluster, and there may be none yet")]
    InCluster {
        /// What it is.
        what: &'static str,
    },
}

impl SecretError {
    /// What a person can do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Unset { name, .. } => format!("set `{name}` for this command and run it again"),
            Self::File { .. } => {
                "put the file there, readable for you alone, or name another one".to_owned()
            }
            Self::InCluster { .. } => "take it `from: {env: …}` or `from: {file: …}`".to_owned(),
        }
    }
}

/// Reads `what` from where people put it, without line breaks at its end. Paths start at `folder`.
///
/// # Errors
/// See [`SecretError`].
pub fn read_secret(
    what: &'static str,
    source: &SecretSource,
    folder: &Path,
) -> Result<Zeroizing<String>, SecretError> {
    let text = match &source.from {
        Source::Env(name) => {
            let value = std::env::var(name).ok().filter(|value| !value.is_empty());
            value
                .map(Zeroizing::new)
                .ok_or_else(|| SecretError::Unset {
                    what,
                    name: name.clone(),
                })?
        }
        Source::File(path) => {
            let path = folder.join(path);
            let text = std::fs::read_to_string(&path).map(Zeroizing::new);
            text.map_err(|source| SecretError::File { what, path, source })?
        }
        Source::Kubernetes(_) => return Err(SecretError::InCluster { what }),
    };
    Ok(Zeroizing::new(
        text.trim_end_matches(['\r', '\n']).to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_without_its_last_line_break_and_a_missing_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret"), "abc\n").unwrap();
        let read = |from: Source| read_secret("it", &SecretSource { from }, folder.path());
        assert_eq!(read(Source::File("secret".into())).unwrap().as_str(), "abc");
        let error = read(Source::File("other".into())).unwrap_err();
        assert!(error.to_string().starts_with("read it from `"));
        let unset = Source::Env("MOSIPCTL_TEST_NOT_SET".to_owned());
        let remedy = read(unset).unwrap_err().remedy();
        assert!(remedy.contains("MOSIPCTL_TEST_NOT_SET"));
    }
}
