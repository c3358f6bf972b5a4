//! The files that a load balancer is to have.

use std::fmt;

use mosipctl_balancer::Files;
use zeroize::Zeroizing;

use crate::certificate::Pair;

/// A file as it is to be on a host; it belongs to root.
#[derive(Clone, PartialEq, Eq)]
pub struct HostFile {
    /// Its place.
    pub path: String,
    /// Who may read it.
    pub mode: u32,
    /// What is in it.
    pub bytes: Zeroizing<Vec<u8>>,
}

/// Shows nothing of what is in it: one of them is a key.
impl fmt::Debug for HostFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "HostFile({} {:o}, {} bytes)",
            self.path,
            self.mode,
            self.bytes.len()
        )
    }
}

/// Chain and key where the configuration of nginx looks for them. The key comes first: a chain that is there has its key.
pub fn balancer_files(pair: &Pair, places: &Files) -> Vec<HostFile> {
    let file = |path: &str, mode, text: &str| HostFile {
        path: path.to_owned(),
        mode,
        bytes: Zeroizing::new(text.as_bytes().to_vec()),
    };
    vec![
        file(&places.key, 0o600, &pair.key),
        file(&places.certificate, 0o644, &pair.chain),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_balancer_gets_chain_and_key_where_nginx_looks_and_the_key_is_not_shown() {
        let pair = Pair {
            chain: "chain\n".to_owned(),
            key: Zeroizing::new("the key itself\n".to_owned()),
        };
        let files = balancer_files(&pair, &Files::default());
        let places: Vec<_> = files
            .iter()
            .map(|file| (file.path.as_str(), file.mode))
            .collect();
        assert_eq!(
            places,
            [
                ("/etc/nginx/certs/tls.key", 0o600),
                ("/etc/nginx/certs/tls.crt", 0o644)
            ]
        );
        assert!(!format!("{files:?} {pair:?}").contains("the key itself"));
    }
}
