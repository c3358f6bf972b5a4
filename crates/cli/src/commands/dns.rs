//! `mosipctl dns`

use std::path::Path;
use std::sync::Arc;

use mosipctl_dns::{
    Authority, Key, Look, Record, Records, Updater, Verdict, hosts_snippet, machine_resolvers,
    read_secret, verify, zone_file,
};
use mosipctl_report::{Exit, Trouble};
use mosipctl_spec::environment::dns::{Dns as Wanted, Server};
use serde_json::json;

use crate::arguments::{Dns, DnsUpdate, DnsVerb, DnsVerify, DnsZone, File};
use crate::hosts_file::hosts_file;
use crate::output::Doing;
use crate::routed::{Routed, failed};
use crate::settings::Settings;

mod screen;

/// Where a machine says whom it asks.
const RESOLVERS: &str = "/etc/resolv.conf";

pub(crate) async fn run(arguments: &Dns, settings: &Settings) -> Result<Exit, Trouble> {
    match &arguments.verb {
        DnsVerb::Records(file) => records(file, settings).await,
        DnsVerb::Zone(arguments) => zone(arguments, settings).await,
        DnsVerb::HostsSnippet(file) => snippet(file, settings).await,
        DnsVerb::Update(arguments) => update(arguments, settings).await,
        DnsVerb::Verify(arguments) => verify_all(arguments, settings).await,
    }
}

/// What every verb begins with.
struct Names {
    /// The environment.
    environment: String,
    dns: Wanted,
    records: Records,
    doing: Arc<Doing>,
    /// The host at which peers of the VPN look for the bastion, when no record says where it is.
    lost_bastion: Option<String>,
}

impl Names {
    async fn open(file: &File, settings: &Settings) -> Result<Self, Trouble> {
        let doing = Arc::new(Doing::new(settings));
        let routed = Routed::open(&file.file, settings, &doing).await?;
        doing.done();
        let environment = &routed.session.environment;
        let hosts = hosts_file(environment, &file.file)?;
        let records = Records::new(&environment.spec, hosts.as_ref(), &routed.routes);
        let records = records.map_err(|error| failed(&error, error.remedy()).exit(Exit::Usage))?;
        let vpn = environment.spec.vpn.as_ref();
        let bastion = vpn.map(|vpn| vpn.endpoint(&environment.spec.domain));
        let is_lost = |name: &String| {
            let is_name = name.parse::<std::net::IpAddr>().is_err();
            is_name && records.hosts.iter().all(|record| record.host != *name)
        };
        Ok(Self {
            environment: environment.name().to_string(),
            dns: environment.spec.dns.clone().unwrap_or_default(),
            lost_bastion: bastion.filter(is_lost),
            records,
            doing,
        })
    }

    fn of_host(&self, host: &str) -> Option<&Record> {
        self.records.hosts.iter().find(|record| record.host == host)
    }

    fn tell_lost_bastion(&self) {
        if let Some(name) = &self.lost_bastion {
            eprintln!(
                "peers of the VPN look for `{name}`, which is not among these: put it into `spec.dns.also`"
            );
        }
    }
}

async fn records(file: &File, settings: &Settings) -> Result<Exit, Trouble> {
    let names = Names::open(file, settings).await?;
    if settings.json {
        outln!(
            "{}",
            screen::records_json(&names.environment, &names.records)
        );
        return Ok(Exit::Done);
    }
    out!(
        "{}",
        screen::records(&names.environment, &names.records, settings.data)
    );
    names.tell_lost_bastion();
    Ok(Exit::Done)
}

async fn zone(arguments: &DnsZone, settings: &Settings) -> Result<Exit, Trouble> {
    let names = Names::open(&arguments.file, settings).await?;
    let now = jiff::Timestamp::now().as_second();
    let authority = (!arguments.nameserver.is_empty()).then(|| Authority {
        servers: arguments
            .nameserver
            .iter()
            .map(ToString::to_string)
            .collect(),
        serial: u32::try_from(now).unwrap_or(u32::MAX),
    });
    print(
        settings,
        "zone",
        &zone_file(&names.records, authority.as_ref()),
    );
    Ok(Exit::Done)
}

async fn snippet(file: &File, settings: &Settings) -> Result<Exit, Trouble> {
    let names = Names::open(file, settings).await?;
    print(
        settings,
        "hosts",
        &hosts_snippet(&names.environment, &names.records),
    );
    Ok(Exit::Done)
}

fn print(settings: &Settings, name: &str, text: &str) {
    match settings.json {
        true => outln!("{}", json!({name: text})),
        false => out!("{text}"),
    }
}

async fn update(arguments: &DnsUpdate, settings: &Settings) -> Result<Exit, Trouble> {
    let names = Names::open(&arguments.file, settings).await?;
    let folder = arguments.file.file.parent().unwrap_or(Path::new(""));
    let (server, updater) = updater(&names, folder)?;
    let all: Vec<Record> = names.records.in_zone().cloned().collect();
    names
        .doing
        .say("dns", &format!("asking {server} for {} hosts", all.len()));
    let looks = verify(&all, &[server]).await;
    if let Some(look) = looks.iter().find(|look| look.verdict.is_of_resolver()) {
        return Err(no_help(&names, look));
    }
    let is_changed = |look: &&Look| match look.verdict {
        Verdict::NoName | Verdict::NoAddress => true,
        Verdict::Wrong(_) => arguments.replace,
        _ => false,
    };
    let changed = looks.iter().filter(is_changed);
    let changed: Vec<&Record> = changed
        .filter_map(|look| names.of_host(&look.host))
        .collect();
    if !changed.is_empty() {
        let done = updater.lead(&changed, names.records.ttl).await;
        done.map_err(|error| failed(&error, error.remedy()))?;
    }
    names.doing.done();
    let update = screen::Update::new(&names.records, &looks, arguments.replace);
    match settings.json {
        true => outln!("{}", update.json(&names.environment, server)),
        false => out!("{}", update.text(&names.environment, server, settings.data)),
    }
    Ok(if update.is_whole() {
        Exit::Done
    } else {
        Exit::Attention
    })
}

fn updater(names: &Names, folder: &Path) -> Result<(Server, Updater), Trouble> {
    let update = names.dns.update.as_ref().ok_or_else(|| {
        Trouble::new("no name server is named that takes updates")
            .remedy("set `spec.dns.update`, or enter by hand what `mosipctl dns zone` prints; `mosipctl dns --help` shows both")
            .exit(Exit::Usage)
    })?;
    let secret = read_secret("the secret of the TSIG key", &update.key.secret, folder);
    let secret = secret.map_err(|error| failed(&error, error.remedy()).exit(Exit::Usage))?;
    let key = Key::new(&update.key, &secret);
    let updater = key.and_then(|key| Updater::new(update.server, &names.records.zone, key));
    let updater = updater.map_err(|error| failed(&error, error.remedy()).exit(Exit::Usage))?;
    Ok((update.server, updater))
}

/// A server that does not answer takes no updates either.
fn no_help(names: &Names, look: &Look) -> Trouble {
    let words = names
        .of_host(&look.host)
        .map(|record| look.verdict.words(record));
    let message = format!("failed to ask {} for `{}`", look.resolver, look.host);
    Trouble::new(message)
        .because(words.unwrap_or_default())
        .maybe_remedy(look.verdict.remedy().map(ToOwned::to_owned))
}

async fn verify_all(arguments: &DnsVerify, settings: &Settings) -> Result<Exit, Trouble> {
    let names = Names::open(&arguments.file, settings).await?;
    let resolvers = resolvers(arguments, &names.dns)?;
    names
        .doing
        .say("dns", &format!("asking {} resolvers", resolvers.len()));
    let looks = verify(&names.records.hosts, &resolvers).await;
    names.doing.done();
    match settings.json {
        true => outln!(
            "{}",
            screen::looks_json(&names.environment, &names.records, &looks)
        ),
        false => {
            out!(
                "{}",
                screen::looks(&names.environment, &names.records, &looks, settings.data)
            );
            names.tell_lost_bastion();
        }
    }
    let is_well = looks.iter().all(|look| look.verdict.is_right());
    Ok(if is_well { Exit::Done } else { Exit::Attention })
}

fn resolvers(arguments: &DnsVerify, dns: &Wanted) -> Result<Vec<Server>, Trouble> {
    let mut named = match arguments.resolver.is_empty() {
        false => arguments.resolver.clone(),
        true => dns.resolvers.clone(),
    };
    if named.is_empty() {
        named = machine_resolvers(Path::new(RESOLVERS)).unwrap_or_default();
    }
    let mut seen = std::collections::BTreeSet::new();
    named.retain(|resolver| seen.insert(*resolver));
    match named.is_empty() {
        false => Ok(named),
        true => Err(Trouble::new(format!(
            "there is nobody to ask: {RESOLVERS} names no resolver"
        ))
        .remedy("name one with `--resolver ADDRESS`, or in `spec.dns.resolvers`")
        .exit(Exit::Usage)),
    }
}
