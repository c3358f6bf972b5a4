//! What is shown of names.

use std::fmt::Write;

use mosipctl_dns::{Found, Look, Record, Records, Verdict};
use mosipctl_report::Paint;
use mosipctl_report::words::count;
use mosipctl_spec::environment::dns::Server;
use serde_json::{Value, json};

pub(super) fn records(environment: &str, records: &Records, paint: Paint) -> String {
    let mut text = format!(
        "{} · {} · zone {}, answers are kept for {} s\n",
        paint.strong(environment),
        count(records.hosts.len(), "host"),
        records.zone,
        records.ttl
    );
    let width = widest(records.hosts.iter().map(|record| record.host.as_str()));
    for record in &records.hosts {
        let _ = writeln!(
            text,
            "  {:width$}  {:<8}  {}",
            record.host,
            record.origin.as_str(),
            Found::from(&record.target)
        );
    }
    let elsewhere: Vec<&str> = records
        .elsewhere()
        .map(|record| record.host.as_str())
        .collect();
    if !elsewhere.is_empty() {
        let _ = writeln!(
            text,
            "{} in another zone, to be made there: {}",
            count(elsewhere.len(), "host"),
            elsewhere.join(", ")
        );
    }
    text
}

fn widest<'a>(words: impl Iterator<Item = &'a str>) -> usize {
    words.map(str::len).max().unwrap_or(0)
}

pub(super) fn records_json(environment: &str, records: &Records) -> Value {
    json!({
        "environment": environment,
        "zone": records.zone,
        "ttl": records.ttl,
        "records": records.hosts.iter().map(record_json).collect::<Vec<_>>(),
        "elsewhere": records.elsewhere().map(|record| &record.host).collect::<Vec<_>>(),
    })
}

fn record_json(record: &Record) -> Value {
    let mut value = found_json(&Found::from(&record.target));
    value["host"] = json!(record.host);
    value["origin"] = json!(record.origin.as_str());
    value
}

fn found_json(found: &Found) -> Value {
    json!({"addresses": found.addresses, "alias": found.alias})
}

/// What an update did, and what it left.
pub(super) struct Update<'a> {
    added: Vec<(&'a Look, &'a Record)>,
    changed: Vec<(&'a Look, &'a Record)>,
    left: Vec<(&'a Look, &'a Record)>,
    right: usize,
    elsewhere: usize,
}

impl<'a> Update<'a> {
    pub(super) fn new(records: &'a Records, looks: &'a [Look], replace: bool) -> Self {
        let mut update = Self {
            added: Vec::new(),
            changed: Vec::new(),
            left: Vec::new(),
            right: 0,
            elsewhere: records.elsewhere().count(),
        };
        for (look, record) in looks.iter().zip(records.in_zone()) {
            match &look.verdict {
                Verdict::NoName | Verdict::NoAddress => update.added.push((look, record)),
                Verdict::Wrong(_) if replace => update.changed.push((look, record)),
                Verdict::Wrong(_) => update.left.push((look, record)),
                _ => update.right += 1,
            }
        }
        update
    }

    pub(super) fn is_whole(&self) -> bool {
        self.left.is_empty() && self.elsewhere == 0
    }

    pub(super) fn text(&self, environment: &str, server: Server, paint: Paint) -> String {
        let mut text = format!(
            "{} · {server} · {} added, {} changed, {} as they were\n",
            paint.strong(environment),
            self.added.len(),
            self.changed.len(),
            self.right
        );
        for (_, record) in &self.added {
            let line = format!("+ {} leads to {}", record.host, Found::from(&record.target));
            let _ = writeln!(text, "  {}", paint.good(&line));
        }
        for (look, record) in &self.changed {
            let _ = writeln!(
                text,
                "  ~ {} leads to {}{}",
                record.host,
                Found::from(&record.target),
                before(look)
            );
        }
        for (look, record) in &self.left {
            let line = format!("! {} {}", record.host, look.verdict.words(record));
            let _ = writeln!(text, "  {}", paint.warn(&line));
        }
        if !self.left.is_empty() {
            let _ = writeln!(
                text,
                "what leads elsewhere is left alone; `--replace` changes it"
            );
        }
        if self.elsewhere > 0 {
            let _ = writeln!(
                text,
                "{} in another zone, to be made there; `mosipctl dns records` names them",
                count(self.elsewhere, "host")
            );
        }
        text
    }

    pub(super) fn json(&self, environment: &str, server: Server) -> Value {
        let hosts = |part: &[(&Look, &Record)]| -> Vec<Value> {
            part.iter().map(|(_, record)| json!(record.host)).collect()
        };
        json!({
            "environment": environment,
            "server": server,
            "added": hosts(&self.added),
            "changed": hosts(&self.changed),
            "left": hosts(&self.left),
            "right": self.right,
            "elsewhere": self.elsewhere,
        })
    }
}

fn before(look: &Look) -> String {
    match &look.verdict {
        Verdict::Wrong(found) => format!(", before to {found}"),
        _ => String::new(),
    }
}

/// Resolvers one after the other; of each, what is not right.
pub(super) fn looks(environment: &str, records: &Records, looks: &[Look], paint: Paint) -> String {
    let resolvers = resolvers(looks);
    let mut text = format!(
        "{} · {} asked for at {}\n",
        paint.strong(environment),
        count(records.hosts.len(), "host"),
        count(resolvers.len(), "resolver")
    );
    for resolver in resolvers {
        let own: Vec<&Look> = looks
            .iter()
            .filter(|look| look.resolver == resolver)
            .collect();
        text += &of_resolver(resolver, &own, records, paint);
    }
    text
}

fn resolvers(looks: &[Look]) -> Vec<Server> {
    let mut resolvers = Vec::new();
    for look in looks {
        if !resolvers.contains(&look.resolver) {
            resolvers.push(look.resolver);
        }
    }
    resolvers
}

fn of_resolver(resolver: Server, looks: &[&Look], records: &Records, paint: Paint) -> String {
    let wrong: Vec<(&Look, &Record)> = looks
        .iter()
        .zip(&records.hosts)
        .filter(|(look, _)| !look.verdict.is_right())
        .map(|(look, record)| (*look, record))
        .collect();
    let Some((first, record)) = wrong.first() else {
        return format!("  {} {resolver}  all right\n", paint.good("✓"));
    };
    // a resolver that is no help says the same of every host
    if looks.iter().all(|look| look.verdict == first.verdict) && first.verdict.is_of_resolver() {
        let words = first.verdict.words(record);
        return format!(
            "  {} {resolver}  {words}\n{}",
            paint.bad("✗"),
            remedy(&first.verdict, paint)
        );
    }
    let right = looks.len() - wrong.len();
    let mut text = format!(
        "  {} {resolver}  {right} right, {} not\n",
        paint.bad("✗"),
        wrong.len()
    );
    let width = widest(wrong.iter().map(|(_, record)| record.host.as_str()));
    for (look, record) in &wrong {
        let _ = writeln!(
            text,
            "      {:width$}  {}",
            record.host,
            look.verdict.words(record)
        );
    }
    let mut remedies: Vec<String> = wrong
        .iter()
        .map(|(look, _)| remedy(&look.verdict, paint))
        .collect();
    remedies.sort();
    remedies.dedup();
    text + &remedies.concat()
}

fn remedy(verdict: &Verdict, paint: Paint) -> String {
    match verdict.remedy() {
        Some(remedy) => format!("      {} {remedy}\n", paint.good("remedy:")),
        None => String::new(),
    }
}

pub(super) fn looks_json(environment: &str, records: &Records, looks: &[Look]) -> Value {
    let looks = looks.iter().map(|look| {
        let record = records.hosts.iter().find(|record| record.host == look.host);
        json!({
            "host": look.host,
            "resolver": look.resolver,
            "right": look.verdict.is_right(),
            "verdict": name(&look.verdict),
            "found": match &look.verdict { Verdict::Wrong(found) => found_json(found), _ => Value::Null },
            "words": record.map(|record| look.verdict.words(record)),
            "remedy": look.verdict.remedy(),
        })
    });
    json!({"environment": environment, "looks": looks.collect::<Vec<_>>()})
}

fn name(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Right => "right",
        Verdict::Wrong(_) => "wrong",
        Verdict::NoName => "noName",
        Verdict::NoAddress => "noAddress",
        Verdict::Refused(_) => "refused",
        Verdict::Silent => "silent",
        Verdict::Unreachable(_) => "unreachable",
    }
}
