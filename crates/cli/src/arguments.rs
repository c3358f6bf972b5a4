//! The command line's words. Their comments are the help that people read.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand, ValueEnum};
use mosipctl_spec::environment::Profile;
use mosipctl_spec::hosts::HostRole;
use mosipctl_spec::{Domain, Environment, Label, NameError, Version};

use crate::session::Change;

mod vpn;

pub(crate) use vpn::{HandOut, Keep, PeerVerb, Vpn, VpnAdd, VpnBastion, VpnPeer, VpnShow, VpnVerb};

/// Makes one environment file true: from bare hosts or a Kubernetes cluster to a complete, verified MOSIP.
///
/// Begin with `mosipctl init`, look with `mosipctl plan`, do with `mosipctl up`. With `cluster: {kind: lab}` everything
/// runs against a real control plane with simulated nodes on this machine, and nothing else is touched.
#[derive(Debug, Parser)]
#[command(name = "mosipctl", version, propagate_version = true, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) shared: Shared,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done · 1 failed · 2 wrong usage or file · 3 finished, needs attention · 4 locked by another run · 130 interrupted

Environment: MOSIPCTL_STATE (journals, labs, keys of hosts), MOSIPCTL_CACHE (programs and rendered charts), NO_COLOR, KUBECONFIG, SSH_AUTH_SOCK";

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Shared {
    /// Print JSON for programs instead of text for people
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Use the catalogue in this folder instead of the one in the program
    #[arg(long, global = true, value_name = "FOLDER", help_heading = "Sources")]
    pub(crate) catalogue: Option<PathBuf>,
    /// Use the charts in this folder instead of those in the program
    #[arg(long, global = true, value_name = "FOLDER", help_heading = "Sources")]
    pub(crate) charts: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a commented environment file to begin with
    Init(Init),
    /// Print the JSON Schema of the environment file or of the hosts file, for editors
    Schema(Schema),
    /// Show what `up` would do, and why; changes nothing
    Plan(Plan),
    /// Look whether the cluster, hosts, servers and images are fit for `up`; changes nothing
    ///
    /// Version, kinds, rights, clocks, storage classes, names that are taken, host names, certificates, servers outside, every
    /// image at its registry. What was not checked is listed with the reason. Ends with 3 when something failed.
    Preflight(Preflight),
    /// Make the environment true: plan, confirm, run, prove
    Up(Up),
    /// What is installed, what runs, what is not ready
    Status(Status),
    /// Prove by using it that what was made works; changes nothing that stays
    Verify(Verify),
    /// What the workload takes: pods, heaps, nodes, volumes and lines, each figure with its source
    ///
    /// Reads the work of `spec.workload` and the nodes of `spec.workload.node`; looks at no cluster and changes nothing. Pods
    /// are counted by heap, not by request. Every figure says whether it is official, measured or assumed, and where it is
    /// from; what the official numbers leave out is named.
    Size(Size),
    /// Try an environment in a lab: does it fit its nodes, does it survive losing some, how long will it take
    Rehearse(Rehearse),
    /// The configuration of the nginx in front of a cluster of bare hosts
    ///
    /// From the ports of the rendered gateways and the hosts that they answer for. TLS ends in nginx; what is no HTTP is passed on
    /// as it is, from the internal side alone. Looks at no machine.
    #[command(after_long_help = BALANCER)]
    Balancer(Balancer),
    /// Is there room on the cluster as it is now: for the file, another edition or another profile
    ///
    /// Looks at the nodes and at everything that runs on them, asks the API server by dry run what it would refuse, and rolls
    /// everything out in a lab whose nodes are like those of the cluster, beside what others run there. Makes nothing in the
    /// cluster. Ends with 3 when something does not fit or would be refused.
    #[command(after_long_help = CAPACITY)]
    Capacity(Capacity),
    /// The least rights in the cluster that this environment needs, and what for; `--yaml` prints them to be applied
    ///
    /// Looks at no cluster. They follow from everything that is to be made; what the program does with each kind of object says
    /// which verbs. Apply the manifest as administrator, and again when the environment file or mosipctl changed.
    Rights(Rights),
    /// Say in words what a component needs, makes and waits for
    Explain(Explain),
    /// What happened: the journal of runs
    Events(Events),
    /// Let the present run start no new step
    Pause(OfRun),
    /// Let a paused run go on
    Resume(OfRun),
    /// Let the present run try a failed step again
    Retry(Retry),
    /// Take the environment away again; what holds data stays unless you name it
    Down(Down),
    /// A real control plane with simulated nodes on this machine
    Lab(Lab),
    /// The machines of an on-prem environment: trust, look at, check and command them over SSH
    ///
    /// They are those of the hosts file that the environment file names: `cluster: {kind: onprem, hosts: hosts.yaml}`. Nothing is
    /// sent to a host whose key is not pinned: begin with `mosipctl hosts trust`.
    Hosts(Hosts),
    /// The way in from outside: who may come in over WireGuard, until when, and how far
    ///
    /// Settings stand in `spec.vpn` of the environment file. Peers are kept in the state folder, without their private keys. What
    /// `vpn bastion` writes has to be brought to the bastion by hand.
    Vpn(Vpn),
    /// Look into the catalogue: editions, components, their needs, images and corrected defects
    Catalogue(Catalogue),
    /// Versions of this program and of what it runs
    Version,
    /// Print completions for a shell
    Completions(Completions),
}

/// The environment file.
#[derive(Debug, Clone, Args)]
pub(crate) struct File {
    /// The environment file
    #[arg(value_name = "FILE", default_value = "environment.yaml")]
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Where to write it; `-` prints it
    #[arg(value_name = "FILE", default_value = "environment.yaml")]
    pub(crate) file: PathBuf,
    /// Name of the environment
    #[arg(long, default_value = "sandbox")]
    pub(crate) name: String,
    /// Domain under which all host names stand
    #[arg(long, default_value = "sandbox.example.org")]
    pub(crate) domain: String,
    /// What to begin with
    #[arg(long, value_enum, default_value = "lab")]
    pub(crate) cluster: InitCluster,
}

#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// Of which file
    #[arg(value_enum, value_name = "OF", default_value = "environment")]
    pub(crate) of: SchemaOf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// The environment file
    Environment,
    /// The hosts file
    Hosts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum InitCluster {
    /// A lab on this machine
    Lab,
    /// A cluster that your kubeconfig reaches
    Existing,
}

/// How a plan is made.
#[derive(Debug, Clone, Args)]
pub(crate) struct Planning {
    /// Only this component and what it needs; nothing is removed then
    #[arg(long, value_name = "COMPONENT")]
    pub(crate) only: Option<String>,
    /// A lab runs this many times faster than real machines
    #[arg(long, value_name = "FACTOR", default_value_t = 10.0)]
    pub(crate) speed: f64,
}

#[derive(Debug, Args)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) file: File,
    #[command(flatten)]
    pub(crate) planning: Planning,
    /// Plan without looking at any cluster, as if nothing were installed
    #[arg(long)]
    pub(crate) offline: bool,
    /// Say why the steps of this component (or this step) are there
    #[arg(long, value_name = "STEP")]
    pub(crate) explain: Option<String>,
    /// List every step
    #[arg(long)]
    pub(crate) steps: bool,
    /// Save the plan, to run exactly it later with `up --plan`
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Exit with 3 when there is something to do
    #[arg(long)]
    pub(crate) exit_code: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Preflight {
    #[command(flatten)]
    pub(crate) file: File,
    /// Try whether claims are bound: makes a namespace with one claim and pod of each sort, and takes it away again
    #[arg(long)]
    pub(crate) bind_test: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Up {
    #[command(flatten)]
    pub(crate) file: File,
    #[command(flatten)]
    pub(crate) planning: Planning,
    /// Run this saved plan; refused when something it touches has changed since
    #[arg(long, value_name = "FILE")]
    pub(crate) plan: Option<PathBuf>,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) file: File,
    /// Only what failed in the last run, and what was not tried because of it
    #[arg(long)]
    pub(crate) failed: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    #[command(subcommand)]
    pub(crate) verb: VerifyVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum VerifyVerb {
    /// What is inside servers: logs in as every role and client, writes to every bucket, sends through every queue
    Data(File),
}

const REHEARSE: &str = "\
A real control plane with simulated nodes is started for it, the whole plan is run there, and each drill is run on the result. \
Nothing is left of it.

  mosipctl rehearse production.yaml                            each node lost in turn
  mosipctl rehearse production.yaml --drill node --drill zone  whole zones too
  mosipctl rehearse production.yaml --drill all                everything that can go wrong here
  mosipctl rehearse production.yaml --drill none --json        only whether it fits
  mosipctl rehearse production.yaml --find-nodes               how many nodes it takes

Ends with 3 when something does not fit or a drill is not survived.";

const BALANCER: &str = "\
Example:
  mosipctl balancer production.yaml --public 203.0.113.4 --internal 10.0.0.4 \\
      --node 10.0.0.21 --node 10.0.0.22 --control-plane 10.0.0.11 > nginx.conf
  nginx -t -c $PWD/nginx.conf";

#[derive(Debug, Args)]
pub(crate) struct Balancer {
    #[command(flatten)]
    pub(crate) file: File,
    /// The balancer's address that everybody reaches
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) public: IpAddr,
    /// The balancer's address that is reached from inside the VPN alone
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) internal: IpAddr,
    /// A node of the cluster; say it for each
    #[arg(long, value_name = "ADDRESS", required = true)]
    pub(crate) node: Vec<IpAddr>,
    /// A node with an API server; say it for each, or the API server is not passed on
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) control_plane: Vec<IpAddr>,
    /// Where the balancer has the chain of its certificate
    #[arg(long, value_name = "PATH")]
    pub(crate) certificate: Option<String>,
    /// Where the balancer has the key of its certificate
    #[arg(long, value_name = "PATH")]
    pub(crate) key: Option<String>,
}

const CAPACITY: &str = "\
Examples:
  mosipctl capacity production.yaml                       is there room for what the file says
  mosipctl capacity production.yaml --mosip 1.2.0.2       for the next edition
  mosipctl capacity sandbox.yaml --profile production     for another profile";

#[derive(Debug, Args)]
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

#[derive(Debug, Args)]
#[command(after_long_help = SIZE_EXAMPLES)]
pub(crate) struct Size {
    #[command(flatten)]
    pub(crate) file: File,
    /// Write a page that any browser shows and prints
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Write a spreadsheet: summary, pods, storage, nodes, official tables, sources
    #[arg(long, value_name = "FILE")]
    pub(crate) xlsx: Option<PathBuf>,
    /// Print the pods that the work asks for as `spec.components` of the environment file
    #[arg(long, conflicts_with = "json")]
    pub(crate) settings: bool,
}

const SIZE_EXAMPLES: &str = "\
In the environment file:
  workload:
    registrationsPerDay: 20000          # what there is none of is left out
    authenticationsPerSecond: 50        # at peak
    preRegistrationsPerDay: 10000
    monthsToKeep: 24                    # default 12
    node: {cpu: 12, memory: 64Gi}       # one node of the cluster

Examples:
  mosipctl size production.yaml                           the screen
  mosipctl size production.yaml --html size.html          how each figure came about, to print
  mosipctl size production.yaml --xlsx size.xlsx          the same to calculate with
  mosipctl size production.yaml --json | jq .nodes.count  for programs
  mosipctl size production.yaml --settings                replicas for `spec.components`";

#[derive(Debug, Args)]
pub(crate) struct Rights {
    #[command(flatten)]
    pub(crate) file: File,
    /// Print the manifest: a service account, its roles and their bindings
    #[arg(long, conflicts_with = "json")]
    pub(crate) yaml: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The component
    pub(crate) component: String,
    #[command(flatten)]
    pub(crate) file: File,
}

#[derive(Debug, Args)]
pub(crate) struct Events {
    #[command(flatten)]
    pub(crate) file: File,
    /// Only the events of this run; see `--runs`
    #[arg(long, value_name = "RUN")]
    pub(crate) run: Option<String>,
    /// List the runs instead
    #[arg(long)]
    pub(crate) runs: bool,
    /// Go on with what happens from now
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// Check the hash chain from the first event to the last
    #[arg(long)]
    pub(crate) verify: bool,
}

#[derive(Debug, Args)]
pub(crate) struct OfRun {
    #[command(flatten)]
    pub(crate) file: File,
}

#[derive(Debug, Args)]
pub(crate) struct Retry {
    /// The step, as `status` names it
    pub(crate) step: String,
    #[command(flatten)]
    pub(crate) file: File,
}

#[derive(Debug, Args)]
pub(crate) struct Down {
    #[command(flatten)]
    pub(crate) file: File,
    /// Remove what holds data too: volumes, secrets, namespaces. Asks for the environment's name
    #[arg(long)]
    pub(crate) delete_data: bool,
    /// Back up databases, realms and tokens with keys into a new folder in this one, before anything that holds data goes. A
    /// database's dump is restored beside it and compared, a token's copy compared and opened; what has no backup is named before
    /// you confirm
    #[arg(long, value_name = "FOLDER", requires = "delete_data")]
    pub(crate) backup_to: Option<PathBuf>,
    /// The environment's name, typed, where nobody can be asked
    #[arg(long, value_name = "NAME")]
    pub(crate) confirm: Option<String>,
    /// Do not ask (never enough for data)
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Lab {
    #[command(subcommand)]
    pub(crate) verb: LabVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LabVerb {
    /// Start a lab; `up` does it by itself
    Start(File),
    /// What runs in it
    Status(File),
    /// Stop it; its data goes, its logs stay
    Stop(File),
    /// Print the path of its kubeconfig
    Kubeconfig(File),
    /// The last lines of its programs
    Logs(LabLogs),
    #[command(hide = true)]
    Supervise(Supervise),
}

/// What a lab's own process is told by the one that starts it.
#[derive(Debug, Args)]
pub(crate) struct Supervise {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) arguments: Vec<std::ffi::OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct LabLogs {
    /// The program, such as `kube-apiserver`; all of them when left out
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) program: Option<String>,
    /// How many lines of each
    #[arg(long, default_value_t = 20)]
    pub(crate) lines: usize,
    #[command(flatten)]
    pub(crate) file: File,
}

#[derive(Debug, Args)]
pub(crate) struct Hosts {
    #[command(subcommand)]
    pub(crate) verb: HostsVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HostsVerb {
    /// Show the keys of hosts, ask, and pin them
    ///
    /// Compare each fingerprint with what the host itself says (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` in its console).
    /// Hosts behind a jump are looked at when the jump is trusted. The pinned keys lie in the state folder, in the form of OpenSSH.
    Trust(HostsTrust),
    /// Which hosts answer, and what runs on them; changes nothing
    Status(OfHosts),
    /// What hosts are: system, cores, memory, disks, clock; with `--json` everything; changes nothing
    Facts(OfHosts),
    /// Are hosts fit to become a cluster? Ends with 3 when something failed; changes nothing
    ///
    /// Size, system, kernel, modules, swap, clocks, machine ids and names, ports, MTU, networks, sudo, control planes. Figures are those
    /// of the official guide.
    Check(OfHosts),
    /// Run a command on hosts, some at once; each line of output begins with its host
    ///
    /// One word is a line for the shell: `-- 'df -h | tail -1'`; several are a program with its arguments, which no shell reads.
    /// Everybody on a host can see arguments: put no secret into them. Ends with 3 when a host could not be asked, with 1 when the
    /// command failed on one.
    Run(HostsRun),
}

/// Some of the hosts.
#[derive(Debug, Clone, Args)]
pub(crate) struct OfHosts {
    #[command(flatten)]
    pub(crate) file: File,
    /// Only hosts with this role
    #[arg(long, value_name = "ROLE", value_parser = host_role())]
    pub(crate) role: Vec<String>,
    /// Only this host
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Vec<String>,
    /// How many hosts at once
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    pub(crate) at_once: usize,
}

fn host_role() -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(HostRole::ALL.map(HostRole::as_str))
}

#[derive(Debug, Args)]
pub(crate) struct HostsTrust {
    #[command(flatten)]
    pub(crate) of: OfHosts,
    /// Do not ask; trust whatever key a host shows now, unless another one is pinned
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Do not ask; trust the keys with these fingerprints and no others
    #[arg(long, value_name = "SHA256:…", conflicts_with = "yes")]
    pub(crate) fingerprint: Vec<String>,
    /// This host was installed anew: let its new key take the place of the pinned one
    #[arg(long, value_name = "NAME")]
    pub(crate) replace: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct HostsRun {
    #[command(flatten)]
    pub(crate) of: OfHosts,
    /// As root, through sudo where the user is somebody else
    #[arg(long)]
    pub(crate) sudo: bool,
    /// How long it may take on each host, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub(crate) within: u64,
    /// The command
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Catalogue {
    /// The edition. Default: the newest
    #[arg(long, value_name = "VERSION", global = true)]
    pub(crate) edition: Option<String>,
    #[command(subcommand)]
    pub(crate) verb: CatalogueVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CatalogueVerb {
    /// Editions, modules and components
    List,
    /// One component: what it is, reads, needs and makes
    Show {
        /// The component
        name: String,
        /// Name the file that each field comes from
        #[arg(long)]
        origin: bool,
    },
    /// What needs what
    Graph {
        /// As what
        #[arg(long, value_enum, default_value = "mermaid")]
        format: GraphFormat,
    },
    /// Every image, with the components that run it and its digest if known
    Images,
    /// Upstream defects that are corrected here, with their evidence
    Defects,
    /// Read the digest of every image from its registry into a lock file
    Lock {
        /// Where to write it
        #[arg(long, value_name = "FILE", default_value = "images.lock.yaml")]
        out: PathBuf,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// Graphviz
    Dot,
    /// For Markdown pages
    Mermaid,
    /// For programs
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}
