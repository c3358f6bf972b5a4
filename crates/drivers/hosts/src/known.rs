//! Keys of hosts that a person has looked at.
//!
//! The file has the form of OpenSSH's `known_hosts`, so `ssh -o UserKnownHostsFile=FILE` takes it; each line names the host as the
//! hosts file does, and its address. A host is found by its name, so one that moves keeps its key, and two hosts with the same address
//! behind two bastions are two hosts.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::key::HostKey;
use crate::target::Target;

/// Keys of hosts that a person has looked at, in a file.
#[derive(Debug)]
pub struct KnownHosts {
    path: PathBuf,
    pinned: Mutex<BTreeMap<String, Pin>>,
}

#[derive(Debug, Clone)]
struct Pin {
    /// As OpenSSH writes it.
    address: String,
    key: HostKey,
}

/// What the file says of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is the pinned one.
    Pinned,
    /// No key is pinned for this host.
    Unknown,
    /// Another key is pinned.
    Changed(HostKey),
}

/// Why the file cannot be used. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum KnownError {
    /// The system refuses.
    #[error("use the file of known hosts `{path}`")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A line is not of its form.
    #[error("read `{path}`, line {line}: {reason}")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
}

impl KnownHosts {
    /// Reads the file; none is an empty one.
    ///
    /// # Errors
    /// It cannot be read, or a line is not of its form.
    pub fn open(path: &Path) -> Result<Self, KnownError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(in_file(path, source)),
        };
        let mut pinned = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, pin) = read(line).map_err(|reason| KnownError::Line {
                path: path.to_owned(),
                line: number + 1,
                reason,
            })?;
            pinned.insert(name, pin);
        }
        Ok(Self {
            path: path.to_owned(),
            pinned: Mutex::new(pinned),
        })
    }

    /// Where the file lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The pinned key of a host.
    pub fn key(&self, name: &str) -> Option<HostKey> {
        self.pinned().get(name).map(|pin| pin.key.clone())
    }

    /// Judges the key that a host shows.
    pub fn verdict(&self, name: &str, shown: &HostKey) -> Verdict {
        match self.key(name) {
            Some(pinned) if pinned == *shown => Verdict::Pinned,
            Some(pinned) => Verdict::Changed(pinned),
            None => Verdict::Unknown,
        }
    }

    /// Pins the key of a host, in place of the one before, and writes the file at once.
    ///
    /// # Errors
    /// The file cannot be written; then nothing is pinned.
    pub fn pin(&self, target: &Target, key: HostKey) -> Result<(), KnownError> {
        let mut pinned = self.pinned();
        let mut wanted = pinned.clone();
        let address = address(target);
        wanted.insert(target.name.clone(), Pin { address, key });
        write(&self.path, &wanted).map_err(|source| in_file(&self.path, source))?;
        *pinned = wanted;
        Ok(())
    }

    fn pinned(&self) -> MutexGuard<'_, BTreeMap<String, Pin>> {
        self.pinned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn in_file(path: &Path, source: io::Error) -> KnownError {
    KnownError::File {
        path: path.to_owned(),
        source,
    }
}

/// OpenSSH writes the port only when it is another than 22.
fn address(target: &Target) -> String {
    match target.port {
        22 => target.address.clone(),
        port => format!("[{}]:{port}", target.address),
    }
}

fn read(line: &str) -> Result<(String, Pin), String> {
    let (names, key) = line.split_once(' ').ok_or("it has no key")?;
    let (name, address) = names
        .split_once(',')
        .ok_or("it begins with the name of a host, `,` and its address")?;
    let key = key.parse::<HostKey>().map_err(|_| "its key is no key")?;
    let address = address.to_owned();
    Ok((name.to_owned(), Pin { address, key }))
}

/// Whoever is cut off in between leaves the file of before.
fn write(path: &Path, pinned: &BTreeMap<String, Pin>) -> io::Result<()> {
    let mut text = String::from("# keys of hosts, pinned with `mosipctl hosts trust`\n");
    for (name, Pin { address, key }) in pinned {
        text.push_str(&format!("{name},{address} {key}\n"));
    }
    // nobody else may write it, and it is never half there
    mosipctl_keep::write(path, text.as_bytes()).map_err(|error| error.source)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::Keys;

    const FIRST: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";
    const SECOND: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILIG2T/B0l0gaqj3puu510tu9N1OkQ4znY3LYuEm5zCF";

    fn target(name: &str, port: u16) -> Target {
        Target {
            name: name.to_owned(),
            address: "10.0.0.1".to_owned(),
            port,
            user: "root".to_owned(),
            keys: Keys::usual(Path::new("/root")),
            jump: None,
        }
    }

    #[test]
    fn a_pinned_key_is_known_the_next_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("known_hosts");
        let key: HostKey = FIRST.parse().unwrap();
        let known = KnownHosts::open(&path).unwrap();
        assert_eq!(known.verdict("cp1", &key), Verdict::Unknown);
        known.pin(&target("cp1", 2222), key.clone()).unwrap();
        let known = KnownHosts::open(&path).unwrap();
        assert_eq!(known.verdict("cp1", &key), Verdict::Pinned);
        assert_eq!(known.verdict("cp2", &key), Verdict::Unknown);
    }

    #[test]
    fn another_key_is_told_with_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let known = KnownHosts::open(&folder.path().join("known_hosts")).unwrap();
        let (first, second): (HostKey, HostKey) = (FIRST.parse().unwrap(), SECOND.parse().unwrap());
        known.pin(&target("cp1", 22), first.clone()).unwrap();
        assert_eq!(known.verdict("cp1", &second), Verdict::Changed(first));
        known.pin(&target("cp1", 22), second.clone()).unwrap();
        assert_eq!(known.verdict("cp1", &second), Verdict::Pinned);
    }

    #[test]
    fn the_file_is_one_that_ssh_reads_and_others_cannot_write() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("known_hosts");
        let known = KnownHosts::open(&path).unwrap();
        known
            .pin(&target("cp1", 2222), FIRST.parse().unwrap())
            .unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.ends_with(&format!("cp1,[10.0.0.1]:2222 {FIRST}\n")),
            "{text}"
        );
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_broken_line_is_named_and_nothing_is_trusted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("known_hosts");
        fs::write(&path, format!("a,b {FIRST}\ncp1 {FIRST}\n")).unwrap();
        let error = KnownHosts::open(&path).unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
        fs::write(&path, "cp1,10.0.0.1 ssh-ed25519 AAAA\n").unwrap();
        assert!(KnownHosts::open(&path).is_err());
    }
}
