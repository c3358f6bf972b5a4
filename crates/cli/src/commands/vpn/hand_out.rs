//! Where a configuration with a private key goes: to where somebody said, and nowhere else.

use std::path::Path;

use mosipctl_report::{Exit, Paint, Trouble};
use mosipctl_vpn::{Ink, qr_code};

use crate::arguments::HandOut;
use crate::settings::Settings;
use crate::write::{Over, unwritable, write};

impl HandOut {
    pub(super) fn leads_nowhere(&self) -> bool {
        !self.qr && self.out.is_none()
    }

    fn is_stdout(&self) -> bool {
        self.out.as_deref() == Some(Path::new("-"))
    }

    /// A key that is drawn and handed to nobody is of no use.
    pub(super) fn must_lead_somewhere(&self) -> Result<(), Trouble> {
        match self.leads_nowhere() {
            false => Ok(()),
            true => Err(Trouble::new("a private key is drawn, and nobody said where it is to go")
                .remedy("`--qr` shows it to a telephone, `--out FILE` writes it, `--out -` prints it; or give `--public-key`")
                .exit(Exit::Usage)),
        }
    }

    /// Looked at before anything is drawn.
    pub(super) fn must_be_new(&self) -> Result<(), Trouble> {
        match &self.out {
            Some(file) if !self.is_stdout() && file.exists() => {
                Err(unwritable(file, "it is there already")
                    .remedy("give another name; a file that is there is never written over")
                    .exit(Exit::Usage))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn hand_out(&self, text: &str, settings: &Settings) -> Result<(), Trouble> {
        if let Some(file) = self.out.as_deref().filter(|_| !self.is_stdout()) {
            write(file, 0o600, text, Over::Refused)?;
            eprintln!("wrote {}", file.display());
        }
        if settings.json {
            return Ok(());
        }
        if self.is_stdout() {
            out!("{text}");
        }
        if self.qr {
            let ink = match settings.data {
                Paint::Colour => Ink::Colour,
                Paint::Plain => Ink::Plain,
            };
            let picture = qr_code(text, ink).ok_or_else(|| {
                Trouble::new("the configuration is too long for a picture")
                    .remedy("use `--out FILE`, or fewer channels")
            })?;
            out!("{picture}");
        }
        Ok(())
    }

    /// The configuration as part of JSON, if it was to be printed.
    pub(super) fn in_json<'a>(&self, text: &'a str) -> Option<&'a str> {
        self.is_stdout().then_some(text)
    }
}
