//! Errors as people see them: what failed, what is behind it, what to do.

use std::error::Error;
use std::fmt::Write;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::paint::Paint;

/// An error on its way to a person.
#[derive(Debug)]
pub struct Trouble {
    message: String,
    causes: Vec<String>,
    remedy: Option<String>,
    snippet: Option<Box<dyn Diagnostic + Send + Sync>>,
    exit: Exit,
}

impl Trouble {
    /// A failure in words.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            causes: Vec::new(),
            remedy: None,
            snippet: None,
            exit: Exit::Failed,
        }
    }

    /// An error with everything behind it. No text repeats the one before.
    pub fn of(error: &(dyn Error + 'static)) -> Self {
        let mut trouble = Self::new(error.to_string());
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            if trouble.causes.last().unwrap_or(&trouble.message) != &text {
                trouble.causes.push(text);
            }
            source = cause.source();
        }
        trouble
    }

    /// Something wrong with a file, shown with the line it stands on. The exit code is that of usage errors.
    pub fn in_file(diagnostic: impl Diagnostic + Send + Sync + 'static) -> Self {
        let mut trouble = Self::new(diagnostic.to_string());
        trouble.remedy = diagnostic.help().map(|help| help.to_string());
        trouble.snippet = Some(Box::new(diagnostic));
        trouble.exit = Exit::Usage;
        trouble
    }

    /// The same with a headline that says what was being done: "failed to …".
    #[must_use]
    pub fn while_doing(mut self, what: impl Into<String>) -> Self {
        self.causes
            .insert(0, std::mem::replace(&mut self.message, what.into()));
        self
    }

    /// The same with a beginning for its message, such as "failed to ", after which errors read.
    #[must_use]
    pub fn headed(mut self, beginning: &str) -> Self {
        self.message.insert_str(0, beginning);
        self
    }

    /// The same with another cause at the end.
    #[must_use]
    pub fn because(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// The same with what to do.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// The same with what to do, if anything is known.
    #[must_use]
    pub fn maybe_remedy(self, remedy: Option<String>) -> Self {
        match remedy {
            Some(remedy) => self.remedy(remedy),
            None => self,
        }
    }

    /// The same with another exit code.
    #[must_use]
    pub fn exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// Its exit code.
    pub fn exit_code(&self) -> Exit {
        self.exit
    }

    /// The text for a terminal, ending in a line break.
    pub fn text(&self, paint: Paint) -> String {
        let mut text = String::new();
        if let Some(snippet) = &self.snippet
            && snippet.source_code().is_some()
        {
            return self.with_snippet(snippet.as_ref(), paint);
        }
        let _ = writeln!(
            text,
            "{} {}",
            paint.bad("error:"),
            indented(&self.message, 7)
        );
        for cause in &self.causes {
            let _ = writeln!(
                text,
                "  {} {}",
                paint.faint("caused by:"),
                indented(cause, 13)
            );
        }
        if let Some(remedy) = &self.remedy {
            let _ = writeln!(text, "  {} {}", paint.good("remedy:"), indented(remedy, 10));
        }
        text
    }

    fn with_snippet(&self, snippet: &dyn Diagnostic, paint: Paint) -> String {
        let theme = match paint {
            Paint::Colour => GraphicalTheme::unicode(),
            Paint::Plain => GraphicalTheme::unicode_nocolor(),
        };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_links(false)
            .with_width(100);
        let mut drawn = String::new();
        let _ = handler.render_report(&mut drawn, snippet);
        // The handler's first line is the message with a mark; ours says the same as every other error.
        let body = drawn.split_once('\n').map_or("", |(_, body)| body);
        format!(
            "{} {}\n{}",
            paint.bad("error:"),
            self.message,
            body.trim_end_matches('\n')
        ) + "\n"
    }

    /// The same for programs.
    pub fn json(&self) -> Value {
        json!({
            "error": self.message,
            "causes": self.causes,
            "remedy": self.remedy,
            "exitCode": self.exit.code(),
        })
    }
}

/// Further lines of a text stand under the first.
fn indented(text: &str, by: usize) -> String {
    text.trim_end()
        .replace('\n', &format!("\n{}", " ".repeat(by)))
}
