//! What can be wrong with a certificate.

use jiff::Timestamp;

/// What is wrong with a certificate, as the cause of an error. Lines are those of the PEM text of the chain, or of the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// There is none.
    #[error("there is no certificate in the chain")]
    NoCertificate,
    /// There is no key.
    #[error("there is no private key beside it")]
    NoKey,
    /// The key has a passphrase.
    #[error("the key at line {line} has a passphrase")]
    LockedKey {
        /// Where it begins.
        line: usize,
    },
    /// A block cannot be read.
    #[error("what begins at line {line} of the {of} cannot be read")]
    Broken {
        /// `chain` or `key`.
        of: &'static str,
        /// Where it begins.
        line: usize,
    },
    /// The key belongs to something else.
    #[error("the key is not that of the certificate at line {line}, `{subject}`")]
    OtherKey {
        /// Where the certificate begins.
        line: usize,
        /// Who it is about.
        subject: String,
        /// Where the certificate of the key begins.
        fits: Option<usize>,
    },
    /// A certificate did not sign the one before it.
    #[error(
        "the certificate at line {line}, `{subject}`, did not sign the one at line {below}, which was signed by `{issuer}`"
    )]
    Order {
        /// Where it begins.
        line: usize,
        /// Who it is about.
        subject: String,
        /// Where the one before begins.
        below: usize,
        /// Who signed that.
        issuer: String,
        /// Where the right one begins, when it is there.
        right: Option<usize>,
    },
    /// One has ended.
    #[error("the certificate at line {line}, `{subject}`, ended on {}", day(*.ended))]
    Ended {
        /// Where it begins.
        line: usize,
        /// Who it is about.
        subject: String,
        /// When.
        ended: Timestamp,
    },
    /// One does not hold yet.
    #[error("the certificate at line {line}, `{subject}`, holds only from {} on", .begins)]
    NotBegun {
        /// Where it begins.
        line: usize,
        /// Who it is about.
        subject: String,
        /// From when.
        begins: Timestamp,
    },
    /// It is not for all names.
    #[error("the certificate at line {line} is for {}, not for {}", list(.has), list(.lacks))]
    Names {
        /// Where it begins.
        line: usize,
        /// What it is for.
        has: Vec<String>,
        /// What it should be for, too.
        lacks: Vec<String>,
    },
    /// A library that browsers' rules are in refuses it.
    #[error("the chain does not hold together: {reason}")]
    Refused {
        /// Its words.
        reason: String,
    },
}

fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

fn list(names: &[String]) -> String {
    match names {
        [] => "no host".to_owned(),
        names => names.join(", "),
    }
}

impl Flaw {
    /// What a person can do about it, where they brought the certificate.
    pub fn remedy(&self) -> String {
        match self {
            Self::NoCertificate => {
                "give a PEM text with `-----BEGIN CERTIFICATE-----`; the host's own comes first"
                    .to_owned()
            }
            Self::NoKey => "give a PEM text with `-----BEGIN PRIVATE KEY-----`".to_owned(),
            Self::LockedKey { .. } => {
                "take the passphrase away, such as with `openssl pkey -in KEY -out NEW-KEY`"
                    .to_owned()
            }
            Self::Broken { line, .. } => {
                format!("copy the block at line {line} again, from its BEGIN to its END")
            }
            Self::OtherKey {
                fits: Some(fits), ..
            } => {
                format!("the key is that of the certificate at line {fits}: put that one first")
            }
            Self::OtherKey { fits: None, .. } => {
                "give the key that the certificate was asked for with".to_owned()
            }
            Self::Order {
                right: Some(right),
                below,
                ..
            } => {
                format!("put the certificate at line {right} right after the one at line {below}")
            }
            Self::Order { issuer, below, .. } => format!(
                "put the certificate of `{issuer}` after the one at line {below}; the authority gives it out as intermediate certificate"
            ),
            Self::Ended { .. } => "bring a new one".to_owned(),
            Self::NotBegun { .. } => {
                "see whether the clock of this machine is right, or wait".to_owned()
            }
            Self::Names { lacks, .. } => format!(
                "bring one that is for {}, too, or name what it is for in `spec.certificates.names`",
                lacks.join(", ")
            ),
            Self::Refused { .. } => "ask the authority for the whole chain anew".to_owned(),
        }
    }
}
