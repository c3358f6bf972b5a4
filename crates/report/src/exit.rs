//! Exit codes, the same for every command.

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// Something failed.
    Failed,
    /// The command line or a file is wrong, or a question could not be asked.
    Usage,
    /// Finished, and a person should look at what it found; for `plan --exit-code`: there are changes.
    Attention,
    /// Another run has the lock.
    Locked,
    /// Interrupted by the user.
    Interrupted,
}

impl Exit {
    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Attention => 3,
            Self::Locked => 4,
            Self::Interrupted => 130,
        }
    }
}
