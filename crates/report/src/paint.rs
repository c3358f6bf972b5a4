//! Colour, where the terminal has it. Meaning never depends on it.

use console::Style;

/// Paints text, or leaves it as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// With colour.
    Colour,
    /// Without.
    Plain,
}

impl Paint {
    /// What a stream wants: colour on a terminal, unless `NO_COLOR` says otherwise.
    pub fn for_stderr() -> Self {
        if console::colors_enabled_stderr() {
            Self::Colour
        } else {
            Self::Plain
        }
    }

    /// The same for stdout.
    pub fn for_stdout() -> Self {
        if console::colors_enabled() {
            Self::Colour
        } else {
            Self::Plain
        }
    }

    fn with(self, style: Style, text: &str) -> String {
        match self {
            Self::Colour => style.force_styling(true).apply_to(text).to_string(),
            Self::Plain => text.to_owned(),
        }
    }

    /// What the eye should find first.
    pub fn strong(self, text: &str) -> String {
        self.with(Style::new().bold(), text)
    }

    /// What can be passed over.
    pub fn faint(self, text: &str) -> String {
        self.with(Style::new().dim(), text)
    }

    /// Good news.
    pub fn good(self, text: &str) -> String {
        self.with(Style::new().green(), text)
    }

    /// Bad news.
    pub fn bad(self, text: &str) -> String {
        self.with(Style::new().red().bold(), text)
    }

    /// Something to look at.
    pub fn warn(self, text: &str) -> String {
        self.with(Style::new().yellow(), text)
    }
}
