//! The command line: settings in, calls of the library, output.

// first, because its macros are used by all others
#[macro_use]
mod output;

mod arguments;
mod charts;
mod commands;
mod confirm;
mod connect;
mod ground;
mod hosts_file;
mod lock;
mod progress;
mod real;
mod routed;
mod session;
mod settings;
mod write;

use std::process::ExitCode;

use clap::Parser;
use mosipctl_report::Trouble;

use arguments::Arguments;
use settings::Settings;

fn main() -> ExitCode {
    // Whoever builds the first TLS connection finds the provider that is named here; it is the only one compiled in.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let arguments = Arguments::parse();
    let settings = Settings::of(&arguments);
    let exit = match commands::run(arguments, &settings) {
        Ok(exit) => exit,
        Err(trouble) => complain(&trouble, &settings),
    };
    ExitCode::from(exit.code())
}

/// The one place where errors become text and exit codes.
fn complain(trouble: &Trouble, settings: &Settings) -> mosipctl_report::Exit {
    if settings.json {
        outln!("{}", trouble.json());
    } else {
        eprint!("{}", trouble.text(settings.talk));
        eprintln!("exit {}", trouble.exit_code().code());
    }
    trouble.exit_code()
}
