//! Charts with hooks: helm's own binary runs them, for only it knows when.

use std::time::Duration;

use mosipctl_engine::Outcome;
use mosipctl_helm::{Helm, Outcome as Ended, UpgradeRequest};
use mosipctl_kube::Access;
use mosipctl_observe::late;
use mosipctl_plan::desired::{COMPONENT_LABEL, DesiredRelease, ENVIRONMENT_LABEL};

use crate::apply;
use crate::failure::Failure;
use crate::gate::Listener;
use crate::hands::{BUG, Steps};

/// How long helm waits for each hook and for readiness. Hooks may do anything, so it is ample.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// What helm needs to run a chart itself.
pub struct HelmRunner {
    /// The binary.
    pub helm: Helm,
    /// The way to the cluster, as the user's own helm would go it.
    pub access: Access,
}

impl Steps {
    /// Lets helm install or upgrade a release, and notes what came of it.
    pub(crate) async fn let_helm_run(
        &self,
        desired: &DesiredRelease,
        say: Listener<'_>,
    ) -> Result<Outcome, Failure> {
        let name = &desired.rendered.name;
        let runner = self.helm.as_ref().ok_or_else(|| {
            Failure::refused(
                format!("release `{name}` has hooks, and there is no helm to run them"),
                BUG,
            )
        })?;
        // Helm refuses while a revision is pending; one of ours is from a run that ended before helm did.
        self.finish_release(name, Ended::Failed("the run that began it ended early"))
            .await?;
        let values = &desired.rendered.values;
        let values = late::resolve_in(self.kube.as_ref(), values, &|late| self.known(late)).await?;
        let request = UpgradeRequest {
            chart: &desired.rendered.chart,
            release: name,
            values: &values,
            access: &runner.access,
            labels: &[
                (ENVIRONMENT_LABEL, &self.environment),
                (COMPONENT_LABEL, &desired.component),
            ],
            timeout: PATIENCE,
        };
        let mut progress = |line: &str| say(line.to_owned());
        runner.helm.upgrade_install(&request, &mut progress).await?;
        for object in &desired.rendered.objects {
            if let Some(made) = self.kube.get(&object.key()).await? {
                apply::note(
                    self.kube.as_ref(),
                    &self.ledger,
                    object,
                    &made,
                    Some(name),
                    false,
                )
                .await?;
            }
        }
        Ok(Outcome::DoneWith(
            "helm ran the chart and its hooks".to_owned(),
        ))
    }
}
