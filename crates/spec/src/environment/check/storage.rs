//! Checks of where volumes come from.

use std::path::Path;

use super::{Checked, Complain, fail};
use crate::environment::Environment;
use crate::environment::cluster::ClusterKind;
use crate::environment::storage::Provider;

pub(super) fn check(environment: &Environment, complain: Complain<'_>) -> Checked {
    let storage = &environment.spec.storage;
    let is_onprem = environment.spec.cluster.kind == ClusterKind::Onprem;
    let is_nfs = storage.provider() == Provider::Nfs;
    // a host may serve it, and what is not said of bare hosts is settled by them
    if is_nfs && storage.nfs.is_none() && !is_onprem {
        let message = "volumes of provider `nfs` need `nfs`, the server".to_owned();
        let help = "`nfs: {server: ADDRESS, path: FOLDER}`";
        return fail(complain(&["spec", "storage", "provider"], message).with_help(help));
    }
    let is_open = is_onprem && storage.provider.is_none() && storage.class.is_none();
    if storage.nfs.is_some() && !is_nfs && !is_open {
        let provider = storage.provider().as_str();
        let message = format!("`nfs` means nothing for provider `{provider}`");
        let help = "remove it, or set `provider: nfs`";
        return fail(complain(&["spec", "storage", "nfs"], message).with_help(help));
    }
    if let Some(nfs) = &storage.nfs
        && !is_plain(&nfs.path)
    {
        let message = format!("`{}` is no folder to mount", nfs.path.display());
        let help = "start it with `/`, and take letters, digits, `-`, `_` and `.` alone";
        return fail(complain(&["spec", "storage", "nfs", "path"], message).with_help(help));
    }
    Ok(())
}

/// It stands in files that have their own ideas of quotes: `exports`, `ganesha.conf`.
fn is_plain(path: &Path) -> bool {
    let text = path.to_str().unwrap_or_default();
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "/-_.".contains(char);
    path.is_absolute() && text.chars().all(is_plain) && !text.contains("..")
}
