//! A program of the user's that sets and clears records.

use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::{Proof, ProverError, record_name};

/// Some providers of DNS take a minute until a record is everywhere, and the program may wait for that.
const PATIENCE: Duration = Duration::from_secs(300);

/// Runs `PROGRAM set|clear NAME` with the value on its standard input.
pub(super) async fn run(
    program: &[String],
    verb: &'static str,
    proof: &Proof,
) -> Result<(), ProverError> {
    let name = record_name(proof);
    let shown = program.join(" ");
    let failed = |how: String| ProverError::Hook {
        program: shown.clone(),
        verb,
        name: name.clone(),
        how,
    };
    let Some((first, arguments)) = program.split_first() else {
        return Err(failed("no program is named".to_owned()));
    };
    let mut command = Command::new(first);
    command.args(arguments).args([verb, name.as_str()]);
    let running = tokio::time::timeout(PATIENCE, with_input(command, &proof.text));
    let output = match running.await {
        Ok(output) => output.map_err(|error| failed(error.to_string()))?,
        Err(_) => {
            return Err(failed(format!(
                "it did not end within {} s",
                PATIENCE.as_secs()
            )));
        }
    };
    match output.status.success() {
        true => Ok(()),
        false => {
            let said = String::from_utf8_lossy(&output.stderr);
            let last = said.trim().lines().last().unwrap_or("it says nothing");
            Err(failed(format!("{}: {last}", output.status)))
        }
    }
}

async fn with_input(mut command: Command, text: &str) -> std::io::Result<Output> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.kill_on_drop(true).spawn()?;
    if let Some(mut input) = child.stdin.take() {
        // one that does not want the value may close its input
        let _ = input.write_all(format!("{text}\n").as_bytes()).await;
    }
    child.wait_with_output().await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proof() -> Proof {
        Proof {
            name: "example.org".to_owned(),
            token: "t".to_owned(),
            answer: "a".to_owned(),
            text: "the-text".to_owned(),
        }
    }

    fn shell(script: &str) -> Vec<String> {
        ["sh", "-c", script, "hook"].map(ToOwned::to_owned).to_vec()
    }

    #[tokio::test]
    async fn a_program_gets_verb_and_name_as_arguments_and_the_value_as_input() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("said");
        let script = format!("echo \"$1 $2 $(cat)\" > {}", file.display());
        run(&shell(&script), "set", &proof()).await.unwrap();
        let said = std::fs::read_to_string(&file).unwrap();
        assert_eq!(said, "set _acme-challenge.example.org the-text\n");
    }

    #[tokio::test]
    async fn a_program_that_fails_is_shown_with_its_last_words() {
        let error = run(&shell("echo no such zone >&2; exit 3"), "clear", &proof())
            .await
            .unwrap_err();
        assert!(
            error.to_string().ends_with("exit status: 3: no such zone"),
            "{error}"
        );
        let missing = ["/does/not/exist".to_owned()];
        assert!(run(&missing, "set", &proof()).await.is_err());
    }
}
