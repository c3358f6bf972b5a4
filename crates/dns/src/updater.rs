//! Dynamic updates (RFC 2136): all changes of one call are made together, or none.

use std::net::SocketAddr;

use hickory_proto::op::{Message, OpCode, Query, ResponseCode, UpdateMessage};
use hickory_proto::rr::rdata::tsig::TsigError;
use hickory_proto::rr::rdata::{A, AAAA, CNAME, TXT};
use hickory_proto::rr::{DNSClass, Name, RData, Record as Wire, RecordType};
use jiff::Timestamp;
use mosipctl_spec::Domain;
use mosipctl_spec::environment::dns::Server;

use crate::error::{DnsError, Refusal};
use crate::key::Key;
use crate::message::name;
use crate::records::{Record, Target};
use crate::wire;

/// Seconds that anybody may keep a proof: it is made anew each time.
const PROOF_TTL: u32 = 1;

/// A zone that can be changed.
#[derive(Debug, Clone)]
pub struct Updater {
    server: SocketAddr,
    zone: Name,
    key: Key,
}

impl Updater {
    /// The zone at its primary server.
    ///
    /// # Errors
    /// The zone's name is none.
    pub fn new(server: Server, zone: &Domain, key: Key) -> Result<Self, DnsError> {
        let (server, zone) = (server.address(), name(zone.as_str())?);
        Ok(Self { server, zone, key })
    }

    /// The server.
    pub fn server(&self) -> SocketAddr {
        self.server
    }

    /// Lets hosts lead where their records say. Other addresses and aliases of the same names go.
    ///
    /// # Errors
    /// See [`DnsError`]; then nothing was changed.
    pub async fn lead(&self, records: &[&Record], ttl: u32) -> Result<(), DnsError> {
        let mut update = self.begin();
        for record in records {
            let host = name(&record.host)?;
            for kind in [RecordType::A, RecordType::AAAA, RecordType::CNAME] {
                update.add_update(gone(&host, kind));
            }
            for data in data(&record.target)? {
                update.add_update(Wire::from_rdata(host.clone(), ttl, data));
            }
        }
        self.send("change addresses of hosts", update).await
    }

    /// Puts texts at names, and takes away all others that were there.
    ///
    /// # Errors
    /// See [`DnsError`]; then nothing was changed.
    pub async fn set_texts(&self, texts: &[(String, Vec<String>)]) -> Result<(), DnsError> {
        let mut update = self.begin();
        for (at, values) in texts {
            let at = name(at)?;
            update.add_update(gone(&at, RecordType::TXT));
            for value in values {
                let text = RData::TXT(TXT::new(vec![value.clone()]));
                update.add_update(Wire::from_rdata(at.clone(), PROOF_TTL, text));
            }
        }
        let names: Vec<&str> = texts.iter().map(|(at, _)| at.as_str()).collect();
        self.send(&format!("put a proof at {}", names.join(", ")), update)
            .await
    }

    /// Takes all texts at these names away.
    ///
    /// # Errors
    /// See [`DnsError`].
    pub async fn clear_texts(&self, names: &[&str]) -> Result<(), DnsError> {
        let mut update = self.begin();
        for at in names {
            update.add_update(gone(&name(at)?, RecordType::TXT));
        }
        self.send("take proofs away", update).await
    }

    fn begin(&self) -> Message {
        let mut zone = Query::query(self.zone.clone(), RecordType::SOA);
        zone.set_query_class(DNSClass::IN);
        let mut message = Message::query();
        message.metadata.op_code = OpCode::Update;
        message.metadata.recursion_desired = false;
        message.add_zone(zone);
        message
    }

    async fn send(&self, doing: &str, mut message: Message) -> Result<(), DnsError> {
        let server = self.server;
        let refused = |refusal| DnsError::Refused {
            doing: doing.to_owned(),
            server,
            refusal,
        };
        let now = u64::try_from(Timestamp::now().as_second()).unwrap_or_default();
        let signing = self.key.signer.sign_message(&message, now);
        let (signature, verifier) = signing.map_err(|error| DnsError::Garbled {
            server,
            reason: error.to_string(),
        })?;
        message.set_signature(signature);
        let bytes = wire::by_tcp(server, &wire::encoded(server, &message)?).await?;
        let answer = wire::decoded(server, &bytes)?;
        if answer.response_code != ResponseCode::NoError {
            return Err(refused(refusal(&answer)));
        }
        let verified = verifier.map(|mut verifier| verifier.verify(&bytes));
        match verified {
            Some(Ok(_)) => Ok(()),
            _ => Err(refused(Refusal::Unsigned)),
        }
    }
}

/// The record of an update that takes away all records of a kind at a name (RFC 2136 §2.5.2).
fn gone(at: &Name, kind: RecordType) -> Wire {
    let mut record = Wire::update0(at.clone(), 0, kind);
    record.dns_class = DNSClass::ANY;
    record
}

fn data(target: &Target) -> Result<Vec<RData>, DnsError> {
    match target {
        Target::Alias(alias) => Ok(vec![RData::CNAME(CNAME(name(alias)?))]),
        Target::Addresses(addresses) => {
            let data = addresses.iter().map(|address| match address {
                std::net::IpAddr::V4(address) => RData::A(A(*address)),
                std::net::IpAddr::V6(address) => RData::AAAA(AAAA(*address)),
            });
            Ok(data.collect())
        }
    }
}

/// Why it refuses: what is said of the signature tells more than the code.
fn refusal(answer: &Message) -> Refusal {
    let of_signature = answer
        .signature()
        .and_then(|record| record.data.error.as_ref());
    match of_signature {
        Some(TsigError::BadKey) => Refusal::BadKey,
        Some(TsigError::BadSig | TsigError::BadTrunc) => Refusal::BadSignature,
        Some(TsigError::BadTime) => Refusal::BadTime,
        _ => Refusal::Code(answer.response_code),
    }
}
