//! Asking whether something is to be done.

use std::io::Write;

use mosipctl_report::{Exit, Trouble};

use crate::settings::Settings;

/// Asks for a yes; without a terminal nobody can be asked.
pub(crate) fn ask(question: &str, settings: &Settings) -> Result<(), Trouble> {
    if !can_ask(settings) {
        return Err(Trouble::new("nobody can be asked whether to run this plan: there is no terminal")
            .remedy("look at the plan, then give `--yes`, or save it with `plan --out FILE` and give `--plan FILE`")
            .exit(Exit::Usage));
    }
    match answer(&format!("\n{question} [y/N] ")).as_deref() {
        Some("y" | "Y" | "yes") => Ok(()),
        _ => Err(Trouble::new("not confirmed; nothing was touched").exit(Exit::Usage)),
    }
}

/// What is to be typed before something is done that cannot be taken back.
pub(crate) struct Typed<'a> {
    /// What is about to be done: "this removes data for ever".
    pub(crate) what: &'a str,
    /// What is to be typed.
    pub(crate) name: &'a str,
    /// How that is called: "the environment's name".
    pub(crate) called: &'a str,
    /// What to do before it is given on the command line: "look at the plan, then".
    pub(crate) first: &'a str,
}

impl Typed<'_> {
    /// Takes the name, typed at the terminal or given on the command line.
    pub(crate) fn confirm(&self, given: Option<&str>, settings: &Settings) -> Result<(), Trouble> {
        let Self {
            what,
            name,
            called,
            first,
        } = self;
        let typed = match given {
            Some(typed) => typed.to_owned(),
            None if can_ask(settings) => {
                answer(&format!("{what}; type {called} to confirm: ")).unwrap_or_default()
            }
            None => {
                let message = format!("{what}, and nobody can be asked: there is no terminal");
                return Err(Trouble::new(message)
                    .remedy(format!("{first} give `--confirm {name}`"))
                    .exit(Exit::Usage));
            }
        };
        match typed == *name {
            true => Ok(()),
            false => Err(
                Trouble::new(format!("`{typed}` is not {called}; nothing was touched"))
                    .exit(Exit::Usage),
            ),
        }
    }
}

fn can_ask(settings: &Settings) -> bool {
    settings.is_terminal && !settings.json
}

/// What is answered, without the spaces around it; none when nobody can be read from.
fn answer(question: &str) -> Option<String> {
    eprint!("{question}");
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    read.ok().map(|_| answer.trim().to_owned())
}
