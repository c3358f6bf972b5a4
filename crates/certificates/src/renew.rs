//! Renewal: whether it is due, and doing it.

use jiff::{SignedDuration, Timestamp};
use mosipctl_spec::environment::certificates::CertificateKind;

use crate::certificate::{Certificate, Pair};
use crate::error::RenewError;
use crate::flaw::Flaw;
use crate::maker::Maker;
use crate::names::covers;
use crate::own::Own;
use crate::proof::prove;
use crate::store::{Kept, Store};

/// Why a new certificate is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// There is none.
    None,
    /// Another authority is to make it, or it is to be of another kind.
    OtherAuthority,
    /// It is to be for other names.
    OtherNames,
    /// Less than a third of its life is left.
    Late,
    /// What is kept is not good.
    Flawed(Flaw),
    /// Somebody brought another one.
    Brought,
    /// Somebody asked for it.
    Asked,
}

impl Reason {
    /// In words.
    pub fn words(&self) -> String {
        match self {
            Self::None => "there was none".to_owned(),
            Self::OtherAuthority => "another authority is to make it".to_owned(),
            Self::OtherNames => "it is to be for other names".to_owned(),
            Self::Late => "less than a third of its life was left".to_owned(),
            Self::Flawed(flaw) => format!("the one before was not good: {flaw}"),
            Self::Brought => "another one was brought".to_owned(),
            Self::Asked => "you asked for it".to_owned(),
        }
    }
}

/// What became of a renewal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The certificate that is kept is good still.
    Good(Kept),
    /// There is a new one.
    Renewed {
        /// Why.
        reason: Reason,
        /// What it says of itself.
        certificate: Certificate,
    },
}

/// Which certificate is wanted, and when a new one is made.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Names that it is to be for.
    pub names: &'a [String],
    /// Whether somebody wants a new one, due or not.
    pub asked: bool,
    /// The time.
    pub now: Timestamp,
}

/// Why a new certificate is due; nothing when it is not.
pub fn reason(kept: Option<&Kept>, maker: &Maker, request: &Request<'_>) -> Option<Reason> {
    let Some(kept) = kept else {
        return Some(Reason::None);
    };
    if kept.kind != maker.kind() || kept.authority != maker.authority() {
        return Some(Reason::OtherAuthority);
    }
    let mut names = kept.names.clone();
    names.sort();
    let is_other = match maker {
        // theirs may be for more
        Maker::Supplied(_) => !request
            .names
            .iter()
            .all(|name| names.iter().any(|own| covers(own, name))),
        _ => names != request.names,
    };
    if is_other {
        return Some(Reason::OtherNames);
    }
    if is_late(kept, request.now) {
        return Some(Reason::Late);
    }
    request.asked.then_some(Reason::Asked)
}

/// A third of 90 days is a month: enough to mend whatever keeps a renewal from happening.
fn is_late(kept: &Kept, now: Timestamp) -> bool {
    let whole: SignedDuration = kept.begins.duration_until(kept.ends);
    now.duration_until(kept.ends) < whole / 3
}

/// Makes a new certificate when that is due, and keeps it once it is proven. `say` hears what is being done.
///
/// # Errors
/// See [`RenewError`]; then the one before counts still.
pub async fn renew(
    store: &Store,
    maker: &Maker,
    request: &Request<'_>,
    say: &(dyn Fn(&str) + Sync),
) -> Result<Outcome, RenewError> {
    let kept = store.current()?;
    if let Maker::Supplied(pair) = maker {
        return brought(store, kept, pair, request);
    }
    let due = reason(kept.as_ref(), maker, request);
    let flawed = kept.as_ref().and_then(|kept| flaw(store, kept, request));
    let reason = match (due.or(flawed.map(Reason::Flawed)), kept) {
        (None, Some(kept)) => return Ok(Outcome::Good(kept)),
        (reason, _) => reason.unwrap_or(Reason::None),
    };
    let pair = make(store, maker, request, say).await?;
    // what was just made begins now, by a clock that need not be ours to the second
    let now = request.now.max(Timestamp::now());
    let certificate = prove(&pair, request.names, now).map_err(RenewError::Unproven)?;
    let kept = Kept::of(&certificate, maker.kind(), maker.authority());
    store.keep(kept, &pair)?;
    Ok(Outcome::Renewed {
        reason,
        certificate,
    })
}

async fn make(
    store: &Store,
    maker: &Maker,
    request: &Request<'_>,
    say: &(dyn Fn(&str) + Sync),
) -> Result<Pair, RenewError> {
    match maker {
        Maker::Acme(acme) => Ok(acme.order(request.names, store, say).await?),
        Maker::Own { environment, days } => {
            let own = Own::load_or_make(store, environment)?;
            Ok(own.sign(request.names, *days, request.now)?)
        }
        Maker::Supplied(pair) => Ok(pair.clone()),
    }
}

/// What people bring is looked at each time, and taken when it is another one.
fn brought(
    store: &Store,
    kept: Option<Kept>,
    pair: &Pair,
    request: &Request<'_>,
) -> Result<Outcome, RenewError> {
    let certificate = prove(pair, request.names, request.now).map_err(RenewError::Supplied)?;
    let new = Kept::of(&certificate, CertificateKind::Supplied, "");
    if let Some(kept) = kept.as_ref().filter(|kept| **kept == new)
        && store
            .pair(kept)
            .is_ok_and(|old| *old.key == *pair.key && old.chain == pair.chain)
    {
        return Ok(Outcome::Good(kept.clone()));
    }
    store.keep(new, pair)?;
    let reason = match kept {
        Some(_) => Reason::Brought,
        None => Reason::None,
    };
    Ok(Outcome::Renewed {
        reason,
        certificate,
    })
}

/// What is wrong with the certificate that is kept; a lost file is a lost certificate.
fn flaw(store: &Store, kept: &Kept, request: &Request<'_>) -> Option<Flaw> {
    match store.pair(kept) {
        Ok(pair) => prove(&pair, request.names, request.now).err(),
        Err(_) => Some(Flaw::NoCertificate),
    }
}

#[cfg(test)]
mod tests;
