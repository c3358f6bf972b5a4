//! A tiny static program that answers in place of any image, to prove by real kubelets everything about a pod but its program.
//!
//! It answers at the ports and paths it is told by its arguments, or ends well at once as a Job should. It reads no file,
//! writes none and needs no right, so it runs as any user on a root that cannot be written. What a pod template is told is made by
//! `mosipctl-render`.

mod answer;
mod ask;
mod serve;

use std::process::ExitCode;

use answer::Answer;

/// Exit code for arguments that say nothing.
const USAGE: u8 = 2;

/// What `responder` without arguments says.
const HELP: &str = "\
Answers in place of an image. Usage:

  responder serve [PORT | PORT=PATH]…   answers until SIGTERM: HTTP 200 at the paths of a port and 404 elsewhere,
                                        a port without a path only takes connections; without ports it only waits
  responder ask [PORT | PORT=PATH]…     ends well when all of that is answered on this machine, for exec probes
  responder once                        ends well at once, for Jobs and init containers";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let answers: Result<Vec<Answer>, String> = arguments.map(|text| text.parse()).collect();
    let done = match (command.as_str(), answers) {
        (_, Err(wrong)) => return misused(&wrong),
        ("serve", Ok(answers)) => serve::serve(&answers),
        ("ask", Ok(answers)) => ask::ask(&answers),
        ("once", Ok(_)) => {
            println!("responder: stands in for a program that ends; nothing was done");
            Ok(())
        }
        _ => return misused(HELP),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("responder: failed to {error}");
            ExitCode::FAILURE
        }
    }
}

fn misused(words: &str) -> ExitCode {
    eprintln!("{words}");
    ExitCode::from(USAGE)
}
