//! Drawing secrets from the system's random source.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use mosipctl_catalogue::secret::{Alphabet, Generate};
use rand::TryRngCore;
use rand::rngs::OsRng;
use zeroize::Zeroizing;

const NUMERIC: &[u8] = b"0123456789";
const ALPHANUMERIC: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Characters of a revision: enough that two never meet.
const REVISION_LENGTH: usize = 12;

/// A random text.
pub(super) fn text(how: &Generate) -> Zeroizing<Vec<u8>> {
    let length = usize::from(how.length);
    match how.alphabet {
        Alphabet::Alphanumeric => of(ALPHANUMERIC, length),
        Alphabet::Numeric => of(NUMERIC, length),
        Alphabet::Base64 => Zeroizing::new(
            BASE64_STANDARD
                .encode(&*of(ALPHANUMERIC, length))
                .into_bytes(),
        ),
    }
}

/// A random id for the present content of a Secret.
pub(crate) fn revision() -> String {
    let text = of(&ALPHANUMERIC[..36], REVISION_LENGTH);
    String::from_utf8_lossy(&text).to_lowercase()
}

/// Each character is drawn evenly: bytes beyond the last whole multiple of the alphabet are drawn again.
fn of(alphabet: &[u8], length: usize) -> Zeroizing<Vec<u8>> {
    let even = 256 - 256 % alphabet.len();
    let mut text = Zeroizing::new(Vec::with_capacity(length));
    let mut bytes = Zeroizing::new([0_u8; 64]);
    while text.len() < length {
        fill(&mut bytes[..]);
        let usable = bytes
            .iter()
            .map(|byte| usize::from(*byte))
            .filter(|byte| *byte < even);
        let missing = length - text.len();
        text.extend(
            usable
                .take(missing)
                .map(|byte| alphabet[byte % alphabet.len()]),
        );
    }
    text
}

/// The system's random source fails only where a system has none; nothing secret can be made there.
#[expect(
    clippy::expect_used,
    reason = "without randomness no secret may be made; going on would be worse"
)]
fn fill(bytes: &mut [u8]) {
    OsRng
        .try_fill_bytes(bytes)
        .expect("the system has a random source");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(alphabet: Alphabet, length: u16) -> String {
        String::from_utf8(text(&Generate { alphabet, length }).to_vec()).unwrap()
    }

    #[test]
    fn texts_have_their_length_and_alphabet() {
        let pin = drawn(Alphabet::Numeric, 8);
        assert!(
            pin.len() == 8 && pin.bytes().all(|b| b.is_ascii_digit()),
            "{pin}"
        );
        assert_eq!(drawn(Alphabet::Alphanumeric, 200).len(), 200);
        assert_eq!(drawn(Alphabet::Base64, 32).len(), 44);
    }

    #[test]
    fn every_character_turns_up_and_no_two_draws_are_equal() {
        let long = drawn(Alphabet::Alphanumeric, 10_000);
        assert!(ALPHANUMERIC.iter().all(|c| long.bytes().any(|b| b == *c)));
        assert_ne!(
            drawn(Alphabet::Alphanumeric, 16),
            drawn(Alphabet::Alphanumeric, 16)
        );
        assert_ne!(revision(), revision());
    }
}
