//! Putting a configuration in place, on whatever machine nginx runs.

/// A script for a POSIX shell that reads a configuration from its standard input.
///
/// Arguments: the file's place; then the command that makes nginx read it again, such as `systemctl reload nginx`. It prints
/// `same`, `changed` or what nginx says, and ends with 0 unless the file was refused or not taken; then the one before is in
/// place again.
pub const INSTALL: &str = include_str!("install/install.sh");
