//! The certificate where it is needed: on the load balancers among an environment's hosts.

use std::sync::Arc;

use jiff::Timestamp;
use mosipctl_certificates::{Maker, Outcome, Request, reason, renew};
use mosipctl_onprem::CertificateFiles;
use mosipctl_plan::Desired;
use mosipctl_plan::observed::Standing;
use mosipctl_report::words::count;
use mosipctl_report::{Exit, Trouble};
use mosipctl_spec::environment::cluster::ClusterKind;

use super::desk::{Desk, Status, unkept};
use crate::ground::{Ground, trouble};
use crate::output::Doing;
use crate::routed::{Routed, failed, over_tls};
use crate::session::Session;

/// Whether a certificate is made when that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// It is made.
    Make,
    /// It is only told.
    Tell,
}

/// The certificate for load balancers.
#[derive(Debug, Default)]
pub(crate) struct ForBalancers {
    /// It; none when there is none.
    pub(crate) files: Option<CertificateFiles>,
    /// What a person should know of it.
    pub(crate) note: Option<String>,
    /// Why there is no good one, where that is for a person to mend. The hosts become a cluster all the same.
    pub(crate) trouble: Option<Trouble>,
}

/// The certificate for the load balancers of `ground`, as it is kept here.
pub(crate) async fn for_balancers(
    session: &Session,
    desired: &Desired,
    ground: &Ground,
    due: Due,
    doing: &Doing,
) -> Result<ForBalancers, Trouble> {
    let hosts = over_tls(&mosipctl_balancer::routes(desired));
    if hosts.is_empty() || !ground.has_balancers() {
        return Ok(ForBalancers::default());
    }
    let desk = match Desk::of(session, hosts) {
        Ok(desk) => desk,
        Err(unsaid) if session.environment.certificates().is_none() => {
            return Ok(without(unsaid));
        }
        Err(error) => return Err(error),
    };
    let kept = desk.store.current().map_err(|error| unkept(&error))?;
    if kept.is_none() {
        let other = ground.host_with_certificate().await?;
        if let Some(host) = other {
            return Err(kept_elsewhere(&host, &session.file));
        }
    }
    match due {
        Due::Make => made(&desk, doing).await,
        Due::Tell => told(&desk),
    }
}

/// Makes it when that is due; the one before is good enough for as long as it holds.
async fn made(desk: &Desk, doing: &Doing) -> Result<ForBalancers, Trouble> {
    let made = match ready(desk) {
        Ok(maker) => {
            let request = request(desk);
            let say = |text: &str| doing.say("certificate", text);
            let outcome = renew(&desk.store, &maker, &request, &say).await;
            outcome.map_err(|error| failed(&error, error.remedy()))
        }
        Err(trouble) => Err(trouble),
    };
    let status = desk.status(Timestamp::now())?;
    let files = files(&status);
    Ok(match (made, &files) {
        (Ok(Outcome::Good(_)), _) => ForBalancers {
            files,
            ..ForBalancers::default()
        },
        (Ok(Outcome::Renewed { .. }), _) => ForBalancers {
            files,
            note: Some(format!(
                "the certificate of {} was made",
                count(desk.hosts.len(), "host")
            )),
            trouble: None,
        },
        (Err(trouble), Some(_)) => ForBalancers {
            files,
            note: Some("the certificate could not be renewed; the one before holds".to_owned()),
            trouble: Some(trouble),
        },
        (Err(trouble), None) => without(trouble),
    })
}

/// What is kept, and what `up` will do about it.
fn told(desk: &Desk) -> Result<ForBalancers, Trouble> {
    let status = desk.status(Timestamp::now())?;
    let files = files(&status);
    let maker = match ready(desk) {
        Ok(maker) => maker,
        Err(trouble) if files.is_none() => return Ok(without(trouble)),
        Err(trouble) => {
            return Ok(ForBalancers {
                files,
                note: None,
                trouble: Some(trouble),
            });
        }
    };
    let request = request(desk);
    let due = reason(status.kept.as_ref(), &maker, &request);
    let hosts = count(desk.hosts.len(), "host");
    let note = match (due, &files) {
        (None, Some(_)) => None,
        (None, None) => Some(format!(
            "`up` makes the certificate of {hosts} anew: the one before is not good"
        )),
        (Some(reason), _) => Some(format!(
            "`up` makes the certificate of {hosts}: {}",
            reason.words()
        )),
    };
    Ok(ForBalancers {
        files,
        note,
        trouble: None,
    })
}

fn ready(desk: &Desk) -> Result<Maker, Trouble> {
    desk.must_cover_all()?;
    desk.maker()
}

fn request(desk: &Desk) -> Request<'_> {
    Request {
        names: &desk.names,
        asked: false,
        now: Timestamp::now(),
    }
}

/// Chain and key, when they are good.
fn files(status: &Status) -> Option<CertificateFiles> {
    let pair = status.pair.as_ref();
    let good = pair.filter(|_| matches!(status.judged, Some(Ok(_))))?;
    Some(CertificateFiles {
        chain: good.chain.clone(),
        key: good.key.clone(),
    })
}

fn without(trouble: Trouble) -> ForBalancers {
    ForBalancers {
        files: None,
        note: Some(
            "without a certificate load balancers pass on nothing but the cluster's API".to_owned(),
        ),
        trouble: Some(trouble),
    }
}

/// What became of load balancers that were told of a certificate.
#[derive(Debug, Default)]
pub(super) struct Brought {
    /// Those that have it.
    pub(super) have: Vec<String>,
    /// Those that were not set up yet.
    pub(super) later: Vec<String>,
}

/// Brings the certificate to the load balancers of the environment; none when it has no hosts of its own.
pub(super) async fn bring(
    routed: &Routed,
    status: &Status,
    doing: &Arc<Doing>,
) -> Result<Option<Brought>, Trouble> {
    let session = &routed.session;
    let (ClusterKind::Onprem, Some(files)) = (session.environment.spec.cluster.kind, files(status))
    else {
        return Ok(None);
    };
    let ground = Ground::open(session, doing).await?;
    if !ground.has_balancers() {
        return Ok(None);
    }
    doing.say("certificate", "bringing it to load balancers");
    let _lock = ground.lock().await?;
    bring_under_lock(&ground, routed, files).await.map(Some)
}

async fn bring_under_lock(
    ground: &Ground,
    routed: &Routed,
    files: CertificateFiles,
) -> Result<Brought, Trouble> {
    let site = ground.site_for(&routed.desired, Some(files))?;
    let standings = site.look().await.map_err(|error| trouble(&error))?;
    let mut brought = Brought::default();
    for (work, host) in site.balancers() {
        match standings.get(&work) {
            Some(Standing::Holds) => {}
            Some(Standing::Differs(_)) => {
                site.run(&work).await.map_err(|error| trouble(&error))?;
            }
            _ => {
                brought.later.push(host);
                continue;
            }
        }
        brought.have.push(host);
    }
    Ok(brought)
}

/// A certificate of somebody else's is not put aside unasked.
fn kept_elsewhere(host: &str, file: &str) -> Trouble {
    Trouble::new(format!(
        "load balancer `{host}` has a certificate that is not kept on this machine"
    ))
    .because("whoever runs this next would put another one in its place")
    .remedy(format!(
        "run this with the state folder in which it was made (`MOSIPCTL_STATE`); or make another one on purpose: `mosipctl certs renew {file}`"
    ))
    .exit(Exit::Usage)
}
