//! What is shown of certificates. No key comes here.

use std::fmt::Write;
use std::path::Path;

use jiff::Timestamp;
use mosipctl_certificates::{Certificate, Kept, Outcome};
use mosipctl_report::words::{count, first};
use mosipctl_report::{Paint, Trouble};
use mosipctl_spec::environment::certificates::CertificateKind;
use serde_json::{Value, json};

use super::balancers::Brought;
use super::desk::{Desk, Status, unkept};

/// How many names a line shows.
const NAMES: usize = 4;

pub(super) fn status(desk: &Desk, status: &Status, paint: Paint) -> String {
    let mut text = head(desk, status, paint);
    let covered = count(desk.hosts.len(), "host");
    let names = first(&desk.names, NAMES);
    let _ = writeln!(text, "  names      {names} (for {covered})");
    if let Some(Ok(own)) = &status.judged {
        let from = renewed_from(own.begins, own.ends);
        let what = match desk.certificates.kind {
            CertificateKind::Supplied => "by you: bring the next one in time",
            _ => "by `mosipctl certs renew`",
        };
        let _ = writeln!(text, "  renewed    from {} on, {what}", day(from));
    }
    if let Some(authority) = &status.authority {
        text += &of_authority(desk, status, authority, paint);
    }
    for (problem, remedy) in problems(desk, status) {
        let _ = writeln!(text, "  {}", paint.warn(&format!("! {problem}")));
        let _ = writeln!(text, "    {} {remedy}", paint.good("remedy:"));
    }
    text
}

/// Whose it is, and until when.
fn head(desk: &Desk, status: &Status, paint: Paint) -> String {
    let end = match &status.kept {
        None => "none yet".to_owned(),
        Some(kept) => until(kept.ends, status, paint),
    };
    let name = paint.strong(desk.environment.name().as_str());
    format!("{name} · certificate {} · {end}\n", made_by(desk))
}

fn made_by(desk: &Desk) -> String {
    let acme = desk.certificates.acme.as_ref();
    match desk.certificates.kind {
        CertificateKind::OwnCa => "by the environment's own authority".to_owned(),
        CertificateKind::Supplied => "as you bring it".to_owned(),
        CertificateKind::Acme => {
            let directory = acme.map_or("", |acme| acme.directory.as_str());
            let host = directory.trim_start_matches("https://").split('/').next();
            format!("by {}", host.unwrap_or(directory))
        }
    }
}

fn of_authority(desk: &Desk, status: &Status, authority: &Certificate, paint: Paint) -> String {
    let name = authority
        .links
        .first()
        .map_or("", |link| link.subject.as_str());
    let end = until(authority.ends, status, paint);
    let file = desk.store.trust_file();
    format!(
        "  authority  {name}, {end}\n  trust      {}: make browsers and programs trust it\n",
        file.display()
    )
}

fn until(end: Timestamp, status: &Status, paint: Paint) -> String {
    let hours = status.now.duration_until(end).as_hours();
    let left = match hours {
        ..0 => format!("ended on {}", day(end)),
        0..48 => format!("until {}, {hours} h left", day(end)),
        _ => format!("until {}, {} days left", day(end), hours / 24),
    };
    match status.is_soon(end) {
        true => paint.warn(&left),
        false => left,
    }
}

fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

/// When a third of its life is left.
fn renewed_from(begins: Timestamp, ends: Timestamp) -> Timestamp {
    ends - begins.duration_until(ends) / 3
}

/// What is wrong, each with what to do.
fn problems(desk: &Desk, status: &Status) -> Vec<(String, String)> {
    let renew = format!("`mosipctl certs renew {}`", desk.file);
    let mut problems = Vec::new();
    match &status.judged {
        None => problems.push((
            "there is no certificate yet".to_owned(),
            format!("{renew} makes it"),
        )),
        Some(Err(flaw)) if desk.certificates.kind == CertificateKind::Supplied => {
            problems.push((flaw.to_string(), flaw.remedy()));
        }
        Some(Err(flaw)) => problems.push((flaw.to_string(), format!("{renew} makes a new one"))),
        Some(Ok(own)) if status.is_soon(own.ends) => {
            let remedy = match desk.certificates.kind {
                CertificateKind::Supplied => format!("bring a new one, then {renew}"),
                _ => format!(
                    "{renew} says why it was not renewed long ago; `mosipctl certs timer` does it by itself"
                ),
            };
            problems.push(("the certificate ends soon".to_owned(), remedy));
        }
        Some(Ok(_)) => {}
    }
    if status
        .authority
        .as_ref()
        .is_some_and(|own| status.is_soon(own.ends))
    {
        let remedy = format!(
            "remove {} and run {renew}: a new one is made, which everybody has to be told to trust",
            desk.store.trust_file().display()
        );
        problems.push((
            "the environment's own authority ends soon".to_owned(),
            remedy,
        ));
    }
    problems
}

pub(super) fn status_json(desk: &Desk, status: &Status) -> Value {
    let problems = problems(desk, status).into_iter();
    let problems = problems.map(|(problem, remedy)| json!({"problem": problem, "remedy": remedy}));
    json!({
        "environment": desk.environment.name(),
        "kind": desk.certificates.kind,
        "names": desk.names,
        "hosts": desk.hosts,
        "certificate": certificate_json(desk, status),
        "authority": status.authority.as_ref().map(|own| json!({
            "ends": own.ends,
            "daysLeft": days_left(own.ends, status.now),
            "fingerprint": own.fingerprint,
            "trust": desk.store.trust_file(),
        })),
        "problems": problems.collect::<Vec<_>>(),
    })
}

fn days_left(end: Timestamp, now: Timestamp) -> i64 {
    now.duration_until(end).as_hours() / 24
}

pub(super) fn certificate_json(desk: &Desk, status: &Status) -> Value {
    let Some(kept) = &status.kept else {
        return Value::Null;
    };
    let links = match &status.judged {
        Some(Ok(own)) => own.links.as_slice(),
        _ => &[],
    };
    let links = links
        .iter()
        .map(|link| json!({"subject": link.subject, "issuer": link.issuer, "ends": link.ends}));
    json!({
        "names": kept.names,
        "begins": kept.begins,
        "ends": kept.ends,
        "daysLeft": days_left(kept.ends, status.now),
        "renewedFrom": renewed_from(kept.begins, kept.ends),
        "fingerprint": kept.fingerprint,
        "links": links.collect::<Vec<_>>(),
        "files": {"chain": desk.store.chain_file(kept), "key": desk.store.key_file(kept)},
    })
}

pub(super) fn show(
    desk: &Desk,
    kept: &Kept,
    status: &Status,
    out: Option<&Path>,
    paint: Paint,
) -> String {
    let mut text = head(desk, status, paint);
    let _ = writeln!(
        text,
        "  names        {}",
        kept.names.join("\n               ")
    );
    let _ = writeln!(text, "  fingerprint  SHA-256 {}", kept.fingerprint);
    if let Some(Ok(own)) = &status.judged {
        for (index, link) in own.links.iter().enumerate() {
            let head = if index == 0 { "chain" } else { "" };
            let end = until(link.ends, status, paint);
            let _ = writeln!(
                text,
                "  {head:<12} {} {}, signed by {}, {end}",
                index + 1,
                link.subject,
                link.issuer
            );
        }
    }
    let _ = writeln!(
        text,
        "  files        {}",
        desk.store.chain_file(kept).display()
    );
    let _ = writeln!(
        text,
        "               {} (the key)",
        desk.store.key_file(kept).display()
    );
    for (problem, _) in problems(desk, status) {
        let _ = writeln!(text, "  {}", paint.warn(&format!("! {problem}")));
    }
    if let Some(folder) = out {
        let folder = folder.display();
        let _ = writeln!(
            text,
            "wrote {folder}/tls.crt and {folder}/tls.key; bring both to the load balancer, by default to /etc/nginx/certs"
        );
    }
    text
}

pub(super) fn outcome(
    desk: &Desk,
    outcome: &Outcome,
    now: Timestamp,
    paint: Paint,
) -> Result<String, Trouble> {
    let name = paint.strong(desk.environment.name().as_str());
    let left = |end: Timestamp| format!("until {}, {} days left", day(end), days_left(end, now));
    let mut text = match outcome {
        Outcome::Good(kept) => {
            let from = renewed_from(kept.begins, kept.ends);
            return Ok(format!(
                "{name} · the certificate is good {}; it is renewed from {} on, or now with `--force`\n",
                left(kept.ends),
                day(from)
            ));
        }
        Outcome::Renewed {
            reason,
            certificate,
        } => format!(
            "{name} · new certificate {} · {} · {}\n  names      {}\n",
            made_by(desk),
            left(certificate.ends),
            reason.words(),
            first(&certificate.names, NAMES)
        ),
    };
    if desk.trust()?.is_some() {
        let file = desk.store.trust_file();
        let _ = writeln!(
            text,
            "  trust      {}: make browsers and programs trust it",
            file.display()
        );
    }
    let _ = writeln!(
        text,
        "`mosipctl certs show {} --out FOLDER` writes it for the load balancer",
        desk.file
    );
    Ok(text)
}

/// Which load balancers have it.
pub(super) fn brought(desk: &Desk, brought: Option<&Brought>) -> String {
    let mut text = String::new();
    let Some(brought) = brought else {
        return text;
    };
    if !brought.have.is_empty() {
        let _ = writeln!(text, "  brought    to {}", brought.have.join(", "));
    }
    if !brought.later.is_empty() {
        let names = brought.later.join(", ");
        let _ = writeln!(
            text,
            "  later      {names}: not set up yet; `mosipctl up {}` brings it",
            desk.file
        );
    }
    text
}

pub(super) fn outcome_json(
    desk: &Desk,
    outcome: &Outcome,
    brought: Option<&Brought>,
) -> Result<Value, Trouble> {
    let kept = desk.store.current().map_err(|error| unkept(&error))?;
    let (renewed, reason) = match outcome {
        Outcome::Good(_) => (false, None),
        Outcome::Renewed { reason, .. } => (true, Some(reason.words())),
    };
    Ok(json!({
        "environment": desk.environment.name(),
        "renewed": renewed,
        "reason": reason,
        "certificate": kept,
        "balancers": brought.map(|brought| json!({"have": brought.have, "later": brought.later})),
    }))
}
