//! Packages of the RHEL family: the driver's own scripts with the real dnf and rpm, which Debian has as packages. The host calls itself
//! Rocky Linux, its `/etc`, `/usr` and `/var` are seen by the server of the test alone, and its one source is a folder.

use std::path::Path;
use std::process::Command as Program;

use mosipctl_hosts::{Command, Connection, FileOnHost, HostError, Shell, files, packages};

use crate::prepared::layered;
use crate::support::Site;

const OS_RELEASE: &str = "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.4\"\nPLATFORM_ID=\"platform:el9\"\nPRETTY_NAME=\"Rocky Linux 9.4\"\n";
/// Those that the tests need.
const TOOLS: [&str; 4] = ["dnf", "rpm", "rpmbuild", "createrepo_c"];

/// A package to be built: its name, its version, and more lines of its description.
struct Rpm<'a> {
    name: &'a str,
    version: &'a str,
    lines: &'a str,
}

impl<'a> Rpm<'a> {
    fn new(name: &'a str, version: &'a str) -> Self {
        let lines = "";
        Self {
            name,
            version,
            lines,
        }
    }

    fn saying(mut self, lines: &'a str) -> Self {
        self.lines = lines;
        self
    }

    /// Builds it into a folder; it holds one file.
    fn build(&self, site: &Site, folder: &str) -> String {
        let Self {
            name,
            version,
            lines,
        } = self;
        let (top, to) = (site.path("rpmbuild"), site.path(folder));
        std::fs::create_dir_all(&top).unwrap();
        std::fs::create_dir_all(&to).unwrap();
        let spec = format!(
            "Name: {name}\nVersion: {version}\nRelease: 1\nSummary: made for a test\nLicense: none\nBuildArch: noarch\nAutoReqProv: no\n{lines}\n\
             %description\nmade for a test\n%install\nmkdir -p %{{buildroot}}/usr/share/{name}\necho {version} > %{{buildroot}}/usr/share/{name}/version\n\
             %files\n/usr/share/{name}\n"
        );
        let file = top.join(format!("{name}.spec"));
        std::fs::write(&file, spec).unwrap();
        let output = Program::new("rpmbuild")
            .args(["-bb", "--quiet", "--define"])
            .arg(format!("_topdir {}", top.display()))
            .arg("--define")
            .arg(format!("_rpmdir {}", to.display()))
            .args(["--define", "_build_name_fmt %{NAME}-%{VERSION}.rpm"])
            .arg(&file)
            .output();
        let output = output.unwrap();
        assert!(output.status.success(), "{output:?}");
        let built = to.join(format!("{name}-{version}.rpm"));
        built.display().to_string()
    }
}

fn index(folder: &Path) {
    let output = Program::new("createrepo_c")
        .arg("--quiet")
        .arg(folder)
        .output();
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// Whether this machine has what the tests need; says so where it has not.
fn has_tools() -> bool {
    let lacking = TOOLS
        .iter()
        .find(|tool| !Path::new("/usr/bin").join(tool).exists());
    if let Some(tool) = lacking {
        eprintln!("skipped: there is no {tool}");
    }
    lacking.is_none()
}

/// Makes a host one of the RHEL family with one source.
async fn become_rhel(site: &Site, host: &Connection) {
    let source = site.path("source");
    std::fs::create_dir_all(&source).unwrap();
    index(&source);
    let repo = format!(
        "[of-a-test]\nname=of a test\nbaseurl=file://{}\nenabled=1\ngpgcheck=0\n",
        source.display()
    );
    let clear =
        "rm -rf /etc/os-release /etc/yum.repos.d/* /var/lib/rpm /var/lib/dnf /var/cache/dnf";
    let output = host.run(&Command::line("clear", clear)).await.unwrap();
    assert!(output.ended.is_success(), "{output:?}");
    for (path, text) in [
        ("/etc/os-release", OS_RELEASE),
        ("/etc/yum.repos.d/of-a-test.repo", &repo),
    ] {
        files::write(host, &FileOnHost::new(path, text))
            .await
            .unwrap();
    }
}

async fn said(host: &Connection, line: &str) -> String {
    let output = host.run(&Command::line("ask", line)).await.unwrap();
    output.text().trim().to_owned()
}

#[tokio::test]
async fn dnf_brings_what_is_lacking_by_name_without_what_is_merely_recommended() {
    if !has_tools() {
        return;
    }
    let Some((site, _server, host)) = layered().await else {
        return;
    };
    let host = host.as_ref();
    Rpm::new("runs", "1.0")
        .saying("Requires: base-of-runs\nRecommends: nice-to-have\nProvides: runtime")
        .build(&site, "source");
    Rpm::new("base-of-runs", "2.0").build(&site, "source");
    Rpm::new("nice-to-have", "1.0").build(&site, "source");
    Rpm::new("other", "1.0").build(&site, "source");
    become_rhel(&site, host).await;
    let names = ["runs", "other"];
    let before = packages::installed(host, &names).await.unwrap();
    assert_eq!((&before["runs"], &before["other"]), (&None, &None));
    assert_eq!(packages::bring(host, &["other"]).await.unwrap(), ["other"]);
    assert_eq!(packages::bring(host, &names).await.unwrap(), ["runs"]);
    assert!(packages::bring(host, &names).await.unwrap().is_empty());
    let names = ["runs", "base-of-runs", "nice-to-have", "runtime"];
    let after = packages::installed(host, &names).await.unwrap();
    let versions = names.map(|name| after[name].as_deref());
    assert_eq!(
        versions,
        [Some("1.0-1"), Some("2.0-1"), None, Some("1.0-1")]
    );
    assert_eq!(said(host, "cat /usr/share/runs/version").await, "1.0");
    // a newer one in the source is nobody's wish
    Rpm::new("runs", "1.1").build(&site, "source");
    index(&site.path("source"));
    assert!(packages::bring(host, &["runs"]).await.unwrap().is_empty());
    assert!(!Path::new("/usr/share/runs").exists());
}

#[tokio::test]
async fn dnf_asks_again_what_a_source_has_before_it_gives_up() {
    if !has_tools() {
        return;
    }
    let Some((site, _server, host)) = layered().await else {
        return;
    };
    let host = host.as_ref();
    Rpm::new("early", "1.0").build(&site, "source");
    become_rhel(&site, host).await;
    packages::bring(host, &["early"]).await.unwrap();
    // its lists are fresh by its own reckoning
    Rpm::new("late", "1.0").build(&site, "source");
    index(&site.path("source"));
    assert_eq!(packages::bring(host, &["late"]).await.unwrap(), ["late"]);
    let error = packages::bring(host, &["late", "never"]).await.unwrap_err();
    assert!(matches!(error, HostError::NoSource { .. }), "{error:?}");
    assert!(error.to_string().contains("never"), "{error}");
    assert!(error.remedy().unwrap().contains("dnf repolist"));
}

#[tokio::test]
async fn dnf_installs_files_once_in_each_version_and_asks_no_source() {
    if !has_tools() {
        return;
    }
    let Some((site, _server, host)) = layered().await else {
        return;
    };
    let host = host.as_ref();
    let needs = "Requires: of-a-test-too";
    let first = Rpm::new("of-a-test", "1.0")
        .saying(needs)
        .build(&site, "files");
    let other = Rpm::new("of-a-test-too", "1.0").build(&site, "files");
    Rpm::new("elsewhere", "1.0").build(&site, "source");
    become_rhel(&site, host).await;
    let made = packages::install(host, &[&first, &other]).await.unwrap();
    assert_eq!(made, ["of-a-test", "of-a-test-too"]);
    let again = packages::install(host, &[&first, &other]).await.unwrap();
    assert!(again.is_empty(), "{again:?}");
    let newer = Rpm::new("of-a-test", "1.1")
        .saying(needs)
        .build(&site, "files");
    let made = packages::install(host, &[&newer, &other]).await.unwrap();
    assert_eq!(made, ["of-a-test"]);
    // back to what was said before, beside one that is new
    let third = Rpm::new("of-a-test-three", "1.0").build(&site, "files");
    let made = packages::install(host, &[&first, &third]).await.unwrap();
    assert_eq!(made, ["of-a-test", "of-a-test-three"]);
    let after = packages::installed(host, &["of-a-test"]).await.unwrap();
    assert_eq!(after["of-a-test"].as_deref(), Some("1.0-1"));
    // a file that is none, and one that needs what only a source has, leave all as it was
    let broken = site.path("broken.rpm");
    std::fs::write(&broken, "no package").unwrap();
    let broken = broken.display().to_string();
    let error = packages::install(host, &[&newer, &broken]).await;
    assert!(error.unwrap_err().to_string().contains("broken.rpm"));
    let wants = Rpm::new("of-a-test-four", "1.0")
        .saying("Requires: elsewhere")
        .build(&site, "files");
    let error = packages::install(host, &[&newer, &wants])
        .await
        .unwrap_err();
    assert!(error.to_string().contains("elsewhere"), "{error}");
    let after = packages::installed(host, &["of-a-test"]).await.unwrap();
    assert_eq!(after["of-a-test"].as_deref(), Some("1.0-1"));
}

#[tokio::test]
async fn a_family_without_its_programs_and_an_unknown_one_are_told() {
    let Some((_site, _server, host)) = layered().await else {
        return;
    };
    let host = host.as_ref();
    let with = async |os: &str, gone: &str| {
        let line = format!("rm -f {gone} /etc/os-release");
        host.run(&Command::line("clear", line)).await.unwrap();
        let file = FileOnHost::new("/etc/os-release", os);
        files::write(host, &file).await.unwrap();
        let error = packages::bring(host, &["x"]).await.unwrap_err();
        error.to_string()
    };
    let old = with(OS_RELEASE, "/usr/bin/dnf").await;
    assert!(old.contains("has no dnf and rpm"), "{old}");
    let other = with("ID=alpine\n", "/usr/bin/apt-get").await;
    assert!(
        other.contains("it has no dpkg, and is not of the RHEL family"),
        "{other}"
    );
}

#[tokio::test]
async fn what_came_with_a_package_goes_with_it_and_what_nobody_needed_before_stays() {
    if !has_tools() {
        return;
    }
    let Some((site, _server, host)) = layered().await else {
        return;
    };
    let host = host.as_ref();
    for (name, lines) in [
        ("runs", "Requires: came-along\nRequires: shared"),
        ("came-along", ""),
        ("shared", ""),
        ("other", "Requires: shared"),
        ("passing", "Requires: nobodys"),
        ("nobodys", ""),
    ] {
        Rpm::new(name, "1.0").saying(lines).build(&site, "source");
    }
    become_rhel(&site, host).await;
    packages::bring(host, &["other"]).await.unwrap();
    packages::bring(host, &["passing"]).await.unwrap();
    // nobody needs any more what came with it: that is so before we come
    let orphan = Command::line("orphan", "rpm -e passing && rpm -q nobodys");
    let orphan = host.run(&orphan).await.unwrap();
    assert!(orphan.ended.is_success(), "{orphan:?}");
    packages::bring(host, &["runs"]).await.unwrap();
    let script = format!(
        "{}going=; for name in $(there runs never); do going=\"$going $name\"; done; remove_packages /tmp/$$.before || {{ echo \"$said\" >&2; exit 1; }}; rm /tmp/$$.before; echo \"$going:$more\"",
        packages::REMOVE
    );
    let output = host.run(&Command::script("remove", &script, [])).await;
    let output = output.unwrap();
    assert!(output.ended.is_success(), "{output:?}");
    assert_eq!(output.text().trim(), "runs:came-along");
    let left = said(host, "rpm -qa --qf '%{NAME}\\n' | sort | tr '\\n' ' '").await;
    assert_eq!(left, "nobodys other shared");
}
