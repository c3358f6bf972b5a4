//! What differs between families of distributions: names of packages, and where things lie.
//!
//! Code speaks of packages by Debian's names; the table says what each is called elsewhere, and which source has it where the
//! distribution's own do not. Nothing of this ran on a host of the RHEL family: names and paths are those that packagers give.

use mosipctl_hosts::facts::Family;

mod selinux;
mod table;

pub(crate) use selinux::Selinux;
use table::{PACKAGES, PLACES};

/// A package, by its names.
struct Package {
    /// Debian's name, by which code asks for it.
    debian: &'static str,
    /// What it is called in the RHEL family.
    rhel: &'static str,
    /// Where the RHEL family has it, when not every release does in its own sources.
    source: Option<&'static str>,
}

/// Where things lie that code has to name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Places {
    family: Family,
    /// Folder of the plugins that give pods a network.
    pub(crate) cni: &'static str,
    /// Folder of nginx' modules.
    pub(crate) nginx_modules: &'static str,
    /// The unit of chrony.
    pub(crate) chrony: &'static str,
}

/// Where things lie in a family.
pub(crate) fn places(family: Family) -> Places {
    let found = PLACES.into_iter().find(|places| places.family == family);
    found.unwrap_or(PLACES[0])
}

/// What packages are called in a family. One that the table does not know has the same name everywhere.
pub(crate) fn names(family: Family, debian: &[&str]) -> Vec<String> {
    let name = |name: &&str| {
        let package = PACKAGES.iter().find(|package| package.debian == *name);
        let rhel = package.map_or(*name, |package| package.rhel);
        match family {
            Family::Debian => (*name).to_owned(),
            Family::Rhel => rhel.to_owned(),
        }
    };
    debian.iter().map(name).collect()
}

/// Which sources have those of these packages that not every release of the RHEL family has, for whoever looked for them in vain.
pub(crate) fn sources<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let source = |name: &str| {
        let package = PACKAGES.iter().find(|package| package.rhel == name)?;
        Some(format!("{name} is in {}", package.source?))
    };
    names.into_iter().filter_map(source).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debian_keeps_its_names_and_its_places() {
        let all: Vec<&str> = PACKAGES.iter().map(|package| package.debian).collect();
        assert_eq!(names(Family::Debian, &all), all);
        assert_eq!(places(Family::Debian).cni, "/usr/lib/cni");
        let usual = mosipctl_balancer::Files::default();
        assert_eq!(
            usual.modules.as_deref(),
            Some(places(Family::Debian).nginx_modules)
        );
    }

    #[test]
    fn a_package_has_the_name_of_its_family() {
        let node = names(Family::Rhel, &["containerd", "iproute2", "kmod"]);
        assert_eq!(node, ["containerd.io", "iproute", "kmod"]);
        assert_eq!(places(Family::Rhel).cni, "/usr/libexec/cni");
    }

    #[test]
    fn who_lacks_containerd_is_told_whose_source_has_it() {
        let told = sources(["kmod", "containerd.io"]);
        assert_eq!(told.len(), 1);
        assert!(
            told[0].starts_with("containerd.io is in Docker's"),
            "{told:?}"
        );
    }
}
