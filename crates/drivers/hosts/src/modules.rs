//! Modules of the kernel, now and after each start.

use crate::command::Command;
use crate::error::HostError;
use crate::files::{self, FileOnHost, Written};
use crate::shell::Shell;

/// Loads the modules that are not there, and says which.
const LOAD: &str = include_str!("modules/load.sh");

/// What became of modules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modules {
    /// The file from which they are loaded at each start.
    pub file: Written,
    /// Those that were not there.
    pub loaded: Vec<String>,
}

impl Modules {
    /// Whether anything was not as it should be.
    pub fn is_changed(&self) -> bool {
        self.file.is_changed || !self.loaded.is_empty()
    }
}

/// Loads modules now, and at each start by `/etc/modules-load.d/NAME.conf`. One that is there, or built into the kernel, is not touched.
///
/// # Errors
/// The kernel has none of that name, there is no modprobe, or sudo refuses.
pub async fn load(shell: &dyn Shell, name: &str, modules: &[&str]) -> Result<Modules, HostError> {
    let what = "load modules";
    let command = Command::script(what, LOAD, modules.iter().copied()).as_root();
    let output = shell.run(&command).await?.succeeded(shell.host(), what)?;
    let loaded = output.text().lines().map(str::to_owned).collect();
    let text = format!("# made by mosipctl\n{}\n", modules.join("\n"));
    let path = format!("/etc/modules-load.d/{name}.conf");
    let file = files::write(shell, &FileOnHost::new(path, text)).await?;
    Ok(Modules { file, loaded })
}
