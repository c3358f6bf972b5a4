//! Why a name server was no help.

use std::net::SocketAddr;

use hickory_proto::op::ResponseCode;

/// Why a name server was no help. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum DnsError {
    /// It says nothing.
    #[error("get an answer from the name server {server}: it is silent")]
    Silent {
        /// The server.
        server: SocketAddr,
    },
    /// It cannot be spoken to.
    #[error("speak to the name server {server}")]
    Unreachable {
        /// The server.
        server: SocketAddr,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// What it says makes no sense.
    #[error("understand the name server {server}: {reason}")]
    Garbled {
        /// The server.
        server: SocketAddr,
        /// What is wrong with it.
        reason: String,
    },
    /// It refuses.
    #[error("{doing} at {server}: the name server says {refusal}")]
    Refused {
        /// What it was to do.
        doing: String,
        /// The server.
        server: SocketAddr,
        /// What it says.
        refusal: Refusal,
    },
    /// What it did is not what its answers show.
    #[error("see {what} at the name server {server} within {seconds} s")]
    NotShown {
        /// What should be seen.
        what: String,
        /// The server.
        server: SocketAddr,
        /// How long it was waited for.
        seconds: u64,
    },
    /// The text is no DNS name.
    #[error("use `{0}` as a DNS name")]
    BadName(String),
    /// The secret of a key is not what such a secret looks like.
    #[error("use the secret of the TSIG key `{0}`: it is not in base64")]
    BadSecret(String),
}

/// What a name server says when it refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It does not know the key.
    BadKey,
    /// The secret of the key is another.
    BadSignature,
    /// The clocks differ.
    BadTime,
    /// Its answer is signed by nobody.
    Unsigned,
    /// Something else, by the code of DNS.
    Code(ResponseCode),
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::BadKey => f.write_str("BADKEY: it does not know the key"),
            Self::BadSignature => f.write_str("BADSIG: the secret of the key is another one"),
            Self::BadTime => f.write_str("BADTIME: its clock and ours differ by minutes"),
            Self::Unsigned => {
                f.write_str("yes, but did not sign that, so somebody else may have said it")
            }
            Self::Code(code) => write!(f, "{}", code_name(*code)),
        }
    }
}

/// The name that `dig` and logs of servers use.
pub(crate) fn code_name(code: ResponseCode) -> String {
    let name = match code {
        ResponseCode::FormErr => "FORMERR",
        ResponseCode::ServFail => "SERVFAIL",
        ResponseCode::NXDomain => "NXDOMAIN",
        ResponseCode::NotImp => "NOTIMP",
        ResponseCode::Refused => "REFUSED",
        ResponseCode::NotAuth => "NOTAUTH",
        ResponseCode::NotZone => "NOTZONE",
        other => return format!("code {}", u16::from(other)),
    };
    name.to_owned()
}

impl DnsError {
    /// Whether the same may go well a little later.
    pub fn is_transient(&self) -> bool {
        let busy = Refusal::Code(ResponseCode::ServFail);
        match self {
            Self::Silent { .. } | Self::Unreachable { .. } | Self::NotShown { .. } => true,
            Self::Refused { refusal, .. } => *refusal == busy,
            Self::Garbled { .. } | Self::BadName(_) | Self::BadSecret(_) => false,
        }
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Silent { server } | Self::Unreachable { server, .. } => format!(
                "see that a name server runs at {server} and that the firewall lets UDP and TCP through; try `dig @{} -p {} . SOA`",
                server.ip(),
                server.port()
            ),
            Self::Garbled { server, .. } => format!("see that {server} is a name server"),
            Self::Refused { refusal, .. } => refusal.remedy().to_owned(),
            Self::NotShown { .. } => "see whether its zone is transferred at once (`notify` of bind9), or name other servers in `servers`".to_owned(),
            Self::BadName(_) => "write letters, digits and `-` with dots between them".to_owned(),
            Self::BadSecret(_) => "give what stands after `secret` in the server's configuration, without the quotes".to_owned(),
        }
    }
}

impl Refusal {
    fn remedy(self) -> &'static str {
        match self {
            Self::BadKey => {
                "write `spec.dns.update.key.name` and `algorithm` as they stand in the server's configuration"
            }
            Self::BadSignature => {
                "give the secret that stands in the server's configuration for this key"
            }
            Self::BadTime => "set both clocks, best by a time server",
            Self::Unsigned => "see who is between this machine and the name server",
            Self::Code(ResponseCode::Refused) => {
                "let the key update this zone: `update-policy { grant KEY zonesub ANY; };` in bind9's zone"
            }
            Self::Code(ResponseCode::NotAuth | ResponseCode::NotZone) => {
                "name the zone's primary server in `spec.dns.update.server`, and the zone as it is there in `spec.dns.zone`"
            }
            Self::Code(_) => "the server's own log says why",
        }
    }
}
