//! `mosipctl kubeconfig`

use mosipctl_report::{Exit, Trouble};
use serde_json::json;

use super::hosts::members::Cluster;
use crate::arguments::Kubeconfig;
use crate::ground::{trouble, write};
use crate::settings::Settings;

pub(crate) async fn run(arguments: &Kubeconfig, settings: &Settings) -> Result<Exit, Trouble> {
    let user = user(
        std::env::var("USER")
            .or_else(|_| std::env::var("LOGNAME"))
            .ok(),
    );
    let cluster = Cluster::open(&arguments.file.file, settings).await?;
    let text = cluster.members.kubeconfig(&user).await;
    let text = text.map_err(|error| trouble(&error))?;
    let Some(out) = &arguments.out else {
        match settings.json {
            true => outln!("{}", json!({"user": user, "kubeconfig": *text})),
            false => out!("{}", *text),
        }
        return Ok(Exit::Done);
    };
    write(out, text.as_bytes()).map_err(|error| {
        Trouble::of(&error).while_doing(format!("failed to write `{}`", out.display()))
    })?;
    match settings.json {
        true => outln!("{}", json!({"user": user, "file": out})),
        false => eprintln!(
            "{} is good for a day, for {user}: KUBECONFIG={} kubectl get nodes",
            out.display(),
            out.display()
        ),
    }
    Ok(Exit::Done)
}

/// Who runs this, in the letters that a certificate and a shell take as they are.
fn user(name: Option<String>) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let name = name.filter(|name| (1..=64).contains(&name.len()) && name.chars().all(is_plain));
    match name {
        Some(name) => format!("mosipctl:{name}"),
        None => "mosipctl".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_a_shell_would_read_is_not_taken() {
        let name = |text: &str| user(Some(text.to_owned()));
        assert_eq!(name("ada"), "mosipctl:ada");
        for bad in ["a'; reboot; '", "", "a b", &"x".repeat(65)] {
            assert_eq!(name(bad), "mosipctl");
        }
        assert_eq!(user(None), "mosipctl");
    }
}
