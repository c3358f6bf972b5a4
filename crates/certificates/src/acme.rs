//! Certificates by ACME (RFC 8555).
//!
//! An order names what is wanted; the authority asks for a proof of each name; all are shown at once, looked at, and taken away
//! whatever becomes of it. Only then is a key drawn and a certificate asked for, and nothing is kept before it is there whole.

use std::time::Duration;

use instant_acme::{
    Account, AuthorizationStatus, ChallengeType, Identifier, NewOrder, Order, OrderStatus,
    RetryPolicy,
};
use zeroize::Zeroizing;

use crate::certificate::Pair;
use crate::prover::{Proof, Prover};
use crate::store::Store;

mod account;
mod error;

pub use error::AcmeError;
use error::{Asking, asking};

/// An ACME authority, and what is needed to get a certificate from it.
#[derive(Debug)]
pub struct Acme {
    /// Address of its directory.
    pub directory: String,
    /// Mail addresses at which it may warn.
    pub contact: Vec<String>,
    /// Certificates (PEM) to trust when speaking to it, beside those that this machine trusts.
    pub trust: Option<Vec<u8>>,
    /// An account elsewhere: its identifier, and its key in base64url.
    pub external: Option<(String, Zeroizing<String>)>,
    /// How it is shown that names are ours.
    pub prover: Prover,
}

/// Some authorities look at a proof from several places of the world, one after the other.
const PATIENCE: RetryPolicy = RetryPolicy::new()
    .initial_delay(Duration::from_millis(250))
    .backoff(1.5)
    .timeout(Duration::from_secs(180));

impl Acme {
    /// Gets a certificate for these names. `say` hears what is being done.
    ///
    /// # Errors
    /// See [`AcmeError`]; then there is no certificate, and the proofs are taken away as far as that goes.
    pub(crate) async fn order(
        &self,
        names: &[String],
        store: &Store,
        say: &(dyn Fn(&str) + Sync),
    ) -> Result<Pair, AcmeError> {
        say("asking the authority");
        let identifiers: Vec<Identifier> = names.iter().cloned().map(Identifier::Dns).collect();
        let mut order = self.begin(&NewOrder::new(&identifiers), store).await?;
        let proofs = self.questions(&mut order).await?;
        if !proofs.is_empty() {
            self.prove(&mut order, &proofs, say).await?;
        }
        say("waiting for the certificate");
        let key = order
            .finalize()
            .await
            .map_err(asking(Asking::Certificate))?;
        let key = Zeroizing::new(key);
        let chain = order.poll_certificate(&PATIENCE).await;
        let chain = chain.map_err(asking(Asking::Certificate))?;
        Ok(Pair { chain, key })
    }

    /// Begins an order. An authority may have forgotten us; then it gets to know us anew, once.
    async fn begin(&self, wanted: &NewOrder<'_>, store: &Store) -> Result<Order, AcmeError> {
        let account = self.account(store).await?;
        let failed = match new_order(&account, wanted).await {
            Err(error) if error.is_unknown_account() => error,
            result => return result,
        };
        match self.external.is_some() {
            // such an account is made once only
            true => Err(failed),
            false => new_order(&self.new_account(store).await?, wanted).await,
        }
    }

    /// What is to be shown; nothing of names that the authority has seen proven not long ago.
    async fn questions(&self, order: &mut Order) -> Result<Vec<Proof>, AcmeError> {
        let mut proofs = Vec::new();
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization.map_err(asking(Asking::Order))?;
            if authorization.status == AuthorizationStatus::Valid {
                continue;
            }
            let shown = authorization.identifier().to_string();
            let Some(challenge) = authorization.challenge(self.prover.kind()) else {
                return Err(AcmeError::NoSuchProof {
                    name: shown,
                    kind: kind_name(&self.prover.kind()),
                });
            };
            let answer = challenge.key_authorization();
            proofs.push(Proof {
                name: shown.trim_start_matches("*.").to_owned(),
                token: challenge.token.clone(),
                text: answer.dns_value(),
                answer: answer.as_str().to_owned(),
            });
        }
        Ok(proofs)
    }

    async fn prove(
        &self,
        order: &mut Order,
        proofs: &[Proof],
        say: &(dyn Fn(&str) + Sync),
    ) -> Result<(), AcmeError> {
        say("showing that the names are ours");
        let shown = self.prover.show(proofs).await;
        let looked = match &shown {
            Ok(_) => self.be_looked_at(order, say).await,
            Err(_) => Ok(()),
        };
        let cleared = self.prover.clear(proofs).await;
        shown?;
        looked?;
        if let Err(error) = cleared {
            say(&format!(
                "failed to {error}; the proof stays there, and does no harm"
            ));
        }
        Ok(())
    }

    async fn be_looked_at(
        &self,
        order: &mut Order,
        say: &(dyn Fn(&str) + Sync),
    ) -> Result<(), AcmeError> {
        say("waiting for the authority to look");
        let kind = self.prover.kind();
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization.map_err(asking(Asking::Order))?;
            if authorization.status == AuthorizationStatus::Pending
                && let Some(mut challenge) = authorization.challenge(kind.clone())
            {
                challenge.set_ready().await.map_err(asking(Asking::Proof))?;
            }
        }
        let status = order.poll_ready(&PATIENCE).await;
        match status {
            Ok(OrderStatus::Ready) => Ok(()),
            status => match self.refused(order).await {
                Some(refused) => Err(refused),
                None => Err(status.map_or_else(asking(Asking::Proof), |_| AcmeError::Undecided)),
            },
        }
    }

    /// Why an order was refused: what the authority says of the first proof that it did not take.
    async fn refused(&self, order: &mut Order) -> Option<AcmeError> {
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization.ok()?;
            let state = authorization.refresh().await.ok()?;
            let name = state.identifier().to_string();
            let problem = state
                .challenges
                .iter()
                .find_map(|challenge| challenge.error.clone());
            if let Some(problem) = problem {
                return Some(AcmeError::ProofRefused {
                    name,
                    proof: kind_name(&self.prover.kind()),
                    words: error::words(&problem),
                    kind: error::kind(&problem),
                });
            }
        }
        None
    }
}

async fn new_order(account: &Account, wanted: &NewOrder<'_>) -> Result<Order, AcmeError> {
    account
        .new_order(wanted)
        .await
        .map_err(asking(Asking::Order))
}

fn kind_name(kind: &ChallengeType) -> &'static str {
    match kind {
        ChallengeType::Dns01 => "DNS",
        _ => "HTTP",
    }
}
