//! What is in a token, as `pkcs11-tool` lists it.

/// A sort of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// A certificate.
    Certificate,
    /// A private key.
    PrivateKey,
    /// A public key.
    PublicKey,
    /// A symmetric key.
    SecretKey,
    /// Anything else.
    Other,
}

/// An object in a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenObject {
    /// What it is.
    pub kind: ObjectKind,
    /// Its label. Java gives private keys none.
    pub label: String,
    /// Its ID as text. Java makes it of the alias, by which keymanager's database knows a key.
    pub id: String,
}

/// Reads a list of objects.
pub(super) fn parse(text: &str) -> Vec<TokenObject> {
    let mut objects: Vec<TokenObject> = Vec::new();
    for line in text.lines() {
        if !line.starts_with(' ') {
            objects.extend(head(line));
            continue;
        }
        let Some((object, (name, value))) = objects.last_mut().zip(line.split_once(':')) else {
            continue;
        };
        match name.trim() {
            "label" => object.label = value.trim().to_owned(),
            "ID" => object.id = id(value.trim()),
            _ => {}
        }
    }
    objects
}

/// The line that begins an object, such as `Private Key Object; RSA`.
fn head(line: &str) -> Option<TokenObject> {
    let (kind, _) = line.split_once(" Object")?;
    Some(TokenObject {
        kind: match kind {
            "Certificate" => ObjectKind::Certificate,
            "Private Key" => ObjectKind::PrivateKey,
            "Public Key" => ObjectKind::PublicKey,
            "Secret Key" => ObjectKind::SecretKey,
            _ => ObjectKind::Other,
        },
        label: String::new(),
        id: String::new(),
    })
}

/// The text whose bytes are written as hexadecimal digits; the digits when they are no text.
fn id(digits: &str) -> String {
    let byte = |at: usize| {
        let pair = digits.get(at..at + 2)?;
        u8::from_str_radix(pair, 16).ok()
    };
    let bytes: Option<Vec<u8>> = (0..digits.len()).step_by(2).map(byte).collect();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.unwrap_or_else(|| digits.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_read_with_label_and_id() {
        let text = "Using slot 0 with a present token (0x1)\n\
            Private Key Object; RSA \n  label:      \n  ID:         6b31\n  Usage:      decrypt, sign\n\
            Certificate Object; type = X.509 cert\n  label:      k1\n  subject:    DN: CN=a:b\n  ID:         6b31\n";
        let object = |kind, label: &str| TokenObject {
            kind,
            label: label.to_owned(),
            id: "k1".to_owned(),
        };
        let wanted = [
            object(ObjectKind::PrivateKey, ""),
            object(ObjectKind::Certificate, "k1"),
        ];
        assert_eq!(parse(text), wanted);
    }

    #[test]
    fn an_id_that_is_no_text_stays_as_digits() {
        assert_eq!(id("ff00"), "ff00");
        assert_eq!(id("abc"), "abc");
        assert_eq!(id(""), "");
    }
}
