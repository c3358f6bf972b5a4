//! From the environment file to its hosts, and how to log in to them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mosipctl_hosts::{Hosts, Keys, KnownError, KnownHosts, Settings as Reach, Target};
use mosipctl_journal::place::known_hosts;
use mosipctl_report::{Exit, Trouble};
use mosipctl_spec::environment::secret::{SecretSource, Source};
use mosipctl_spec::hosts::{Host, HostRole, HostsFile};
use mosipctl_spec::{Document, Environment, nearest};
use secrecy::SecretString;

use crate::arguments::{File, OfHosts};
use crate::hosts_file::{hosts_at, hosts_path, read};

/// How many hosts at once, unless somebody says otherwise.
const AT_ONCE: usize = 20;

/// The hosts of an environment.
pub(crate) struct Site {
    /// The environment file, as the user named it.
    pub(crate) file: String,
    pub(crate) environment: String,
    pub(crate) hosts_file: HostsFile,
    /// Where paths of the hosts file start.
    pub(crate) folder: PathBuf,
    /// Those that were asked for.
    pub(crate) chosen: Vec<Host>,
    /// All of them: a jump need not be among those that were asked for.
    pub(crate) hosts: Hosts,
}

impl Site {
    /// All hosts of an environment file.
    pub(crate) fn of_file(file: &Path) -> Result<Self, Trouble> {
        Self::open(&OfHosts {
            file: File {
                file: file.to_owned(),
            },
            role: Vec::new(),
            host: Vec::new(),
            at_once: AT_ONCE,
        })
    }

    pub(super) fn open(of: &OfHosts) -> Result<Self, Trouble> {
        let file = &of.file.file;
        let text = read(file)?;
        let name = file.display().to_string();
        let document = Document {
            name: &name,
            text: &text,
        };
        let environment = Environment::read(&document);
        let environment = environment.map_err(|complaint| Trouble::in_file(*complaint))?;
        let path = hosts_path(&environment, file).ok_or_else(|| no_hosts(&environment))?;
        let hosts_file = hosts_at(&path)?;
        let all = hosts_file.hosts();
        let chosen = chosen(&all, of)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let person = Person::of(folder);
        let targets = all.iter().map(|host| person.target(host));
        let targets = targets.collect::<Result<Vec<_>, _>>()?;
        let pinned =
            known_hosts(environment.name().as_str()).map_err(|error| Trouble::of(&error))?;
        let known = KnownHosts::open(&pinned).map_err(|error| failed(&error))?;
        let mut reach = Reach::new(Arc::new(known));
        reach.agent = std::env::var_os("SSH_AUTH_SOCK").map(PathBuf::from);
        reach.at_once = of.at_once;
        Ok(Self {
            file: name,
            environment: environment.name().to_string(),
            folder: folder.to_owned(),
            hosts_file,
            chosen,
            hosts: Hosts::new(targets, reach),
        })
    }

    /// Names of the hosts that were asked for.
    pub(super) fn names(&self) -> Vec<String> {
        let names = self.chosen.iter();
        names.map(|host| host.name.to_string()).collect()
    }
}

/// An error of the file of pinned keys.
pub(super) fn failed(error: &KnownError) -> Trouble {
    let trouble = Trouble::new(format!("failed to {error}"));
    match std::error::Error::source(error) {
        Some(cause) => trouble.because(cause.to_string()),
        None => trouble,
    }
}

/// An environment without hosts has none to speak to.
fn no_hosts(environment: &Environment) -> Trouble {
    let name = environment.name();
    let message = format!(
        "environment `{name}` has no hosts: its cluster is of kind `{}`",
        environment.spec.cluster.kind.as_str()
    );
    Trouble::new(message)
        .remedy("`cluster: {kind: onprem, hosts: hosts.yaml}` names a hosts file; examples/hosts.yaml is one")
        .exit(Exit::Usage)
}

fn chosen(all: &[Host], of: &OfHosts) -> Result<Vec<Host>, Trouble> {
    let names = || all.iter().map(|host| host.name.as_str());
    if let Some(unknown) = of
        .host
        .iter()
        .find(|name| !names().any(|known| known == *name))
    {
        let near = nearest(unknown, names());
        let remedy = near.map(|name| format!("did you mean `{name}`?"));
        return Err(
            Trouble::new(format!("the hosts file has no host `{unknown}`"))
                .maybe_remedy(remedy)
                .exit(Exit::Usage),
        );
    }
    let roles = HostRole::ALL.into_iter();
    let roles: Vec<HostRole> = roles
        .filter(|role| of.role.iter().any(|wanted| wanted == role.as_str()))
        .collect();
    let is_chosen = |host: &&Host| {
        let by_name = of.host.is_empty() || of.host.iter().any(|name| name == host.name.as_str());
        let by_role = roles.is_empty() || roles.iter().any(|role| host.has(*role));
        by_name && by_role
    };
    let chosen: Vec<Host> = all.iter().filter(is_chosen).cloned().collect();
    match chosen.is_empty() {
        false => Ok(chosen),
        true => Err(
            Trouble::new("no host is both of that name and of that role")
                .remedy("`mosipctl hosts status` lists hosts with their roles")
                .exit(Exit::Usage),
        ),
    }
}

/// Whoever runs the program, and where files of the hosts file start.
struct Person<'a> {
    user: Option<String>,
    home: Option<PathBuf>,
    folder: &'a Path,
}

impl<'a> Person<'a> {
    fn of(folder: &'a Path) -> Self {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let home = etcetera::home_dir().ok();
        Self {
            user: variable("USER").or_else(|| variable("LOGNAME")),
            home,
            folder,
        }
    }

    fn target(&self, host: &Host) -> Result<Target, Trouble> {
        let login = &host.login;
        let user = login.user.clone().or_else(|| self.user.clone());
        let user = user.ok_or_else(|| {
            Trouble::new(format!(
                "no user is known to log in to host `{}`",
                host.name
            ))
            .remedy("set `ssh.user` in the hosts file")
            .exit(Exit::Usage)
        })?;
        let keys = match &login.key {
            Some(key) => Keys::File {
                path: self.path(key),
                passphrase: self.passphrase(login.passphrase.as_ref())?,
            },
            None => Keys::usual(self.home.as_deref().unwrap_or(Path::new(""))),
        };
        Ok(Target {
            name: host.name.to_string(),
            address: host.address.to_string(),
            port: login.port,
            user,
            keys,
            jump: login.jump.as_ref().map(ToString::to_string),
        })
    }

    fn path(&self, path: &Path) -> PathBuf {
        match (path.strip_prefix("~"), &self.home) {
            (Ok(rest), Some(home)) => home.join(rest),
            _ => self.folder.join(path),
        }
    }

    fn passphrase(&self, source: Option<&SecretSource>) -> Result<Option<SecretString>, Trouble> {
        let Some(source) = source else {
            return Ok(None);
        };
        let (what, read) = match &source.from {
            Source::Env(name) => (format!("variable `{name}`"), std::env::var(name).ok()),
            Source::File(path) => {
                let path = self.path(path);
                let text = std::fs::read_to_string(&path).ok();
                (format!("file `{}`", path.display()), text)
            }
            // refused when the file is read
            Source::Kubernetes(_) => return Ok(None),
        };
        match read {
            Some(text) => Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned().into())),
            None => Err(Trouble::new(format!(
                "failed to read the passphrase of a key from {what}"
            ))
            .remedy("set it, or take `passphrase` out of the hosts file and use ssh-agent")
            .exit(Exit::Usage)),
        }
    }
}
