//! Real hosts on this machine, by hand: `cargo xtask site` runs it.

use std::cell::RefCell;
use std::error::Error;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use mosipctl_site::{
    ByHand, HostState, Offline, Site, SiteError, SiteSettings, SiteStatus, lacks, statuses,
    take_down, total,
};

#[derive(Parser)]
#[command(
    name = "cargo xtask site",
    about = "Real Debian hosts on this machine, to try what is done to bare hosts (needs root; see docs/site.md)"
)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Make hosts and boot them (a minute the first time, to make the tree they share; seconds after)
    Up {
        /// How many: 1 is a control plane, 2 adds a worker, 3 a load balancer; from 5 on there are three control planes
        #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=200))]
        hosts: u8,
        #[command(flatten)]
        name: Name,
    },
    /// Take them away, with everything on them
    Down {
        #[command(flatten)]
        name: Name,
    },
    /// Every site of this machine, those of running tests too
    Status {
        /// For programs
        #[arg(long)]
        json: bool,
    },
    /// Make the folder of programs and images for hosts without internet (minutes the first time), and say where it is
    Files,
    /// Make a cluster of a site's hosts by hand, with kubeadm, and say how long each part took (a minute and a half)
    Kubeadm {
        #[command(flatten)]
        name: Name,
    },
    /// Log in to a host, or run a command on it
    Ssh {
        /// The host
        host: String,
        /// What it is to run
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<OsString>,
        #[command(flatten)]
        name: Name,
    },
    /// Switch a host off as a power cut would
    Cut {
        /// The host
        host: String,
        #[command(flatten)]
        name: Name,
    },
    /// Switch a host on that was cut off
    Boot {
        /// The host
        host: String,
        #[command(flatten)]
        name: Name,
    },
    /// Install a host anew under its old name: an empty disk, another key
    Reinstall {
        /// The host
        host: String,
        #[command(flatten)]
        name: Name,
    },
    /// Run a program of this machine in the site's network, the only place from where hosts are reached
    Exec {
        #[command(flatten)]
        name: Name,
        /// The program and its arguments
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<OsString>,
    },
}

#[derive(clap::Args)]
struct Name {
    /// Which site
    #[arg(long, default_value = "site")]
    name: String,
}

fn main() -> Result<()> {
    match Arguments::parse().verb {
        Verb::Up { hosts, name } => up(&name.name, hosts.into()),
        Verb::Down { name } => down(&name.name),
        Verb::Status { json } => status(json),
        Verb::Files => files(),
        Verb::Kubeadm { name } => kubeadm(&name.name),
        Verb::Ssh {
            host,
            command,
            name,
        } => ssh(&name.name, &host, &command),
        Verb::Cut { host, name } => change(&name.name, |site| site.cut_power(&host)),
        Verb::Boot { host, name } => change(&name.name, |site| site.give_power(&host)),
        Verb::Reinstall { host, name } => change(&name.name, |site| site.reinstall(&host)),
        Verb::Exec { name, command } => exec(&name.name, &command),
    }
}

fn up(name: &str, count: usize) -> Result<()> {
    if let Some(reason) = lacks() {
        eprintln!("skipped: {reason}");
        return Ok(());
    }
    let settings = SiteSettings::for_people(name, count).map_err(explained)?;
    let started = Instant::now();
    let lines = Lines::default();
    let site = Site::up(&settings, &|line| lines.tell(line)).map_err(explained)?;
    eprintln!(
        "site `{name}` is up after {:.1} s",
        started.elapsed().as_secs_f64()
    );
    for host in site.hosts() {
        println!(
            "  {:<5} {:<12} {}",
            host.name,
            host.address,
            host.roles.join(", ")
        );
    }
    let option = match name {
        "site" => String::new(),
        name => format!(" --name {name}"),
    };
    let first = site.hosts().first().map_or("", |host| host.name.as_str());
    println!("hosts file  {}", site.hosts_file().display());
    println!("host keys   {}", site.known_hosts().display());
    println!("log in      cargo xtask site ssh{option} {first}");
    println!(
        "reach them  cargo xtask site exec{option} PROGRAM …   (their addresses are nowhere else)"
    );
    println!("take down   cargo xtask site down{option}");
    Ok(())
}

fn down(name: &str) -> Result<()> {
    let started = Instant::now();
    take_down(name).map_err(explained)?;
    eprintln!(
        "site `{name}` is gone ({:.1} s)",
        started.elapsed().as_secs_f64()
    );
    Ok(())
}

fn status(json: bool) -> Result<()> {
    let sites = statuses();
    if json {
        println!("{}", serde_json::to_string_pretty(&sites)?);
        return Ok(());
    }
    if sites.is_empty() {
        println!("no site; `cargo xtask site up` makes one");
    }
    for site in &sites {
        show(site);
    }
    Ok(())
}

fn files() -> Result<()> {
    if let Some(reason) = lacks() {
        eprintln!("skipped: {reason}");
        return Ok(());
    }
    let settings = SiteSettings::for_people("files", 0).map_err(explained)?;
    let started = Instant::now();
    let lines = Lines::default();
    let offline =
        Offline::find_or_make(&settings.cache, &|line| lines.tell(line)).map_err(explained)?;
    eprintln!(
        "the folder is there after {:.1} s",
        started.elapsed().as_secs_f64()
    );
    println!("{}", offline.folder().display());
    Ok(())
}

fn kubeadm(name: &str) -> Result<()> {
    let site = Site::find(name).map_err(explained)?;
    let settings = SiteSettings::for_people(name, 0).map_err(explained)?;
    let lines = Lines::default();
    let tell = |line: &str| lines.tell(line);
    let files = Offline::find_or_make(&settings.cache, &tell).map_err(explained)?;
    let cluster = ByHand::new(&site, &files).map_err(explained)?;
    let brought = cluster.bring(&tell).map_err(explained)?;
    let made = cluster.make(&tell).map_err(explained)?;
    for (what, phases) in [("brought", brought), ("made", made)] {
        println!("{what} in {:.1} s", total(&phases).as_secs_f64());
    }
    print!("{}", cluster.kubectl(&["get", "nodes"]).map_err(explained)?);
    Ok(())
}

fn show(site: &SiteStatus) {
    let left_over = match site.left_over {
        true => "   left by a killed process; the next site takes it down",
        false => "",
    };
    println!("{}   network {}{left_over}", site.name, site.network);
    for status in &site.hosts {
        let state = match status.state {
            HostState::Answers => "answers",
            HostState::Silent => "silent",
            HostState::Off => "off",
        };
        let memory = status
            .memory
            .map_or(String::new(), |bytes| format!("{} MiB", bytes >> 20));
        let (host, processes) = (&status.host, status.processes);
        println!(
            "  {:<5} {:<12} {state:<8} {processes:>3} processes  {memory:>8}  {}",
            host.name,
            host.address,
            host.roles.join(", ")
        );
    }
}

fn change(name: &str, work: impl FnOnce(&mut Site) -> Result<(), SiteError>) -> Result<()> {
    let mut site = Site::find(name).map_err(explained)?;
    work(&mut site).map_err(explained)
}

fn ssh(name: &str, host: &str, command: &[OsString]) -> Result<()> {
    let site = Site::find(name).map_err(explained)?;
    let host = site.host(host).map_err(explained)?;
    Err(site.ssh(host).args(command).exec()).context("failed to log in")
}

fn exec(name: &str, command: &[OsString]) -> Result<()> {
    let site = Site::find(name).map_err(explained)?;
    let (program, arguments) = command.split_first().context("no program given")?;
    Err(site.command(program).args(arguments).exec()).context("failed to start it")
}

/// A failure of the machine and not of the code, so it is said plainly.
fn explained(error: SiteError) -> anyhow::Error {
    let causes = std::iter::successors(Some(&error as &dyn Error), |error| (*error).source());
    let causes: Vec<String> = causes.map(ToString::to_string).collect();
    eprintln!("failed to {}", causes.join(": "));
    if let Some(remedy) = error.remedy() {
        eprintln!("  remedy: {remedy}");
    }
    std::process::exit(1)
}

/// Says what goes on: the first line of each thing, then one every few seconds.
#[derive(Default)]
struct Lines {
    last: RefCell<Option<(String, Instant)>>,
}

impl Lines {
    fn tell(&self, line: &str) {
        let subject = line.split(':').next().unwrap_or(line);
        let mut last = self.last.borrow_mut();
        let due = last
            .as_ref()
            .is_none_or(|(shown, at)| shown != subject || at.elapsed() > Duration::from_secs(3));
        if due {
            eprintln!("   {line}");
            *last = Some((subject.to_owned(), Instant::now()));
        }
    }
}
