//! Questions and what is in their answers.

use std::net::SocketAddr;

use hickory_proto::op::{Message, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};

use crate::error::{DnsError, Refusal};
use crate::wire;

/// The name, from its root.
pub(crate) fn name(text: &str) -> Result<Name, DnsError> {
    let name = Name::from_ascii(text.trim_end_matches('.'));
    let mut name = name.map_err(|_| DnsError::BadName(text.to_owned()))?;
    name.set_fqdn(true);
    Ok(name)
}

/// Asks a server for the records of a name.
pub(crate) async fn ask(
    server: SocketAddr,
    of: &Name,
    kind: RecordType,
) -> Result<Message, DnsError> {
    let mut message = Message::query();
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(of.clone(), kind));
    wire::ask(server, &message).await
}

/// The texts (TXT records) that a server shows at a name; none where there is no such name.
///
/// # Errors
/// See [`DnsError`].
pub async fn texts(server: SocketAddr, at: &str) -> Result<Vec<String>, DnsError> {
    let answer = ask(server, &name(at)?, RecordType::TXT).await?;
    match answer.response_code {
        ResponseCode::NoError | ResponseCode::NXDomain => {}
        code => {
            return Err(DnsError::Refused {
                doing: format!("look up {at}"),
                server,
                refusal: Refusal::Code(code),
            });
        }
    }
    let texts = answer
        .answers
        .iter()
        .filter_map(|record| match &record.data {
            RData::TXT(text) => {
                let parts = text
                    .txt_data
                    .iter()
                    .map(|part| String::from_utf8_lossy(part));
                Some(parts.collect())
            }
            _ => None,
        });
    Ok(texts.collect())
}
