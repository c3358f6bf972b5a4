//! Checks of who makes the certificate.

use super::{Checked, Complain, fail, secret};
use crate::environment::Environment;
use crate::environment::certificates::{
    Acme, CertificateKind, Certificates, Challenge, Http01, OwnCa,
};
use crate::name::Domain;

/// Longest life that browsers take (CA/Browser Forum ballot SC31, followed for private authorities by some).
const LONGEST: u32 = 398;

pub(super) fn check(environment: &Environment, complain: Complain<'_>) -> Checked {
    let Some(certificates) = &environment.spec.certificates else {
        return Ok(());
    };
    kind(certificates, complain)?;
    names(certificates, complain)?;
    if let Some(own) = &certificates.own_ca {
        days(own, complain)?;
    }
    if let Some(supplied) = &certificates.supplied {
        let path = ["spec", "certificates", "supplied"];
        secret(&supplied.chain, &[&path[..], &["chain"]].concat(), complain)?;
        secret(&supplied.key, &[&path[..], &["key"]].concat(), complain)?;
    }
    let Some(acme) = &certificates.acme else {
        return Ok(());
    };
    authority(acme, complain)?;
    challenge(acme, environment, certificates, complain)
}

fn kind(certificates: &Certificates, complain: Complain<'_>) -> Checked {
    let kind = certificates.kind;
    let given = [
        (CertificateKind::Acme, certificates.acme.is_some()),
        (CertificateKind::OwnCa, certificates.own_ca.is_some()),
        (CertificateKind::Supplied, certificates.supplied.is_some()),
    ];
    for (other, is_given) in given {
        let name = other.as_str();
        if other != kind && is_given {
            let message = format!(
                "`{name}` means nothing for certificates of kind `{}`",
                kind.as_str()
            );
            let help = "remove the field or change `kind`";
            return fail(complain(&["spec", "certificates", name], message).with_help(help));
        }
        if other == kind && !is_given && kind != CertificateKind::OwnCa {
            let message = format!("certificates of kind `{name}` need `{name}`");
            return fail(complain(&["spec", "certificates", "kind"], message));
        }
    }
    Ok(())
}

fn names(certificates: &Certificates, complain: Complain<'_>) -> Checked {
    for (index, name) in certificates.names.iter().enumerate() {
        let path = ["spec", "certificates", "names", &index.to_string()];
        let plain = name.strip_prefix("*.").unwrap_or(name);
        if plain.parse::<Domain>().is_err() {
            let message = format!("`{name}` is no name for a certificate");
            let help = "a host such as `api.example.org`, or `*.example.org` for all just below";
            return fail(complain(&path, message).with_help(help));
        }
    }
    Ok(())
}

fn days(own: &OwnCa, complain: Complain<'_>) -> Checked {
    if own.days == 0 || own.days > LONGEST {
        let message = format!("a certificate of {} days is taken by nobody", own.days);
        let path = ["spec", "certificates", "ownCa", "days"];
        return fail(complain(&path, message).with_help("a number from 1 to 398"));
    }
    Ok(())
}

fn authority(acme: &Acme, complain: Complain<'_>) -> Checked {
    let path = ["spec", "certificates", "acme"];
    let host = acme.directory.strip_prefix("https://");
    if host.is_none_or(|host| host.is_empty() || host.starts_with('/')) {
        let message = format!("`{}` is no address of a directory", acme.directory);
        let help = "it begins with `https://`; the authority's documentation names it";
        return fail(complain(&[&path[..], &["directory"]].concat(), message).with_help(help));
    }
    for (index, contact) in acme.contact.iter().enumerate() {
        let is_mail = contact
            .split_once('@')
            .is_some_and(|(who, at)| !who.is_empty() && at.parse::<Domain>().is_ok());
        if !is_mail || contact.contains(':') {
            let message = format!("`{contact}` is no mail address");
            let index = index.to_string();
            let path = [&path[..], &["contact", &index]].concat();
            return fail(complain(&path, message));
        }
    }
    match &acme.external_account {
        Some(account) => {
            let path = [&path[..], &["externalAccount", "key"]].concat();
            secret(&account.key, &path, complain)
        }
        None => Ok(()),
    }
}

fn challenge(
    acme: &Acme,
    environment: &Environment,
    certificates: &Certificates,
    complain: Complain<'_>,
) -> Checked {
    let path = ["spec", "certificates", "acme", "challenge"];
    match &acme.challenge {
        Challenge::Http01(http) => by_http(http, certificates, &path, complain),
        Challenge::Dns01(dns) => {
            let update = environment
                .spec
                .dns
                .as_ref()
                .and_then(|dns| dns.update.as_ref());
            if dns.hook.is_empty() && update.is_none() {
                let message = "nobody is named who sets DNS records".to_owned();
                let help = "give `spec.dns.update`, a server that takes updates, or `hook`, a program that sets records";
                return fail(complain(&[&path[..], &["dns01"]].concat(), message).with_help(help));
            }
            Ok(())
        }
    }
}

fn by_http(
    http: &Http01,
    certificates: &Certificates,
    path: &[&str],
    complain: Complain<'_>,
) -> Checked {
    let path = [path, &["http01"]].concat();
    if http.listen.is_some() && http.folder.is_some() {
        let message = "`listen` and `folder` exclude each other".to_owned();
        let help = "either this program answers, or a web server of yours";
        return fail(complain(&path, message).with_help(help));
    }
    let wild = certificates
        .names
        .iter()
        .position(|name| name.starts_with("*."));
    if let Some(index) = wild {
        let message = format!(
            "`{}` cannot be proven by HTTP: nobody can answer for every name",
            certificates.names[index]
        );
        let path = ["spec", "certificates", "names", &index.to_string()];
        let help = "name each host, or prove by DNS with `challenge: {dns01: {}}`";
        return fail(complain(&path, message).with_help(help));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
