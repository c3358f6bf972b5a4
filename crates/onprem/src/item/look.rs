//! Asking a host how everything stands, in one round trip.

use std::collections::BTreeMap;
use std::fmt::Write;

use mosipctl_hosts::{packages, quoted};
use mosipctl_plan::observed::Standing;

use super::Item;

/// A function of the shell for each sort of item.
const FUNCTIONS: &str = include_str!("look.sh");

/// What a host answered, by the number of the question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Answers(BTreeMap<usize, String>);

impl Answers {
    /// Reads what [`script`] printed. What a login shell says beside it is not ours.
    pub(crate) fn read(text: &str) -> Self {
        let lines = text.lines().filter_map(|line| {
            let (number, answer) = line.split_once('\t')?;
            Some((number.parse().ok()?, answer.to_owned()))
        });
        Self(lines.collect())
    }

    /// How an item stands. What was not answered is not there.
    pub(crate) fn standing(&self, number: usize, item: &Item) -> Standing {
        match self.0.get(&number) {
            Some(answer) => item.standing(answer),
            None => Standing::Absent,
        }
    }
}

/// The script that asks about items, each by its number.
pub(crate) fn script<'a>(items: impl IntoIterator<Item = &'a Item>) -> String {
    let mut script = format!("{}{FUNCTIONS}", packages::FAMILY);
    for (number, item) in items.into_iter().enumerate() {
        let words = question(number, item);
        let quoted: Vec<String> = words.iter().map(|word| quoted(word)).collect();
        let _ = writeln!(script, "{}", quoted.join(" "));
    }
    script
}

fn question(number: usize, item: &Item) -> Vec<String> {
    let mut words = Vec::new();
    let mut ask = |function: &str, arguments: &mut dyn Iterator<Item = String>| {
        words = vec![function.to_owned(), number.to_string()];
        words.extend(arguments);
    };
    match item {
        Item::Packages(names) => ask("packages", &mut names.iter().cloned()),
        Item::Modules { name, modules } => {
            ask("modules", &mut [name].into_iter().chain(modules).cloned());
        }
        Item::Sysctls { name, values } => {
            let pairs = values.iter().map(|(key, value)| format!("{key}={value}"));
            ask("sysctls", &mut [name.clone()].into_iter().chain(pairs));
        }
        Item::NoSwap => ask("no_swap", &mut std::iter::empty()),
        Item::File(file) | Item::Nginx(file) => ask("file", &mut [file.path.clone()].into_iter()),
        Item::Guarded(change) => {
            let name = [change.name().to_owned()].into_iter();
            let paths = change.files().iter().map(|file| file.path.clone());
            ask("guarded", &mut name.chain(paths));
        }
        Item::NoFile(path) => ask("no_file", &mut [path.clone()].into_iter()),
        Item::Program(program) => ask("program", &mut [program.path.clone()].into_iter()),
        Item::Image(image) => {
            let digest = [&image.archive.sha256].into_iter();
            ask("image", &mut digest.chain(&image.names).cloned());
        }
        Item::Unit(unit) | Item::Steady(unit) => ask("unit", &mut [unit.clone()].into_iter()),
        Item::Script(script) => ask("script", &mut [script.check.clone()].into_iter()),
    }
    words
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use mosipctl_hosts::FileOnHost;

    use super::*;
    use crate::item::Script;

    /// This machine's own shell answers.
    fn ask(items: &[Item]) -> Answers {
        let script = script(items);
        let output = Command::new("sh").arg("-c").arg(script).output().unwrap();
        Answers::read(&String::from_utf8_lossy(&output.stdout))
    }

    #[test]
    fn a_shell_answers_each_question_by_its_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("it's a file");
        std::fs::write(&path, "text").unwrap();
        let path = path.display().to_string();
        let check = |check: &str| {
            Item::Script(Script {
                what: "try".to_owned(),
                check: check.to_owned(),
                run: String::new(),
            })
        };
        let items = [
            Item::File(FileOnHost::new(&path, "other")),
            Item::NoFile(path.clone()),
            check("true"),
            check("echo 'nginx runs with an old file'; false"),
            Item::File(FileOnHost::new("/nowhere/at/all", "")),
        ];
        let answers = ask(&items);
        let told: Vec<Standing> = items
            .iter()
            .enumerate()
            .map(|(number, item)| answers.standing(number, item))
            .collect();
        let differs = |what: &str| Standing::Differs(vec![what.to_owned()]);
        let expected = [
            differs(&path),
            differs(&format!("{path} is there")),
            Standing::Holds,
            differs("nginx runs with an old file"),
            Standing::Absent,
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_unit_that_reads_its_files_again_runs() {
        let asked = |state: &str| {
            let item = [Item::Steady("keepalived".to_owned())];
            let played = format!(
                "systemctl() {{ case $1 in is-active) echo {state} ;; *) echo enabled ;; esac; }}\n"
            );
            let script = played + &script(&item);
            let output = Command::new("sh").arg("-c").arg(script).output().unwrap();
            Answers::read(&String::from_utf8_lossy(&output.stdout)).standing(0, &item[0])
        };
        for running in ["active", "reloading"] {
            assert_eq!(asked(running), Standing::Holds, "{running}");
        }
        assert!(matches!(asked("failed"), Standing::Differs(_)));
    }

    #[test]
    fn what_was_not_answered_is_not_there() {
        let answers = Answers::read("Welcome!\nno number\tsame\n");
        assert_eq!(answers.standing(0, &Item::NoSwap), Standing::Absent);
    }
}
