//! Putting a snapshot back: all control planes at once, each thing on all of them before the next.

use std::path::Path;
use std::time::Duration;

use mosipctl_hosts::{Artefact, Command, Shell};

use super::Members;
use crate::error::{OnpremError, first_line};
use crate::etcd::{START, STOP};

/// How long anything may take on a host.
const PATIENCE: Duration = Duration::from_secs(600);
const RESTORE: &str = include_str!("../etcd/restore.sh");
/// Where a snapshot lies on control planes until it is put back.
const PLACE: &str = "/var/lib/mosipctl/restore.db";
/// How long the API may take to answer again.
const BACK: Duration = Duration::from_secs(240);

/// A member of etcd, as the host that runs it tells.
struct Told {
    host: String,
    name: String,
    peer: String,
}

impl Members {
    /// Puts what is in a snapshot in the place of all that is in etcd. The control planes stand still meanwhile; pods go on.
    ///
    /// What etcd had before stays on each of them, in `/var/lib/etcd/before`. When this is cut off it can be done again.
    ///
    /// # Errors
    /// A control plane does not answer, or the snapshot cannot be read; see [`OnpremError::Refused`].
    pub async fn restore(&self, file: &Path, sha256: &str) -> Result<(), OnpremError> {
        if let Some(why) = self.control_planes.distribution().unproven() {
            return Err(OnpremError::Refused {
                what: "restore etcd".to_owned(),
                why: format!(
                    "{why}; RKE2's own documentation says how (`rke2 server --cluster-reset`)"
                ),
            });
        }
        let names = self.all_control_planes()?;
        self.lay_ready(&names, file, sha256).await?;
        let put = match self.stop(&names).await {
            Ok(members) => self.put_back(&names, &members, sha256).await,
            Err(error) => Err(error),
        };
        // whatever came of it, nothing stays switched off
        let what = "start the control plane";
        self.on_all(&names, what, |_| Command::script(what, START, []))
            .await?;
        put?;
        self.control_planes.all_answer(BACK).await
    }

    /// What cannot be read is refused while everything still runs.
    async fn lay_ready(
        &self,
        names: &[String],
        file: &Path,
        sha256: &str,
    ) -> Result<(), OnpremError> {
        let artefact = Artefact {
            local: file.to_owned(),
            sha256: sha256.to_owned(),
            path: PLACE.to_owned(),
            mode: 0o600,
        };
        for name in names {
            self.hosts.upload(name, &artefact).await?;
        }
        let what = "read the snapshot";
        let line =
            format!("PATH=$PATH:/usr/local/bin; etcdutl snapshot status {PLACE} > /dev/null");
        let read = self.on_all(names, what, |_| Command::line(what, &line));
        read.await.map(drop)
    }

    /// Stops all of them, and gives what each is in etcd.
    async fn stop(&self, names: &[String]) -> Result<Vec<Told>, OnpremError> {
        let what = "stop the control plane";
        let texts = self.on_all(names, what, |_| Command::script(what, STOP, []));
        let texts = texts.await?;
        let members = texts.iter().filter_map(|(host, text)| told(host, text));
        Ok(members.collect())
    }

    async fn put_back(
        &self,
        names: &[String],
        members: &[Told],
        sha256: &str,
    ) -> Result<(), OnpremError> {
        let all = members.iter();
        let all = all.map(|member| format!("{}={}", member.name, member.peer));
        let all = all.collect::<Vec<_>>().join(",");
        // a cluster of its own: no member of the one before may meet it
        let time = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let seconds = time.unwrap_or_default().as_secs();
        let short: String = sha256.chars().take(12).collect();
        let token = format!("mosipctl-{short}-{seconds}");
        let what = "put the snapshot in the place of what etcd has";
        let command = |host: &str| {
            let member = members.iter().find(|member| member.host == host);
            let (name, peer) = member.map_or(("", ""), |member| (&member.name, &member.peer));
            Command::script(what, RESTORE, [PLACE, name, peer, &all, &token])
        };
        self.on_all(names, what, command).await.map(drop)
    }

    /// All of them have to take part: one that comes back later would bring what was before.
    fn all_control_planes(&self) -> Result<Vec<String>, OnpremError> {
        let missing = self.lacking.iter().map(|host| match self.silent.get(host) {
            Some(error) => format!("{host} does not answer ({})", first_line(error)),
            None => format!("{host} has not joined"),
        });
        let missing: Vec<String> = missing.collect();
        match missing.is_empty() {
            true => {
                let all = self.control_planes.names().iter();
                Ok(all.map(|(name, _)| name.clone()).collect())
            }
            false => Err(OnpremError::Refused {
                what: "restore etcd".to_owned(),
                why: format!(
                    "every control plane of the hosts file has to take part: {}",
                    missing.join(", ")
                ),
            }),
        }
    }

    /// Runs something on all of them at once; all must succeed.
    async fn on_all(
        &self,
        names: &[String],
        what: &str,
        command: impl Fn(&str) -> Command + Sync,
    ) -> Result<Vec<(String, String)>, OnpremError> {
        let command = &command;
        let done = self.hosts.each(names, |connection| async move {
            let command = command(connection.name()).as_root().within(PATIENCE);
            let output = connection.run(&command).await?;
            Ok(output.succeeded(connection.name(), what)?.text())
        });
        let done = done.await.into_iter();
        let texts = done.map(|(name, text)| Ok((name.to_owned(), text?)));
        texts.collect()
    }
}

fn told(host: &str, text: &str) -> Option<Told> {
    let mut words = text
        .lines()
        .find_map(|line| line.strip_prefix("member\t"))?
        .split('\t');
    Some(Told {
        host: host.to_owned(),
        name: words.next()?.to_owned(),
        peer: words.next()?.trim().to_owned(),
    })
}
