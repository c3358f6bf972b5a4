//! The words of `mosipctl rehearse` and `mosipctl capacity`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use mosipctl_spec::environment::Profile;
use mosipctl_spec::{Domain, Environment, Label, NameError, Version};

use super::File;
use crate::session::Change;

const REHEARSE: &str = "\
A real control plane with simulated nodes is started for it, the whole plan is run there, and each drill is run on the result. \
Nothing is left of it.

  mosipctl rehearse production.yaml                            each node lost in turn
  mosipctl rehearse production.yaml --drill node --drill zone  whole zones too
  mosipctl rehearse production.yaml --drill all                everything that can go wrong here
  mosipctl rehearse production.yaml --drill none --json        only whether it fits
  mosipctl rehearse production.yaml --find-nodes               how many nodes it takes

Ends with 3 when something does not fit or a drill is not survived.";

const CAPACITY: &str = "\
Examples:
  mosipctl capacity production.yaml                       is there room for what the file says
  mosipctl capacity production.yaml --mosip 1.2.0.2       for the next edition
  mosipctl capacity sandbox.yaml --profile production     for another profile";

#[derive(Debug, Args)]
#[command(after_long_help = CAPACITY)]
pub(crate) struct Capacity {
    #[command(flatten)]
    pub(crate) file: File,
    /// The edition, instead of the one in the file
    #[arg(long, value_name = "VERSION")]
    pub(crate) mosip: Option<Version>,
    /// The profile, instead of the one in the file
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Option<ProfileName>,
    /// The lab runs this many times faster than real machines
    #[arg(long, value_name = "FACTOR", default_value_t = 120.0)]
    pub(crate) speed: f64,
}

/// A profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProfileName {
    /// One replica of everything, small volumes
    Sandbox,
    /// Replicas, disruption budgets, spread over zones
    Production,
}

impl From<ProfileName> for Profile {
    fn from(name: ProfileName) -> Self {
        match name {
            ProfileName::Sandbox => Self::Sandbox,
            ProfileName::Production => Self::Production,
        }
    }
}

#[derive(Debug, Args)]
#[command(after_long_help = REHEARSE)]
pub(crate) struct Rehearse {
    #[command(flatten)]
    pub(crate) file: File,
    /// What goes wrong
    #[arg(long, value_name = "WHAT", default_value = "node")]
    pub(crate) drill: Vec<Drill>,
    /// Search the smallest number of nodes of the environment's shape that fits and survives the loss of any one; each number
    /// tried takes a rehearsal
    #[arg(long, conflicts_with = "drill")]
    pub(crate) find_nodes: bool,
    /// Write a page with a map of the nodes that any browser shows and prints
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// The lab runs this many times faster than real machines
    #[arg(long, value_name = "FACTOR", default_value_t = 120.0)]
    pub(crate) speed: f64,
    /// Rolls out in the lab of a rehearsal that goes on; what the drill `kill` kills
    #[arg(long, hide = true, value_name = "LAB")]
    pub(crate) joins: Option<Label>,
    /// With this host called otherwise
    #[arg(long, hide = true, value_name = "HOST=NAME", requires = "joins")]
    pub(crate) host: Option<HostName>,
}

/// A host of the edition and what it is to be called.
#[derive(Debug, Clone)]
pub(crate) struct HostName {
    host: String,
    name: Domain,
}

impl HostName {
    /// As a change of the environment file.
    pub(crate) fn change(self) -> Change {
        Arc::new(move |environment: &mut Environment| {
            let hosts = &mut environment.spec.hosts;
            hosts.insert(self.host.clone(), self.name.clone());
        })
    }
}

impl std::str::FromStr for HostName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (host, name) = text.split_once('=').ok_or("HOST=NAME is wanted")?;
        let name = name.parse().map_err(|error: NameError| error.to_string())?;
        Ok(Self {
            host: host.to_owned(),
            name,
        })
    }
}

impl std::fmt::Display for HostName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}={}", self.host, self.name)
    }
}

/// What goes wrong in a rehearsal, in the order in which it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Drill {
    /// Nothing
    None,
    /// Everything below
    All,
    /// An image that most others wait for cannot be pulled
    Image,
    /// The Job that most others wait for fails
    Job,
    /// The largest pod is evicted
    Pod,
    /// Each node in turn is lost
    Node,
    /// Each zone in turn is lost
    Zone,
    /// A value that many workloads read is changed
    Config,
    /// Another one is changed, and the run that rolls it out is killed
    Kill,
    /// And another one, while every answer of the API server takes half a second longer
    ApiServer,
}

impl Drill {
    /// What `all` stands for.
    pub(crate) const EACH: [Self; 8] = [
        Self::Image,
        Self::Job,
        Self::Pod,
        Self::Node,
        Self::Zone,
        Self::Config,
        Self::Kill,
        Self::ApiServer,
    ];

    /// What a report calls it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::None => "nothing",
            Self::All => "everything",
            Self::Job => "a Job that fails",
            Self::Image => "an image that is missing",
            Self::Kill => "a run that is killed",
            Self::ApiServer => "a slow API server",
            Self::Pod => "the largest pod evicted",
            Self::Node => "the loss of each node",
            Self::Zone => "the loss of each zone",
            Self::Config => "a changed value",
        }
    }
}
