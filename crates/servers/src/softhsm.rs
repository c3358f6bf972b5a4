//! SoftHSM: the hardware security module of a lab, which is a folder.
//!
//! Whoever has the token's PIN has all master keys of a MOSIP, and without the token what they encrypted is lost. So a token is
//! made once, in one move, and never made anew; one that does not open is refused. [`SoftHsm::archive`] is its backup.
//!
//! The library takes its folder from a variable of the process that loads it. Changing our own is unsafe, and one process would
//! see one token only; so OpenSC's `pkcs11-tool` does it, a process each. It reads PINs from its environment, which only we and
//! root may read; SoftHSM's own tool takes them as arguments or from a terminal.

use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use mosipctl_artefact::Artefacts;
use secrecy::{ExposeSecret, SecretString};

use crate::error::{AtPath, ServerError};
use crate::private::private_folder;
use tool::{Pin, Tool};

pub use objects::{ObjectKind, TokenObject};

mod archive;
mod objects;
mod tool;

/// How long a PIN may be, by the library.
const LENGTHS: RangeInclusive<usize> = 4..=255;
/// Where the tokens lie in the folder.
const TOKENS: &str = "tokens";

/// How a token is to be.
#[derive(Debug, Clone)]
pub struct SoftHsmSettings {
    /// Where its files lie. One that was used before is the same token again.
    pub folder: PathBuf,
    /// Its label.
    pub label: String,
    /// The PIN that opens it: 4 to 255 characters.
    pub pin: SecretString,
    /// The PIN that sets the other one. Nobody needs it after the token is made.
    pub officer_pin: SecretString,
}

/// A token that opens.
#[derive(Debug, Clone)]
pub struct SoftHsm {
    folder: PathBuf,
    label: String,
    pin: SecretString,
    tool: Tool,
}

impl SoftHsm {
    /// Whether this machine has what it takes.
    ///
    /// # Errors
    /// A program is missing.
    pub fn find(artefacts: &Artefacts) -> Result<(), ServerError> {
        Tool::find(artefacts).map(drop)
    }

    /// Whether there is a token in a folder, whoever made it.
    pub fn is_in(folder: &Path) -> bool {
        folder.join(TOKENS).is_dir()
    }

    /// Makes the token, unless it is there.
    ///
    /// # Errors
    /// A program is missing, or the token that is there does not open with the PIN.
    pub async fn open(
        artefacts: &Artefacts,
        settings: &SoftHsmSettings,
    ) -> Result<Self, ServerError> {
        let tool = Tool::find(artefacts)?;
        let folder = &settings.folder;
        private_folder(folder)?;
        if !Self::is_in(folder) {
            make(&tool, settings).await?;
        }
        configure(folder, &folder.join(TOKENS))?;
        let provider = folder.join("pkcs11.cfg");
        let text = provider_text(&tool.library);
        fs::write(&provider, text).at(&provider)?;
        let token = Self {
            folder: folder.clone(),
            label: settings.label.clone(),
            pin: settings.pin.clone(),
            tool,
        };
        match token.refusal(&settings.pin).await? {
            None => Ok(token),
            Some(words) => Err(token.closed(&words)),
        }
    }

    /// Whether the PIN opens it. SoftHSM takes any number of wrong ones; a real module locks itself after a few.
    ///
    /// # Errors
    /// It cannot be asked, or there is no token of that label.
    pub async fn opens(&self, pin: &SecretString) -> Result<bool, ServerError> {
        Ok(self.refusal(pin).await?.is_none())
    }

    /// The words with which the tool refuses a PIN; none when the PIN opens the token.
    async fn refusal(&self, pin: &SecretString) -> Result<Option<String>, ServerError> {
        // the tool would ask a person for a PIN that is empty
        if pin.expose_secret().is_empty() {
            return Ok(Some("the PIN is empty".to_owned()));
        }
        match self.list(pin).await {
            Ok(_) => Ok(None),
            Err(error) => match tool::wrong_pin(&error) {
                Some(words) => Ok(Some(words.to_owned())),
                None => Err(error),
            },
        }
    }

    /// What is in it. Values of keys never leave it.
    ///
    /// # Errors
    /// It cannot be asked.
    pub async fn objects(&self) -> Result<Vec<TokenObject>, ServerError> {
        let text = self.list(&self.pin).await?;
        Ok(objects::parse(&text))
    }

    /// What `SOFTHSM2_CONF` of a process is to be that opens it.
    pub fn configuration(&self) -> PathBuf {
        self.folder.join("softhsm2.conf")
    }

    /// The settings of Java's PKCS #11 provider.
    pub fn provider(&self) -> PathBuf {
        self.folder.join("pkcs11.cfg")
    }

    /// Its PIN.
    pub fn pin(&self) -> &SecretString {
        &self.pin
    }

    async fn list(&self, pin: &SecretString) -> Result<String, ServerError> {
        let mut command = self.tool.command(&self.configuration());
        command.args(["--list-objects", "--token-label", &self.label, "--login"]);
        Pin::User.give(&mut command, pin);
        self.tool.run(&command).await
    }

    fn closed(&self, words: &str) -> ServerError {
        let folder = self.folder.join(TOKENS);
        let how = format!(
            "the token `{}` in `{}` does not open with this PIN ({words}). It is not made anew: every key in it would be lost. Give \
             the PIN it was made with, or put the token back from its archive",
            self.label,
            folder.display()
        );
        refused(how)
    }
}

/// Makes a token aside and moves it into place, so that one without its PIN is never taken for one.
async fn make(tool: &Tool, settings: &SoftHsmSettings) -> Result<(), ServerError> {
    check(&settings.pin)?;
    check(&settings.officer_pin)?;
    let folder = &settings.folder;
    let aside = tempfile::tempdir_in(folder).at(folder)?;
    let tokens = aside.path().join(TOKENS);
    private_folder(&tokens)?;
    let configuration = configure(aside.path(), &tokens)?;
    let label = settings.label.as_str();
    let mut init = tool.command(&configuration);
    init.args(["--init-token", "--slot-index", "0", "--label", label]);
    Pin::Officer.give(&mut init, &settings.officer_pin);
    tool.run(&init).await?;
    // the token has moved to a slot with a number of its own
    let mut set_pin = tool.command(&configuration);
    set_pin.args(["--init-pin", "--token-label", label]);
    set_pin.args(["--login", "--login-type", "so"]);
    Pin::Officer.give(&mut set_pin, &settings.officer_pin);
    Pin::New.give(&mut set_pin, &settings.pin);
    tool.run(&set_pin).await?;
    place(&tokens, &folder.join(TOKENS))
}

fn check(pin: &SecretString) -> Result<(), ServerError> {
    match LENGTHS.contains(&pin.expose_secret().len()) {
        true => Ok(()),
        false => Err(refused("a PIN has 4 to 255 bytes".to_owned())),
    }
}

/// Another process may have made one at the same time; that one counts, if the PIN opens it.
fn place(made: &Path, tokens: &Path) -> Result<(), ServerError> {
    match fs::rename(made, tokens) {
        Err(_) if tokens.is_dir() => Ok(()),
        renamed => renamed.at(tokens),
    }
}

/// Writes what SoftHSM reads.
fn configure(folder: &Path, tokens: &Path) -> Result<PathBuf, ServerError> {
    let path = folder.join("softhsm2.conf");
    let text = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = INFO\nslots.removable = false\n",
        tokens.display()
    );
    fs::write(&path, text).at(&path)?;
    Ok(path)
}

/// The token's slot gets a random number, so the provider takes the first in the list. The name is in MOSIP's settings.
fn provider_text(library: &Path) -> String {
    let library = library.display();
    format!("name = SoftHSM2\nlibrary = {library}\nslotListIndex = 0\n")
}

fn refused(how: String) -> ServerError {
    ServerError::Ended {
        what: "SoftHSM".to_owned(),
        how,
        last_lines: Vec::new(),
    }
}
