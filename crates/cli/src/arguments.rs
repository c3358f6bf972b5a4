//! The command line's words. Their comments are the help that people read.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

mod balancer;
mod certs;
mod dns;
mod hosts;
mod rehearse;
mod vpn;

pub(crate) use balancer::Balancer;
pub(crate) use certs::{Certs, CertsRenew, CertsShow, CertsTimer, CertsVerb};
pub(crate) use dns::{Dns, DnsUpdate, DnsVerb, DnsVerify, DnsZone};
pub(crate) use hosts::{
    Hosts, HostsDrain, HostsRemove, HostsReset, HostsRestore, HostsRun, HostsSnapshot, HostsTrust,
    HostsVerb, Kubeconfig, OfHosts, Pods,
};
pub(crate) use rehearse::{Capacity, Drill, HostName, Rehearse};
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
    Balancer(Balancer),
    /// Is there room on the cluster as it is now: for the file, another edition or another profile
    ///
    /// Looks at the nodes and at everything that runs on them, asks the API server by dry run what it would refuse, and rolls
    /// everything out in a lab whose nodes are like those of the cluster, beside what others run there. Makes nothing in the
    /// cluster. Ends with 3 when something does not fit or would be refused.
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
    /// A kubeconfig for you, with a client certificate that is good for a day
    ///
    /// For clusters that mosipctl made on hosts: a control plane is asked over SSH. Whoever has the file is administrator until it runs out.
    Kubeconfig(Kubeconfig),
    /// The way in from outside: who may come in over WireGuard, until when, and how far
    ///
    /// Settings stand in `spec.vpn` of the environment file. Peers are kept in the state folder, without their private keys. What
    /// `vpn bastion` writes has to be brought to the bastion by hand.
    Vpn(Vpn),
    /// The names of the hosts in DNS: which records are needed, made by a dynamic update, asked for at resolvers
    ///
    /// Where hosts lead stands in `spec.dns` of the environment file; which hosts there are follows from its gateways. Looks at no
    /// cluster.
    Dns(Dns),
    /// The certificate of the hosts: by ACME, by an authority of the environment's own, or as you bring it
    ///
    /// Who makes it stands in `spec.certificates` of the environment file. Chain and key are kept in the state folder, for you alone
    /// to read; what `certs show --out` writes has to be brought to the load balancer by hand.
    Certs(Certs),
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
    /// Only this component and what it needs; on bare hosts, `cluster` is all work on them. Nothing is removed then
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
    /// Show how files on bare hosts would change, line by line
    #[arg(long, conflicts_with_all = ["offline", "explain"])]
    pub(crate) diff: bool,
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
