use std::os::unix::fs::PermissionsExt;

use super::*;

fn kept(fingerprint: &str) -> Kept {
    Kept {
        kind: CertificateKind::OwnCa,
        authority: String::new(),
        names: vec!["example.org".to_owned()],
        begins: Timestamp::UNIX_EPOCH,
        ends: Timestamp::UNIX_EPOCH,
        fingerprint: fingerprint.repeat(32),
    }
}

fn pair(text: &str) -> Pair {
    Pair {
        chain: format!("chain {text}"),
        key: Zeroizing::new(format!("key {text}")),
    }
}

fn files(folder: &Path) -> Vec<(String, u32)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut files: Vec<_> = entries
        .map(|entry| {
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            (entry.file_name().into_string().unwrap(), mode)
        })
        .collect();
    files.sort();
    files
}

#[test]
fn the_new_one_counts_the_one_before_stays_and_older_ones_go() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("certificates")).unwrap();
    assert_eq!(store.current().unwrap(), None);
    for name in ["aa", "bb", "cc"] {
        store.keep(kept(name), &pair(name)).unwrap();
        let current = store.current().unwrap().unwrap();
        assert_eq!(current, kept(name));
        assert_eq!(store.pair(&current).unwrap().chain, format!("chain {name}"));
    }
    let all = files(&folder.path().join("certificates"));
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "certificates.json",
            "chain-bbbbbbbbbbbbbbbb.pem",
            "chain-cccccccccccccccc.pem",
            "key-bbbbbbbbbbbbbbbb.pem",
            "key-cccccccccccccccc.pem",
            "lock",
        ]
    );
    assert!(all.iter().all(|(_, mode)| *mode == 0o600), "{all:?}");
}

#[test]
fn an_authority_without_its_key_is_said_and_not_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    assert!(store.authority().unwrap().is_none());
    store.keep_authority("the certificate", "the key").unwrap();
    let (certificate, key) = store.authority().unwrap().unwrap();
    assert_eq!(
        (certificate.as_str(), key.as_str()),
        ("the certificate", "the key")
    );
    fs::remove_file(store.authority_key_file("the certificate")).unwrap();
    let error = store.authority().unwrap_err();
    assert!(matches!(error, StoreError::NoAuthorityKey { .. }));
    assert!(error.remedy().contains("trust.pem"));
}

#[test]
fn a_state_that_was_damaged_is_an_error_with_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    fs::write(folder.path().join("certificates.json"), "{\"current\": 7}").unwrap();
    let error = store.current().unwrap_err().to_string();
    assert!(error.contains("certificates.json"), "{error}");
}
