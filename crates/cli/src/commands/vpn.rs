//! `mosipctl vpn`

use std::error::Error;

use jiff::Timestamp;
use mosipctl_report::{Exit, Trouble};
use mosipctl_vpn::{Bastion, FOLDER, NewPeer, PeerConfiguration, PrivateKey, StoreError, VpnError};
use serde_json::json;

use crate::arguments::{
    File, Keep, PeerVerb, Vpn as Arguments, VpnAdd, VpnBastion, VpnPeer, VpnShow, VpnVerb,
};
use crate::settings::Settings;
use crate::write::{Over, write};

mod desk;
mod hand_out;
mod screen;
mod tell;

use desk::Desk;
use tell::tell;

pub(crate) use tell::{server_address, tunnel};

pub(crate) async fn run(arguments: &Arguments, settings: &Settings) -> Result<Exit, Trouble> {
    match &arguments.verb {
        VpnVerb::Peer {
            verb: PeerVerb::Add(arguments),
        } => add(arguments, settings).await,
        VpnVerb::List { file, all } => list(file, *all, settings),
        VpnVerb::Show(arguments) => show(arguments, settings),
        VpnVerb::Revoke(peer) => revoke(peer, settings).await,
        VpnVerb::RotateServer(file) => rotate_server(file, settings).await,
        VpnVerb::Bastion(arguments) => bastion(arguments, settings),
    }
}

async fn add(arguments: &VpnAdd, settings: &Settings) -> Result<Exit, Trouble> {
    let to = &arguments.hand_out;
    if arguments.public_key.is_none() {
        to.must_lead_somewhere()?;
    }
    to.must_be_new()?;
    let desk = Desk::open(&arguments.peer.file)?;
    let now = Timestamp::now();
    let mut vpn = desk.store.load_or_begin(now).map_err(unkept)?;
    let private_key = arguments.public_key.is_none().then(PrivateKey::generate);
    let new = NewPeer {
        name: arguments.peer.name.clone(),
        public_key: match (&private_key, arguments.public_key) {
            (_, Some(key)) => key,
            (Some(private), None) => private.public(),
            (None, None) => return Ok(Exit::Usage),
        },
        channels: arguments.channels.clone(),
        lifetime: arguments.expires,
    };
    let peer = vpn.add(new, &desk.settings, now).map_err(refused)?.clone();
    let configuration = PeerConfiguration {
        environment: desk.environment.name().as_str(),
        peer: &peer,
        private_key: private_key.as_ref(),
        server_key: vpn.server_key(),
        settings: &desk.settings,
    };
    let text = configuration.text();
    if arguments.keep == Keep::Key {
        desk.store
            .keep_peer(peer.public_key, &text)
            .map_err(unkept)?;
    }
    // Before it is kept: a key that nobody has must belong to no peer.
    match to.leads_nowhere() && !settings.json {
        true => out!("{}", text.as_str()),
        false => to.hand_out(&text, settings)?,
    }
    desk.store.save(&vpn).map_err(unkept)?;
    if !settings.json {
        eprintln!(
            "{}",
            screen::added(&peer, private_key.is_some(), arguments.keep)
        );
    }
    let told = tell(&desk, &vpn, now, settings).await?;
    if settings.json {
        outln!(
            "{}",
            json!({"peer": screen::peer(&peer, now), "configuration": to.in_json(&text), "bastions": told.json()})
        );
    }
    Ok(told.exit())
}

fn list(file: &File, all: bool, settings: &Settings) -> Result<Exit, Trouble> {
    let desk = Desk::open(file)?;
    let now = Timestamp::now();
    let vpn = desk.store.load().map_err(unkept)?;
    match settings.json {
        true => outln!("{}", screen::list_json(&desk, vpn.as_ref(), now)),
        false => out!(
            "{}",
            screen::list(&desk, vpn.as_ref(), now, all, settings.data)
        ),
    }
    Ok(Exit::Done)
}

fn show(arguments: &VpnShow, settings: &Settings) -> Result<Exit, Trouble> {
    let to = &arguments.hand_out;
    to.must_be_new()?;
    let desk = Desk::open(&arguments.peer.file)?;
    let vpn = desk.known()?;
    let peer = vpn.peer(&arguments.peer.name).map_err(refused)?;
    let kept = desk.store.kept_peer(peer.public_key).map_err(unkept)?;
    let configuration = PeerConfiguration {
        environment: desk.environment.name().as_str(),
        peer,
        private_key: kept.as_ref(),
        server_key: vpn.server_key(),
        settings: &desk.settings,
    };
    let now = Timestamp::now();
    if !to.leads_nowhere() {
        if kept.is_none() {
            return Err(not_kept(&peer.name));
        }
        to.hand_out(&configuration.text(), settings)?;
    }
    match settings.json {
        true => {
            let text = kept.as_ref().map(|_| configuration.text());
            let handed = text.as_ref().and_then(|text| to.in_json(text));
            outln!("{}", screen::show_json(peer, &configuration, handed, now));
        }
        false if to.leads_nowhere() => {
            out!("{}", screen::show(peer, &configuration, now, settings.data))
        }
        false => {}
    }
    Ok(Exit::Done)
}

fn not_kept(name: &str) -> Trouble {
    Trouble::new(format!("the private key of `{name}` was not kept, so its configuration cannot be handed out"))
        .remedy(format!("revoke it and let it in anew: `mosipctl vpn revoke {name}`, then `mosipctl vpn peer add {name}`"))
}

async fn revoke(peer: &VpnPeer, settings: &Settings) -> Result<Exit, Trouble> {
    let desk = Desk::open(&peer.file)?;
    let mut vpn = desk.known()?;
    let now = Timestamp::now();
    let revoked = vpn.revoke(&peer.name, now).map_err(refused)?.clone();
    desk.store.save(&vpn).map_err(unkept)?;
    desk.store.forget_peer(revoked.public_key).map_err(unkept)?;
    if !settings.json {
        eprintln!("`{}` is revoked", peer.name);
    }
    let told = tell(&desk, &vpn, now, settings).await?;
    if settings.json {
        let value = json!({"peer": screen::peer(&revoked, now), "bastions": told.json()});
        outln!("{value}");
    }
    Ok(told.exit())
}

async fn rotate_server(file: &File, settings: &Settings) -> Result<Exit, Trouble> {
    let desk = Desk::open(file)?;
    let mut vpn = desk.known()?;
    let now = Timestamp::now();
    desk.store.rotate(&mut vpn, now).map_err(unkept)?;
    let told = tell(&desk, &vpn, now, settings).await?;
    if settings.json {
        let mut value = screen::list_json(&desk, Some(&vpn), now);
        value["bastions"] = told.json();
        outln!("{value}");
        return Ok(told.exit());
    }
    outln!("PublicKey = {}", vpn.server_key());
    let names: Vec<String> = vpn
        .valid(now)
        .map(|peer| format!("`{}`", peer.name))
        .collect();
    if !names.is_empty() {
        eprintln!(
            "this line has to replace the old one in the configuration of {}",
            names.join(", ")
        );
    }
    Ok(told.exit())
}

fn bastion(arguments: &VpnBastion, settings: &Settings) -> Result<Exit, Trouble> {
    let desk = Desk::open(&arguments.file)?;
    let vpn = desk.known()?;
    let now = Timestamp::now();
    let bastion = Bastion::new(&vpn, &desk.settings, now).map_err(refused)?;
    if let Some(folder) = &arguments.out {
        let key = desk.store.server_key(&vpn).map_err(unkept)?;
        for file in bastion.files(&key, FOLDER) {
            write(
                &folder.join(&file.name),
                file.mode,
                &file.text,
                Over::Allowed,
            )?;
        }
    }
    let peers = bastion.peers();
    match settings.json {
        true => outln!("{}", screen::bastion_json(&desk, &vpn, &bastion)),
        false => out!(
            "{}",
            screen::bastion(&desk, &peers, arguments.out.as_deref(), settings.data)
        ),
    }
    Ok(Exit::Done)
}

/// What is wrong with what was asked for.
fn refused(error: VpnError) -> Trouble {
    Trouble::new(format!("failed to {error}"))
        .remedy(error.remedy())
        .exit(Exit::Usage)
}

/// What is wrong with the state folder.
fn unkept(error: StoreError) -> Trouble {
    let trouble = Trouble::new(format!("failed to {error}")).remedy(error.remedy());
    match error.source() {
        Some(source) => trouble.because(source.to_string()),
        None => trouble,
    }
}
