//! What a run leaves in the cluster for the next one to find.

use mosipctl_journal::{Journal, RunId};
use mosipctl_report::{Exit, Trouble};
use mosipctl_steps::{Failure, Ledger};

use super::{Ended, PARTING, Run};

/// What comes of an inventory that the cluster does not take.
const NOT_BEGUN: &str = "so nothing was begun";
const NOT_KNOWN: &str = "so the next run has to find out by looking what this one did";

impl Run<'_> {
    /// Runs nothing, but keeps what was learnt while looking: marks that moved for nothing.
    pub(crate) async fn note_what_was_seen(&self) -> Result<Ended, Trouble> {
        if !self.report.refreshed.is_empty() {
            let (ledger, writer) = Ledger::start(
                self.kube.clone(),
                &self.environment,
                self.observed.inventory.clone(),
            );
            ledger.refresh(&self.report.refreshed, &self.observed.marks, &self.desired);
            let written = ledger.flush().await;
            writer.abort();
            written.map_err(|failure| self.not_written(&failure, NOT_KNOWN))?;
        }
        Ok(Ended {
            exit: Exit::Done,
            report: None,
        })
    }

    /// Makes sure that what is made can be noted. A cluster that is slow to answer is the steps' to wait for.
    pub(super) async fn open(&self, ledger: &Ledger) -> Result<(), Trouble> {
        let opened = tokio::time::timeout(PARTING, ledger.open()).await;
        opened
            .unwrap_or(Ok(()))
            .map_err(|failure| self.not_written(&failure, NOT_BEGUN))
    }

    /// Leaves the cluster with everything that the next run needs to know.
    pub(super) async fn leave(
        &self,
        ledger: &Ledger,
        journal: &Journal,
        run: &RunId,
    ) -> Result<(), Trouble> {
        ledger.confirm_marks(&self.kube).await;
        // A cluster that is gone keeps nothing; the next run finds out by looking.
        let written = tokio::time::timeout(PARTING, ledger.flush()).await;
        if let Ok(packed) = journal
            .reader()
            .map_err(drop)
            .and_then(|reader| reader.export(run).map_err(drop))
        {
            let keep = mosipctl_steps::keep_run(
                self.kube.as_ref(),
                &self.environment,
                run.as_str(),
                &packed,
            );
            let _ = tokio::time::timeout(PARTING, keep).await;
        }
        written
            .unwrap_or(Ok(()))
            .map_err(|failure| self.not_written(&failure, NOT_KNOWN))
    }

    fn not_written(&self, failure: &Failure, so: &str) -> Trouble {
        let again = "run the same command again: it goes on from here";
        let remedy = match failure.of_cluster() {
            Some(error) if error.is_forbidden() => format!(
                "ask for the right that is named (`mosipctl rights {} --yaml` prints every right that is needed) \
                 and {again}",
                self.file
            ),
            _ => format!("mend what the API server names and {again}"),
        };
        let message = format!("failed to {failure} of `{}`, {so}", self.environment);
        let cause = failure.of_cluster().map(ToString::to_string);
        let trouble = Trouble::new(message).remedy(remedy);
        cause.into_iter().fold(trouble, Trouble::because)
    }
}
