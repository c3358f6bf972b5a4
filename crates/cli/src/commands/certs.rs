//! `mosipctl certs`

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use mosipctl_certificates::{Outcome, Pair, Request, renew};
use mosipctl_report::{Exit, Trouble};
use serde_json::json;

use crate::arguments::{Certs, CertsRenew, CertsShow, CertsVerb, File};
use crate::output::Doing;
use crate::routed::{Routed, failed};
use crate::settings::Settings;
use crate::write::{Over, write};

mod balancers;
mod desk;
mod screen;
mod timer;

pub(crate) use balancers::{Due, ForBalancers, for_balancers};
use desk::Desk;

pub(crate) async fn run(arguments: &Certs, settings: &Settings) -> Result<Exit, Trouble> {
    match &arguments.verb {
        CertsVerb::Status(file) => status(file, settings).await,
        CertsVerb::Renew(arguments) => Box::pin(renew_now(arguments, settings)).await,
        CertsVerb::Show(arguments) => show(arguments, settings).await,
        CertsVerb::Timer(arguments) => timer::run(arguments, settings),
    }
}

/// The environment with its hosts, and their certificate.
async fn open(
    file: &File,
    settings: &Settings,
    doing: &Arc<Doing>,
) -> Result<(Routed, Desk), Trouble> {
    let routed = Routed::open(&file.file, settings, doing).await?;
    let desk = Desk::of(&routed.session, routed.hosts())?;
    Ok((routed, desk))
}

async fn status(file: &File, settings: &Settings) -> Result<Exit, Trouble> {
    let (_, desk) = open(file, settings, &Arc::new(Doing::new(settings))).await?;
    let status = desk.status(Timestamp::now())?;
    match settings.json {
        true => outln!("{}", screen::status_json(&desk, &status)),
        false => out!("{}", screen::status(&desk, &status, settings.data)),
    }
    Ok(status.exit())
}

async fn renew_now(arguments: &CertsRenew, settings: &Settings) -> Result<Exit, Trouble> {
    let quiet = Settings {
        json: settings.json || arguments.quiet,
        ..settings.clone()
    };
    let doing = Arc::new(Doing::new(&quiet));
    let (routed, desk) = open(&arguments.file, settings, &doing).await?;
    desk.must_cover_all()?;
    let maker = desk.maker()?;
    let request = Request {
        names: &desk.names,
        asked: arguments.force,
        now: Timestamp::now(),
    };
    let say = |text: &str| doing.say(text, text);
    let outcome = renew(&desk.store, &maker, &request, &say).await;
    doing.done();
    let outcome = outcome.map_err(|error| failed(&error, error.remedy()))?;
    let is_new = matches!(outcome, Outcome::Renewed { .. });
    let status = desk.status(Timestamp::now())?;
    let brought = match arguments.here {
        true => Ok(None),
        false => Box::pin(balancers::bring(&routed, &status, &doing)).await,
    };
    doing.done();
    let told = brought.as_ref().ok().and_then(Option::as_ref);
    match settings.json {
        true => outln!("{}", screen::outcome_json(&desk, &outcome, told)?),
        false if arguments.quiet && !is_new => {}
        false => {
            out!(
                "{}",
                screen::outcome(&desk, &outcome, Timestamp::now(), settings.data)?
            );
            out!("{}", screen::brought(&desk, told));
        }
    }
    brought.map(|_| Exit::Done).map_err(|trouble| {
        trouble.while_doing("the certificate is kept here, but load balancers do not have it")
    })
}

async fn show(arguments: &CertsShow, settings: &Settings) -> Result<Exit, Trouble> {
    let doing = Arc::new(Doing::new(settings));
    let (_, desk) = open(&arguments.file, settings, &doing).await?;
    let status = desk.status(Timestamp::now())?;
    let (Some(kept), Some(pair)) = (&status.kept, &status.pair) else {
        return Err(Trouble::new("there is no certificate yet")
            .remedy(format!("`mosipctl certs renew {}` makes it", desk.file)));
    };
    if let Some(folder) = &arguments.out {
        write_out(folder, pair, desk.trust()?.as_deref())?;
    }
    match settings.json {
        true => outln!(
            "{}",
            json!({
                "environment": desk.environment.name(),
                "certificate": screen::certificate_json(&desk, &status),
                "chain": pair.chain,
            })
        ),
        false => out!(
            "{}",
            screen::show(
                &desk,
                kept,
                &status,
                arguments.out.as_deref(),
                settings.data
            )
        ),
    }
    Ok(Exit::Done)
}

fn write_out(folder: &Path, pair: &Pair, trust: Option<&str>) -> Result<(), Trouble> {
    write(&folder.join("tls.key"), 0o600, &pair.key, Over::Allowed)?;
    write(&folder.join("tls.crt"), 0o644, &pair.chain, Over::Allowed)?;
    match trust {
        Some(trust) => write(&folder.join("trust.pem"), 0o644, trust, Over::Allowed),
        None => Ok(()),
    }
}
