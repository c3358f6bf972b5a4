use std::os::unix::fs::PermissionsExt;

use super::*;

fn now() -> Timestamp {
    "2026-11-27T12:00:00Z".parse().unwrap()
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let mut names: Vec<String> = entries
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn what_is_kept_is_found_again_and_holds_no_private_key() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    assert!(store.load().unwrap().is_none());
    let vpn = store.load_or_begin(now()).unwrap();
    assert_eq!(store.load().unwrap().unwrap(), vpn);
    let private = store.server_key(&vpn).unwrap();
    assert_eq!(private.public(), vpn.server_key());
    let text = fs::read_to_string(folder.path().join("vpn.json")).unwrap();
    assert!(!text.contains(private.expose().as_str()));
}

#[test]
fn nobody_else_may_read_any_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("vpn");
    let store = Store::open(&folder).unwrap();
    let vpn = store.load_or_begin(now()).unwrap();
    store.keep_peer(vpn.server_key(), "[Interface]\n").unwrap();
    for name in files(&folder) {
        let mode = fs::metadata(folder.join(&name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert_eq!(
        fs::metadata(&folder).unwrap().permissions().mode() & 0o777,
        0o700
    );
}

#[test]
fn a_new_key_of_the_bastion_replaces_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let mut vpn = store.load_or_begin(now()).unwrap();
    let (old, before) = (vpn.server_key(), files(folder.path()).len());
    store.rotate(&mut vpn, now()).unwrap();
    assert_ne!(vpn.server_key(), old);
    assert_eq!(store.load().unwrap().unwrap(), vpn);
    store.server_key(&vpn).unwrap();
    assert_eq!(files(folder.path()).len(), before);
}

#[test]
fn a_lost_or_changed_key_is_told_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let vpn = store.load_or_begin(now()).unwrap();
    let path = store.key_file(vpn.server_key());
    let other = PrivateKey::generate();
    fs::write(&path, other.expose().as_str()).unwrap();
    let error = store.server_key(&vpn).unwrap_err().to_string();
    assert!(error.contains("not the private half") && !error.contains(other.expose().as_str()));
    fs::remove_file(&path).unwrap();
    assert!(matches!(
        store.server_key(&vpn),
        Err(StoreError::NoKey { .. })
    ));
}

#[test]
fn a_private_key_of_a_peer_is_kept_only_when_asked_and_can_be_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let private = PrivateKey::generate();
    let key = private.public();
    assert!(store.kept_peer(key).unwrap().is_none());
    let text = format!("[Interface]\nPrivateKey = {}\n", private.expose().as_str());
    store.keep_peer(key, &text).unwrap();
    assert_eq!(store.kept_peer(key).unwrap().unwrap().public(), key);
    store.forget_peer(key).unwrap();
    assert!(store.kept_peer(key).unwrap().is_none());
}
