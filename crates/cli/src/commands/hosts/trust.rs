//! `mosipctl hosts trust`

use std::collections::BTreeSet;

use futures::StreamExt;
use futures::stream;
use mosipctl_hosts::{HostError, HostKey, Target, Verdict};
use mosipctl_report::words::count;
use mosipctl_report::{Exit, Trouble};
use serde_json::{Value, json};

use super::site::{Site, failed};
use super::{as_json, in_a_line};
use crate::arguments::HostsTrust;
use crate::output::Doing;
use crate::settings::Settings;

/// The key that a host shows, and what is known of it.
struct Shown<'a> {
    target: &'a Target,
    result: Result<(HostKey, Verdict), HostError>,
    /// Whether it was pinned by this command.
    is_pinned: bool,
}

pub(super) async fn run(arguments: &HostsTrust, settings: &Settings) -> Result<Exit, Trouble> {
    let site = Site::open(&arguments.of)?;
    let names: BTreeSet<String> = site.names().into_iter().collect();
    if let Some(name) = arguments.replace.iter().find(|name| !names.contains(*name)) {
        return Err(
            Trouble::new(format!("`--replace {name}` names none of these hosts")).exit(Exit::Usage),
        );
    }
    let mut all = Vec::new();
    // whoever stands behind a jump shows its key only when the jump is trusted
    for depth in depths(&site, &names) {
        let mut shown = look(&site, depth, arguments.of.at_once, settings).await;
        if !settings.json {
            shown
                .iter()
                .for_each(|shown| tell(shown, arguments, settings));
        }
        decide(&site, &mut shown, arguments, settings)?;
        all.extend(shown);
    }
    if settings.json {
        let hosts: Vec<Value> = all.iter().map(as_value).collect();
        let file = site.hosts.known().path();
        outln!(
            "{}",
            json!({"environment": site.environment, "file": file, "hosts": hosts})
        );
    } else {
        close(&site, &all);
    }
    Ok(exit(&all))
}

/// The hosts by how many jumps lie before them.
fn depths<'a>(site: &'a Site, names: &BTreeSet<String>) -> Vec<Vec<&'a Target>> {
    let targets = site.hosts.targets();
    let depth = |target: &Target| {
        let mut depth = 0;
        let mut jump = target.jump.as_ref();
        while let Some(name) = jump {
            depth += 1;
            let before = targets.iter().find(|target| target.name == *name);
            jump = before.and_then(|target| target.jump.as_ref());
        }
        depth
    };
    let mut depths: Vec<Vec<&Target>> = Vec::new();
    for target in targets.iter().filter(|target| names.contains(&target.name)) {
        let depth = depth(target);
        depths.resize_with(depths.len().max(depth + 1), Vec::new);
        if let Some(level) = depths.get_mut(depth) {
            level.push(target);
        }
    }
    depths
}

async fn look<'a>(
    site: &'a Site,
    targets: Vec<&'a Target>,
    at_once: usize,
    settings: &Settings,
) -> Vec<Shown<'a>> {
    let doing = Doing::new(settings);
    doing.say(
        "keys",
        &format!("asking {} for their keys", count(targets.len(), "host")),
    );
    let asked = targets.into_iter().map(|target| async move {
        let key = site.hosts.key(&target.name).await;
        let verdict = |key: HostKey| {
            let verdict = site.hosts.known().verdict(&target.name, &key);
            (key, verdict)
        };
        Shown {
            target,
            result: key.map(verdict),
            is_pinned: false,
        }
    });
    let shown = stream::iter(asked).buffered(at_once.max(1)).collect().await;
    doing.done();
    shown
}

/// Pins what may be pinned, after asking where nobody said so before.
fn decide(
    site: &Site,
    shown: &mut [Shown<'_>],
    arguments: &HostsTrust,
    settings: &Settings,
) -> Result<(), Trouble> {
    let mut open: Vec<&mut Shown<'_>> = shown
        .iter_mut()
        .filter(|shown| shown.may_be_pinned(arguments))
        .collect();
    if open.is_empty() || !is_agreed(open.len(), arguments, settings)? {
        return Ok(());
    }
    for shown in &mut open {
        if let Ok((key, _)) = &shown.result {
            let known = site.hosts.known();
            known
                .pin(shown.target, key.clone())
                .map_err(|error| failed(&error))?;
            shown.is_pinned = true;
        }
    }
    Ok(())
}

fn is_agreed(number: usize, arguments: &HostsTrust, settings: &Settings) -> Result<bool, Trouble> {
    if arguments.yes || !arguments.fingerprint.is_empty() {
        return Ok(true);
    }
    if settings.json {
        return Ok(false);
    }
    if !settings.is_terminal {
        return Err(Trouble::new(
            "nobody can be asked whether to trust these keys: there is no terminal",
        )
        .remedy(
            "compare them, then give `--fingerprint SHA256:…` for each, or `--yes` for all of them",
        )
        .exit(Exit::Usage));
    }
    eprintln!(
        "\nCompare with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` in the console of each host."
    );
    eprint!("pin {}? [y/N] ", count(number, "key"));
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    Ok(read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes"))
}

impl Shown<'_> {
    fn may_be_pinned(&self, arguments: &HostsTrust) -> bool {
        let Ok((key, verdict)) = &self.result else {
            return false;
        };
        let is_open = match verdict {
            Verdict::Pinned => false,
            Verdict::Unknown => true,
            Verdict::Changed(_) => arguments.replace.contains(&self.target.name),
        };
        let given = &arguments.fingerprint;
        is_open && (given.is_empty() || given.contains(&key.fingerprint()))
    }

    fn state(&self) -> &'static str {
        match &self.result {
            _ if self.is_pinned => "pinned now",
            Ok((_, Verdict::Pinned)) => "pinned",
            Ok((_, Verdict::Unknown)) => "not pinned",
            Ok((_, Verdict::Changed(_))) => "changed",
            Err(_) => "not seen",
        }
    }
}

fn tell(shown: &Shown<'_>, arguments: &HostsTrust, settings: &Settings) {
    let paint = settings.data;
    let name = &shown.target.name;
    let (key, verdict) = match &shown.result {
        Ok(both) => both,
        Err(error) => {
            outln!("{} {name:<16} {}", paint.bad("✗"), in_a_line(error));
            if let Some(remedy) = error.remedy() {
                outln!("  {:16} {} {remedy}", "", paint.good("remedy:"));
            }
            return;
        }
    };
    let (mark, word) = match verdict {
        Verdict::Pinned => (paint.good("✓"), "pinned already"),
        Verdict::Unknown if shown.may_be_pinned(arguments) => (paint.warn("?"), "new"),
        Verdict::Unknown => (
            paint.bad("✗"),
            "new, and none of the fingerprints that were given",
        ),
        Verdict::Changed(_) => (paint.bad("✗"), "CHANGED"),
    };
    let print = format!("{} {}", key.algorithm(), key.fingerprint());
    outln!("{mark} {name:<16} {print}  {word}");
    if let Verdict::Changed(pinned) = verdict {
        outln!(
            "  {:16} {} {}  is pinned",
            "",
            pinned.algorithm(),
            pinned.fingerprint()
        );
        if !arguments.replace.contains(name) {
            outln!(
                "  {:16} {} somebody may stand between you and {name}; if it was installed anew: `--replace {name}`",
                "",
                paint.good("remedy:")
            );
        }
    }
}

fn close(site: &Site, all: &[Shown<'_>]) {
    let number = |state| all.iter().filter(|shown| shown.state() == state).count();
    let (new, old) = (number("pinned now"), number("pinned"));
    let rest = all.len() - new - old;
    outln!(
        "\n{new} pinned now, {old} before, {rest} not · {}",
        site.hosts.known().path().display()
    );
    if rest == 0 {
        outln!(
            "`mosipctl hosts check {}` says whether they are fit",
            site.file
        );
    }
}

fn as_value(shown: &Shown<'_>) -> Value {
    let mut value = match &shown.result {
        Err(error) => as_json(error),
        Ok((key, verdict)) => json!({
            "algorithm": key.algorithm(),
            "fingerprint": key.fingerprint(),
            "before": match verdict {
                Verdict::Changed(pinned) => Some(pinned.fingerprint()),
                _ => None,
            },
        }),
    };
    value["name"] = json!(shown.target.name);
    value["state"] = json!(shown.state());
    value
}

fn exit(all: &[Shown<'_>]) -> Exit {
    let has = |state| all.iter().any(|shown| shown.state() == state);
    match (has("changed"), has("not pinned") || has("not seen")) {
        (true, _) => Exit::Failed,
        (false, true) => Exit::Attention,
        (false, false) => Exit::Done,
    }
}
