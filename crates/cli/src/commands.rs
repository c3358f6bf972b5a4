//! One file per command.

mod balancer;
mod capacity;
mod catalogue;
mod certs;
mod completions;
mod dns;
mod down;
mod events;
mod explain;
mod findings;
pub(crate) mod hosts;
mod init;
mod kubeconfig;
mod lab;
mod plan;
mod preflight;
mod rehearse;
mod rights;
mod running;
mod schema;
mod size;
mod status;
mod tell;
mod up;
mod verify;
mod version;
pub(crate) mod vpn;

use std::future::Future;

use mosipctl_journal::Command as Told;
use mosipctl_report::{Exit, Trouble};

use crate::arguments::{Arguments, Command, LabVerb};
use crate::settings::Settings;

/// Runs the command that was asked for.
pub(crate) fn run(arguments: Arguments, settings: &Settings) -> Result<Exit, Trouble> {
    match arguments.command {
        Command::Init(init) => init::run(&init, settings),
        Command::Schema(schema) => self::schema::run(&schema),
        Command::Version => version::run(settings),
        Command::Size(size) => self::size::run(&size, settings),
        Command::Catalogue(catalogue) => self::catalogue::run(&catalogue, settings),
        Command::Completions(completions) => completions::run(&completions),
        // It minds processes that end with the thread that started them, so it has the main thread to itself.
        Command::Lab(lab) if matches!(lab.verb, LabVerb::Supervise(_)) => lab::supervise(lab),
        Command::Plan(plan) => wait(self::plan::run(&plan, settings)),
        Command::Vpn(vpn) => wait(self::vpn::run(&vpn, settings)),
        Command::Rights(rights) => wait(self::rights::run(&rights, settings)),
        Command::Rehearse(rehearse) => wait(self::rehearse::run(&rehearse, settings)),
        Command::Balancer(balancer) => wait(self::balancer::run(&balancer, settings)),
        Command::Capacity(capacity) => wait(self::capacity::run(&capacity, settings)),
        Command::Preflight(preflight) => wait(self::preflight::run(&preflight, settings)),
        Command::Up(up) => wait(up::run(&up, settings)),
        Command::Down(down) => wait(down::run(&down, settings)),
        Command::Status(status) => wait(status::run(&status, settings)),
        Command::Verify(verify) => wait(self::verify::run(&verify, settings)),
        Command::Explain(explain) => wait(explain::run(&explain, settings)),
        Command::Events(events) => wait(events::run(&events, settings)),
        Command::Pause(of) => wait(tell::run(&of.file, Told::Pause, settings)),
        Command::Resume(of) => wait(tell::run(&of.file, Told::Resume, settings)),
        Command::Retry(retry) => wait(tell::retry(&retry, settings)),
        Command::Lab(lab) => wait(self::lab::run(&lab, settings)),
        Command::Dns(dns) => wait(self::dns::run(&dns, settings)),
        Command::Certs(certs) => wait(self::certs::run(&certs, settings)),
        Command::Kubeconfig(of) => wait(self::kubeconfig::run(&of, settings)),
        Command::Hosts(hosts) => wait(self::hosts::run(&hosts, settings)),
    }
}

fn wait(work: impl Future<Output = Result<Exit, Trouble>>) -> Result<Exit, Trouble> {
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Trouble::of(&error).while_doing("failed to start"))?;
    // The large future of a command lives on the heap.
    let result = runtime.block_on(Box::pin(work));
    // Watches and followers that still wait are not waited for.
    runtime.shutdown_background();
    result
}
