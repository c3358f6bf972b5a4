//! Files are put in place whole, or not at all.

use std::os::unix::fs::{MetadataExt, PermissionsExt};

use mosipctl_hosts::{Command, FileOnHost, HostError, Shell, Target, files};

use crate::commands::with_users;
use crate::prepared::layered;
use crate::support::Site;

fn file(site: &Site, name: &str, content: &str) -> FileOnHost {
    FileOnHost::new(site.path(name).display().to_string(), content)
}

#[tokio::test]
async fn a_file_is_written_once_and_told_before_and_after() {
    let Some(site) = Site::as_root().await else {
        return;
    };
    let server = site.server("one").await;
    let host = site.connected(&server).await;
    let first = file(&site, "settings", "a = 1\n").mode(0o640);
    let written = files::write(host.as_ref(), &first).await.unwrap();
    assert_eq!(written.before, None);
    assert!(written.is_changed);
    let path = site.path("settings");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "a = 1\n");
    let about = std::fs::metadata(&path).unwrap();
    assert_eq!(about.permissions().mode() & 0o777, 0o640);
    // the same again touches nothing
    let again = files::write(host.as_ref(), &first).await.unwrap();
    assert!(!again.is_changed);
    assert_eq!(again.before.as_ref(), Some(&again.after));
    assert_eq!(std::fs::metadata(&path).unwrap().ino(), about.ino());
    // other rights or another content are changes
    for next in [
        first.clone().mode(0o600),
        file(&site, "settings", "a = 2\n"),
    ] {
        let next = files::write(host.as_ref(), &next).await.unwrap();
        assert!(next.is_changed);
        assert!(next.before.is_some());
    }
    assert_eq!(
        files::read(host.as_ref(), &first.path).await.unwrap(),
        Some(b"a = 2\n".to_vec())
    );
    let digest = files::digest(host.as_ref(), &first.path).await.unwrap();
    assert_eq!(digest, Some(file(&site, "", "a = 2\n").digest()));
    assert_eq!(files::read(host.as_ref(), "/no/such").await.unwrap(), None);
}

#[tokio::test]
async fn a_path_is_taken_as_it_is_and_content_as_it_is() {
    let Some(site) = Site::as_root().await else {
        return;
    };
    let server = site.server("one").await;
    let host = site.connected(&server).await;
    let strange = file(&site, "-it's $HOME", "no line break, \0 and ü");
    files::write(host.as_ref(), &strange).await.unwrap();
    let read = files::read(host.as_ref(), &strange.path).await.unwrap();
    assert_eq!(read, Some(strange.content));
}

#[tokio::test]
async fn what_cannot_be_written_leaves_the_old_file_and_nothing_beside() {
    let Some(site) = Site::as_root().await else {
        return;
    };
    let server = site.server("one").await;
    let host = site.connected(&server).await;
    std::fs::write(site.path("plain"), "").unwrap();
    let below = file(&site, "plain/file", "x");
    let error = files::write(host.as_ref(), &below).await.unwrap_err();
    assert!(error.to_string().contains("File exists"), "{error}");
    std::fs::create_dir(site.path("folder")).unwrap();
    let folder = file(&site, "folder", "x");
    let error = files::write(host.as_ref(), &folder).await.unwrap_err();
    assert!(error.to_string().ends_with("it is a folder"), "{error}");
    let nobody = file(&site, "settings", "x").owner("no-such-user:root");
    let error = files::write(host.as_ref(), &nobody).await.unwrap_err();
    assert!(error.to_string().contains("invalid user"), "{error}");
    let left = std::fs::read_dir(site.path("")).unwrap().flatten();
    let left: Vec<_> = left
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(".mosipctl"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn a_user_with_sudo_writes_files_of_root_and_a_full_disk_is_told_by_name() {
    let Some(site) = Site::new().await else {
        return;
    };
    let Some(server) = with_users(&site).await else {
        return;
    };
    let target = Target {
        user: "sam".to_owned(),
        ..site.target("a", server.port())
    };
    let hosts = site.hosts(vec![target]).await;
    let host = hosts.connection("a").await.unwrap();
    let secret = file(&site, "secret", "pin").mode(0o600);
    assert!(
        files::write(host.as_ref(), &secret)
            .await
            .unwrap()
            .is_changed
    );
    let about = std::fs::metadata(site.path("secret")).unwrap();
    assert_eq!(
        (about.uid(), about.permissions().mode() & 0o777),
        (0, 0o600)
    );
    let small = site.path("users/small/file").display().to_string();
    let fits = FileOnHost::new(&small, "fits");
    files::write(host.as_ref(), &fits).await.unwrap();
    let large = FileOnHost::new(&small, vec![7; 200_000]);
    let error = files::write(host.as_ref(), &large).await.unwrap_err();
    assert!(matches!(error, HostError::FullDisk { .. }), "{error}");
    assert!(error.remedy().unwrap().contains("df -h"));
    let read = files::read(host.as_ref(), &small).await.unwrap();
    assert_eq!(read, Some(b"fits".to_vec()));
}

#[tokio::test]
async fn a_file_gets_the_label_of_its_place_where_selinux_is_at_work() {
    let Some((_site, _server, host)) = layered().await else {
        return;
    };
    let host = host.as_ref();
    // it is played: a kernel has SELinux or has not
    let restorecon = FileOnHost::new(
        "/usr/sbin/restorecon",
        "#!/bin/sh\necho \"$*\" >> /etc/labelled\n",
    );
    files::write(host, &restorecon.mode(0o755)).await.unwrap();
    let labelled = async || {
        let read = Command::line("read", "cat /etc/labelled 2> /dev/null || :");
        host.run(&read).await.unwrap().text()
    };
    let one = FileOnHost::new("/etc/of-a-test/one", "one\n");
    files::write(host, &one).await.unwrap();
    assert_eq!(labelled().await, "");
    let play =
        "mount -t tmpfs tmpfs /sys/fs && mkdir /sys/fs/selinux && : > /sys/fs/selinux/enforce";
    let played = host.run(&Command::line("play", play)).await.unwrap();
    assert!(played.ended.is_success(), "{played:?}");
    let two = FileOnHost::new("/etc/of-a-test/two", "two\n");
    files::write(host, &two).await.unwrap();
    assert_eq!(labelled().await, "-- /etc/of-a-test/two\n");
}
