//! The hosts that gateways answer for, for commands about their names and certificates.

use std::path::Path;
use std::sync::Arc;

use mosipctl_balancer::Route;
use mosipctl_plan::Desired;
use mosipctl_report::Trouble;

use crate::connect::offline_version;
use crate::output::Doing;
use crate::session::Session;
use crate::settings::Settings;

/// An environment with the hosts that its gateways answer for. Looks at no cluster.
pub(crate) struct Routed {
    pub(crate) session: Session,
    pub(crate) routes: Vec<Route>,
    /// Everything that its cluster is to have.
    pub(crate) desired: Arc<Desired>,
}

impl Routed {
    pub(crate) async fn open(
        file: &Path,
        settings: &Settings,
        doing: &Arc<Doing>,
    ) -> Result<Self, Trouble> {
        let session = Session::open(file, settings)?;
        let wanted = session.render(settings, offline_version(), doing).await?;
        let routes = mosipctl_balancer::routes(&wanted.desired);
        Ok(Self {
            session,
            routes,
            desired: wanted.desired,
        })
    }

    /// Hosts that are spoken to by HTTP, over TLS.
    pub(crate) fn hosts(&self) -> Vec<String> {
        over_tls(&self.routes)
    }
}

/// Hosts that are spoken to by HTTP, over TLS.
pub(crate) fn over_tls(routes: &[Route]) -> Vec<String> {
    let routes = routes.iter().filter(|route| route.http);
    routes.map(|route| route.host.clone()).collect()
}

/// An error with everything behind it and what to do.
pub(crate) fn failed(error: &(dyn std::error::Error + 'static), remedy: String) -> Trouble {
    Trouble::of(error).headed("failed to ").remedy(remedy)
}
