//! Things that are to be true of a host, each with a way to tell and a way to bring it about.

use std::collections::BTreeMap;

use mosipctl_hosts::{Artefact, Change, FileOnHost};
use mosipctl_plan::observed::Standing;
use serde_json::{Value, json};

mod apply;
mod look;

pub(crate) use apply::Changed;
pub(crate) use look::{Answers, script};

/// How files begin that are written by us alone.
pub(crate) const HEAD: &str = "# Written by mosipctl; changes are overwritten.\n";

/// Something that is to be true of a host.
#[derive(Debug, Clone)]
pub enum Item {
    /// Packages of its distribution are installed, in whatever version its sources have.
    Packages(Vec<String>),
    /// Modules of the kernel are loaded, and will be after a reboot.
    Modules {
        /// Name of the file that says so to the next boot.
        name: String,
        /// The modules.
        modules: Vec<String>,
    },
    /// Settings of the kernel hold, and will after a reboot.
    Sysctls {
        /// Name of the file that says so to the next boot.
        name: String,
        /// The settings.
        values: BTreeMap<String, i64>,
    },
    /// Nothing is swapped out, now and after a reboot.
    NoSwap,
    /// A small file has this content.
    File(FileOnHost),
    /// nginx runs with this configuration; it keeps the one before when it does not take this one, and no connection is cut.
    Nginx(FileOnHost),
    /// A change that could lock us out: the host puts back what was before unless we get in anew afterwards.
    Guarded(Change),
    /// A file is gone.
    NoFile(String),
    /// A program lies in its place.
    Program(Artefact),
    /// An archive of images is in containerd's store.
    Image(ImageOnHost),
    /// A unit of systemd runs and is enabled. It is restarted when something before it in the same work has changed.
    Unit(String),
    /// A unit of systemd runs and is enabled. It is never restarted: others would be cut off that use it.
    Steady(String),
    /// A script has done its work.
    Script(Script),
}

/// An archive of images, and what is in it.
#[derive(Debug, Clone)]
pub struct ImageOnHost {
    /// The archive, and where it lies on the host while it is imported.
    pub archive: Artefact,
    /// Names of its images.
    pub names: Vec<String>,
}

/// What no other item says.
#[derive(Debug, Clone)]
pub struct Script {
    /// What it does, for errors: "reload nginx".
    pub what: String,
    /// Says nothing when it need not run; else why, in a few words.
    pub check: String,
    /// Does it. It must be right to run it again.
    pub run: String,
}

impl Script {
    /// systemd reads a changed unit when it is told to.
    pub(crate) fn reads_unit(unit: &str) -> Self {
        Self {
            what: "let systemd read its units".to_owned(),
            check: format!(
                "[ \"$(systemctl show -p NeedDaemonReload --value {unit})\" = no ] || echo 'an old unit'"
            ),
            run: "systemctl daemon-reload".to_owned(),
        }
    }
}

impl Item {
    /// Everything that decides what is done, without the content of files.
    pub(crate) fn digestible(&self) -> Value {
        match self {
            Self::Packages(names) => json!(["packages", names]),
            Self::Modules { name, modules } => json!(["modules", name, modules]),
            Self::Sysctls { name, values } => json!(["sysctls", name, values]),
            Self::NoSwap => json!(["no swap"]),
            Self::File(file) => json!(["file", file.path, file.digest(), file.mode, file.owner]),
            Self::Nginx(file) => json!(["nginx", file.path, file.digest()]),
            Self::Guarded(change) => json!(["guarded", change.name(), wanted(change)]),
            Self::NoFile(path) => json!(["no file", path]),
            Self::Program(program) => json!(["program", program.path, program.sha256]),
            Self::Image(image) => json!(["image", image.archive.sha256]),
            Self::Unit(unit) => json!(["unit", unit]),
            Self::Steady(unit) => json!(["steady", unit]),
            Self::Script(script) => json!(["script", script.check, script.run]),
        }
    }

    /// How it stands, by what the host answered.
    fn standing(&self, answer: &str) -> Standing {
        let differs = |what: String| Standing::Differs(vec![what]);
        match self {
            _ if answer == "same" => Standing::Holds,
            Self::File(file) | Self::Nginx(file) => {
                let wanted = format!("{} {:o} {}", file.digest(), file.mode, file.owner);
                match answer {
                    "absent" => Standing::Absent,
                    answer if answer == wanted => Standing::Holds,
                    _ => differs(file.path.clone()),
                }
            }
            Self::Guarded(change) => match answer {
                answer if answer == wanted(change) => Standing::Holds,
                answer if answer.split(';').all(|each| each == "absent") => Standing::Absent,
                // it looks as it should, and in a minute the host puts back what was before
                "unconfirmed" => {
                    differs(format!("`{}` was begun and not confirmed", change.name()))
                }
                _ => differs(format!("`{}` is not as it should be", change.name())),
            },
            Self::Program(program) => match answer {
                "absent" => Standing::Absent,
                answer if answer == program.sha256 => Standing::Holds,
                _ => differs(program.path.clone()),
            },
            _ if answer == "absent" => Standing::Absent,
            _ => differs(answer.to_owned()),
        }
    }
}

/// What a host answers when the files of a change are as they should be.
fn wanted(change: &Change) -> String {
    let files = change.files().iter();
    let files = files.map(|file| format!("{} {:o} {}", file.digest(), file.mode, file.owner));
    files.collect::<Vec<_>>().join(";")
}

/// How several things stand together: what is there and differs comes before what is not there.
pub(crate) fn together(standings: impl IntoIterator<Item = Standing>) -> Standing {
    let (mut holds, mut absent, mut differing) = (0, 0, Vec::new());
    for standing in standings {
        match standing {
            Standing::Holds => holds += 1,
            Standing::Absent => absent += 1,
            Standing::Differs(what) => differing.extend(what),
        }
    }
    match (holds, absent) {
        (_, 0) if differing.is_empty() => Standing::Holds,
        (0, _) if differing.is_empty() => Standing::Absent,
        (_, absent) if differing.is_empty() => {
            let things = if absent == 1 { "thing" } else { "things" };
            Standing::Differs(vec![format!("{absent} {things} not there")])
        }
        _ => Standing::Differs(differing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_compared_by_content_mode_and_owner() {
        let file = FileOnHost::new("/etc/x", "text");
        let item = Item::File(file.clone());
        let right = format!("{} 644 root:root", file.digest());
        assert_eq!(item.standing(&right), Standing::Holds);
        assert_eq!(item.standing("absent"), Standing::Absent);
        let open = format!("{} 666 root:root", file.digest());
        let differs = Standing::Differs(vec!["/etc/x".to_owned()]);
        assert_eq!(item.standing(&open), differs);
    }

    #[test]
    fn a_change_that_nobody_confirmed_does_not_hold() {
        let change = Change::new("firewall", vec![FileOnHost::new("/etc/x", "text")]);
        let item = Item::Guarded(change);
        let right = format!(
            "{} 644 root:root",
            FileOnHost::new("/etc/x", "text").digest()
        );
        assert_eq!(item.standing(&right), Standing::Holds);
        let told = "`firewall` was begun and not confirmed".to_owned();
        assert_eq!(item.standing("unconfirmed"), Standing::Differs(vec![told]));
    }

    #[test]
    fn half_of_it_is_told_as_half() {
        let half = together([Standing::Holds, Standing::Absent]);
        let told = Standing::Differs(vec!["1 thing not there".to_owned()]);
        assert_eq!(half, told);
        assert_eq!(
            together([Standing::Absent, Standing::Absent]),
            Standing::Absent
        );
        assert_eq!(together([]), Standing::Holds);
    }

    #[test]
    fn the_content_of_a_file_is_no_part_of_what_is_digested() {
        let item = Item::File(FileOnHost::new("/etc/key", "secret").mode(0o600));
        assert!(!item.digestible().to_string().contains("secret"));
    }
}
