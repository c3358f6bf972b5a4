//! Why an authority gives no certificate.

use instant_acme::{Error, Problem};

use crate::prover::ProverError;
use crate::store::StoreError;

/// Why an authority gives no certificate. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum AcmeError {
    /// It cannot be spoken to.
    #[error("{doing}")]
    Unreachable {
        /// What it was to do.
        doing: &'static str,
        /// What is wrong.
        #[source]
        source: Error,
    },
    /// It says no.
    #[error("{doing}: the authority says: {words}")]
    Refused {
        /// What it was to do.
        doing: &'static str,
        /// Its words.
        words: String,
        /// What kind of no, as RFC 8555 §6.7 names it.
        kind: String,
    },
    /// It did not find the proof.
    #[error("show that {name} is ours by {proof}: the authority says: {words}")]
    ProofRefused {
        /// The name.
        name: String,
        /// DNS or HTTP.
        proof: &'static str,
        /// Its words.
        words: String,
        /// What kind of no.
        kind: String,
    },
    /// It takes no such proof.
    #[error("show that {name} is ours: the authority takes no proof by {kind} for it")]
    NoSuchProof {
        /// The name.
        name: String,
        /// DNS or HTTP.
        kind: &'static str,
    },
    /// It did not decide in time.
    #[error("show that the names are ours: the authority has not decided within three minutes")]
    Undecided,
    /// The proof cannot be shown.
    #[error(transparent)]
    Prover(#[from] ProverError),
    /// The account cannot be kept or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The account in the state folder is none.
    #[error("read the account at the authority from the state folder")]
    AccountUnreadable,
    /// The key of the external account is none.
    #[error("use the key of the external account: it is not in base64url")]
    ExternalKey,
    /// No HTTP client can be made.
    #[error("use the certificates of `spec.certificates.acme.trust`")]
    Client(#[source] reqwest::Error),
}

/// What an authority is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asking {
    Directory,
    Account,
    Order,
    Proof,
    Certificate,
}

impl Asking {
    fn doing(self) -> &'static str {
        match self {
            Self::Directory => "read the directory of the authority",
            Self::Account => "make an account at the authority",
            Self::Order => "order a certificate",
            Self::Proof => "show that the names are ours",
            Self::Certificate => "get the certificate",
        }
    }
}

/// Says what was being done.
pub(super) fn asking(what: Asking) -> impl Fn(Error) -> AcmeError {
    move |error| match error {
        Error::Api(problem) => AcmeError::Refused {
            doing: what.doing(),
            words: words(&problem),
            kind: kind(&problem),
        },
        Error::Timeout(_) => AcmeError::Undecided,
        source => AcmeError::Unreachable {
            doing: what.doing(),
            source,
        },
    }
}

/// The authority's own words, with those about single names.
pub(super) fn words(problem: &Problem) -> String {
    let own = problem
        .detail
        .iter()
        .map(|detail| detail.trim_end_matches('.').to_owned());
    let parts = problem.subproblems.iter().map(|part| part.to_string());
    let words: Vec<String> = own.chain(parts).collect();
    match words.as_slice() {
        [] => kind(problem),
        words => words.join("; "),
    }
}

/// The last word of a URN such as `urn:ietf:params:acme:error:rateLimited`.
pub(super) fn kind(problem: &Problem) -> String {
    let urn = problem.r#type.as_deref().unwrap_or_default();
    urn.rsplit(':').next().unwrap_or(urn).to_owned()
}

impl AcmeError {
    /// Whether the authority has forgotten our account.
    pub(super) fn is_unknown_account(&self) -> bool {
        matches!(self, Self::Refused { kind, .. } if kind == "accountDoesNotExist")
    }

    /// Whether the same may go well a little later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Undecided => true,
            Self::Refused { kind, .. } => kind == "serverInternal" || kind == "badNonce",
            Self::Prover(error) => error.is_transient(),
            _ => false,
        }
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> String {
        let text = match self {
            Self::Unreachable { .. } => {
                "see that `spec.certificates.acme.directory` is right and can be reached from here; an authority of your own needs `trust`"
            }
            Self::Refused { kind, .. } => of_kind(kind),
            Self::ProofRefused { proof: "DNS", .. } => {
                "see that the public name servers of the zone are those that are updated: `dig TXT _acme-challenge.NAME` from outside while it waits"
            }
            Self::ProofRefused { .. } => {
                "see that the name leads here from outside (`mosipctl dns verify`) and that port 80 is let through to where the answer is"
            }
            Self::NoSuchProof { .. } => {
                "choose the other kind of `spec.certificates.acme.challenge`; names with `*` need `dns01`"
            }
            Self::Undecided => {
                "run `mosipctl certs renew` again: what was proven already is not asked again"
            }
            Self::Prover(error) => return error.remedy(),
            Self::Store(error) => return error.remedy(),
            Self::AccountUnreadable => {
                "remove the file `account-….json` from the state folder; then a new account is made"
            }
            Self::ExternalKey => "copy the MAC key anew from the page of the authority",
            Self::Client(_) => "give a PEM file with the authority's root certificate",
        };
        text.to_owned()
    }
}

/// What to do about a no of the authority (the kinds of RFC 8555 §6.7).
fn of_kind(kind: &str) -> &'static str {
    match kind {
        "externalAccountRequired" => {
            "make an account at the authority's site and give its `externalAccount: {id, key}`"
        }
        "rateLimited" => {
            "wait as long as it says; try with the authority's directory for tests meanwhile"
        }
        "rejectedIdentifier" => {
            "this authority makes no certificates for such names: use `kind: ownCa` for private domains"
        }
        "caa" => "let the CAA records of the zone name this authority",
        "invalidContact" | "unsupportedContact" => {
            "give a mail address in `contact` that it can write to"
        }
        "userActionRequired" => "read and accept its new terms where it says",
        "unauthorized" => "see `externalAccount`, and that the account was not closed",
        "serverInternal" | "badNonce" => "run the command again a little later",
        _ => "see the authority's documentation for these words",
    }
}
