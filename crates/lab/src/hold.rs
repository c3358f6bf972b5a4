//! Who is alive: a file that a process holds locked while it lives.
//!
//! The system gives the lock back however the process ends, and it tells which process holds it, so a number that another
//! process got meanwhile is never mistaken. The lock is a record lock: it stays with the process when that becomes another
//! program, which is how programs that know nothing of it are found again.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::libc;
use nix::unistd::Pid;

/// A held file. Dropping it, or any other handle of the same file in this process, ends the hold.
#[derive(Debug)]
pub(crate) struct Hold {
    file: File,
}

impl Hold {
    /// Takes the hold; none if another process has it.
    pub(crate) fn take(path: &Path) -> io::Result<Option<Self>> {
        let file = open(path)?;
        match fcntl(&file, FcntlArg::F_SETLK(&whole(libc::F_WRLCK))) {
            Ok(_) => Ok(Some(Self { file })),
            Err(Errno::EACCES | Errno::EAGAIN) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps the hold when this process becomes another program.
    pub(crate) fn keep_through_exec(&self) -> io::Result<()> {
        fcntl(&self.file, FcntlArg::F_SETFD(FdFlag::empty()))?;
        Ok(())
    }

    /// The process that has the hold. Not to be asked by the holder itself.
    pub(crate) fn holder(path: &Path) -> io::Result<Option<Pid>> {
        if !path.exists() {
            return Ok(None);
        }
        let file = open(path)?;
        let mut lock = whole(libc::F_WRLCK);
        fcntl(&file, FcntlArg::F_GETLK(&mut lock))?;
        let is_free = i32::from(lock.l_type) == libc::F_UNLCK;
        Ok((!is_free).then(|| Pid::from_raw(lock.l_pid)))
    }

    /// Waits until nobody has the hold.
    pub(crate) async fn released(path: &Path) -> io::Result<()> {
        let path = path.to_owned();
        let wait = move || -> io::Result<()> {
            if !path.exists() {
                return Ok(());
            }
            let file = open(&path)?;
            loop {
                match fcntl(&file, FcntlArg::F_SETLKW(&whole(libc::F_WRLCK))) {
                    Err(Errno::EINTR) => {}
                    result => return result.map(|_| ()).map_err(io::Error::from),
                }
            }
        };
        tokio::task::spawn_blocking(wait)
            .await
            .map_err(io::Error::other)?
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    options.mode(0o600).open(path)
}

/// A lock over the whole file.
fn whole(kind: libc::c_int) -> libc::flock {
    libc::flock {
        l_type: kind as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read};
    use std::process::{Child, Command, Stdio};

    use super::*;

    /// Names the file that [`holds_when_asked`] is to hold.
    const ASKED: &str = "LAB_TEST_HOLD";

    /// This test binary once more, as a process that holds the file: one's own locks never stand in one's way.
    fn other_holder(path: &Path) -> Child {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["hold::tests::holds_when_asked", "--exact", "--nocapture"])
            .env(ASKED, path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut lines = output.lines().map(Result::unwrap);
        assert!(lines.any(|line| line.contains("held")));
        child
    }

    #[test]
    fn holds_when_asked() {
        if let Some(path) = std::env::var_os(ASKED) {
            let _hold = Hold::take(Path::new(&path)).unwrap().unwrap();
            println!("held");
            io::stdin().read_to_end(&mut Vec::new()).unwrap();
        }
    }

    #[tokio::test]
    async fn a_hold_ends_with_its_process() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hold");
        assert_eq!(Hold::holder(&path).unwrap(), None);
        let mut other = other_holder(&path);
        let pid = Pid::from_raw(i32::try_from(other.id()).unwrap());
        assert_eq!(Hold::holder(&path).unwrap(), Some(pid));
        assert!(Hold::take(&path).unwrap().is_none());
        let mut released = Box::pin(Hold::released(&path));
        assert!(futures::poll!(&mut released).is_pending());
        other.kill().unwrap();
        released.await.unwrap();
        other.wait().unwrap();
        assert!(Hold::take(&path).unwrap().is_some());
    }
}
