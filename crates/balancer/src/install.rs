//! Putting a configuration in place, on whatever machine nginx runs.

/// A script for a POSIX shell that reads a configuration from its standard input.
///
/// Arguments: the file's place; then the command that makes nginx read it again, such as `systemctl reload nginx`. It prints
/// `same`, `changed` or what nginx says, and ends with 0 unless the file was refused or not taken; then the one before is in
/// place again.
pub const INSTALL: &str = include_str!("install/install.sh");

/// A script for a POSIX shell that makes the nginx of systemd read its configuration, whose place is its argument; for [`INSTALL`].
///
/// It ends with 0 when nginx has taken it, which a reload alone does not tell.
pub const RELOAD: &str = include_str!("install/reload.sh");
