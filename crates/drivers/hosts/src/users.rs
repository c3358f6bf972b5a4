//! Users of a host that programs run as.

use crate::command::Command;
use crate::error::HostError;
use crate::shell::Shell;

/// Makes a system user without a home and without a shell, where there is none of that name; says `made` or `there`.
const MAKE: &str = include_str!("users/make.sh");

/// Makes a user for a program, without a home and a shell; one that is there is left as it is. True when it was made.
///
/// # Errors
/// The name cannot be one of a user, or sudo refuses.
pub async fn make(shell: &dyn Shell, name: &str) -> Result<bool, HostError> {
    let what = format!("make user `{name}`");
    let command = Command::script(&what, MAKE, [name]).as_root();
    let output = shell.run(&command).await?.succeeded(shell.host(), &what)?;
    match output.text().trim() {
        "made" => Ok(true),
        "there" => Ok(false),
        line => Err(HostError::Unexpected {
            host: shell.host().to_owned(),
            what,
            problem: format!("it answers `{line}`"),
        }),
    }
}
