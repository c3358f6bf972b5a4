//! Rights as people read them: by what they are for.

use std::collections::{BTreeMap, BTreeSet};

use mosipctl_report::Paint;
use mosipctl_rights::{ACCOUNT, NAMESPACE, Place, Purpose, Rights, Rule, Task};

/// So many namespaces or objects are named one by one.
const NAMED: usize = 3;
/// Columns of the screen, as of all others.
const WIDTH: usize = 100;

/// Rights for one purpose. The same verbs for the same commands stand on one line, whatever they are done with.
type Lines = BTreeMap<(Where, String), Told>;

/// Verbs that the same commands need.
type Verbs<'a> = (BTreeSet<Task>, Vec<&'a str>);

/// Where, in the order of telling.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Where {
    Everywhere,
    /// On objects of certain names: of one resource in one place.
    Named(Place, String),
    Namespaces,
}

/// What one line tells.
#[derive(Debug, Default)]
struct Told {
    resources: BTreeSet<String>,
    names: BTreeSet<String>,
    namespaces: BTreeSet<String>,
}

pub(super) fn screen(rights: &Rights, file: &str, paint: Paint) -> String {
    let head = paint.strong(&format!("environment {}", rights.environment));
    let mut text = format!(
        "{head} · the least rights that plan, up, down and verify need\n\
         for service account {NAMESPACE}/{ACCOUNT}\n"
    );
    for (purpose, lines) in purposes(rights) {
        text.push_str(&format!("\n{}\n", folded(purpose.why(), 0)));
        for ((place, verbs), told) in lines {
            text.push_str(&format!("  {}\n", folded(&told.what(&place), 4)));
            text.push_str(&format!("    {}\n", paint.faint(&verbs)));
        }
    }
    text.push_str(&format!(
        "\n{} `mosipctl rights {file} --yaml | kubectl apply -f -`, as administrator\n",
        paint.good("give them:")
    ));
    text
}

fn purposes(rights: &Rights) -> BTreeMap<Purpose, Lines> {
    let mut purposes: BTreeMap<Purpose, Lines> = BTreeMap::new();
    for rule in &rights.rules {
        let resource = rule.resource.to_string();
        let place = match (&rule.place, rule.names.is_empty()) {
            (place, false) => Where::Named(place.clone(), resource.clone()),
            (Place::Everywhere, true) => Where::Everywhere,
            (Place::Namespace(_), true) => Where::Namespaces,
        };
        for (purpose, verbs) in of_rule(rule) {
            let lines = purposes.entry(purpose).or_default();
            let told = lines.entry((place.clone(), verbs)).or_default();
            told.resources.insert(resource.clone());
            told.names.extend(rule.names.iter().cloned());
            if let Place::Namespace(namespace) = &rule.place {
                told.namespaces.insert(namespace.clone());
            }
        }
    }
    purposes
}

/// What a rule gives for each purpose: `get for plan, up; create for up`.
fn of_rule(rule: &Rule) -> BTreeMap<Purpose, String> {
    let mut found: BTreeMap<Purpose, Vec<Verbs<'_>>> = BTreeMap::new();
    for grant in &rule.grants {
        let mut by_purpose: BTreeMap<Purpose, BTreeSet<Task>> = BTreeMap::new();
        for (purpose, task) in &grant.reasons {
            by_purpose.entry(*purpose).or_default().insert(*task);
        }
        for (purpose, tasks) in by_purpose {
            let known = found.entry(purpose).or_default();
            match known.iter_mut().find(|(same, _)| *same == tasks) {
                Some((_, verbs)) => verbs.push(&grant.verb),
                None => known.push((tasks, vec![&grant.verb])),
            }
        }
    }
    let told = |(tasks, verbs): Verbs<'_>| {
        let tasks: Vec<&str> = tasks.iter().map(|task| task.word()).collect();
        format!("{} for {}", verbs.join(", "), tasks.join(", "))
    };
    let each = found.into_iter();
    each.map(|(purpose, grants)| {
        let grants: Vec<String> = grants.into_iter().map(told).collect();
        (purpose, grants.join("; "))
    })
    .collect()
}

impl Told {
    fn what(&self, place: &Where) -> String {
        let resources = listed(&self.resources);
        let names = match self.names.is_empty() {
            true => String::new(),
            false => format!(" {}", short(&self.names, "of them")),
        };
        match (place, self.namespaces.is_empty()) {
            (Where::Everywhere, _) => format!("everywhere: {resources}"),
            (_, true) => format!("by name: {resources}{names}"),
            (_, false) => format!(
                "in {}: {resources}{names}",
                short(&self.namespaces, "namespaces")
            ),
        }
    }
}

fn listed(items: &BTreeSet<String>) -> String {
    let items: Vec<&str> = items.iter().map(String::as_str).collect();
    items.join(", ")
}

/// A few by name, many by their number.
fn short(items: &BTreeSet<String>, noun: &str) -> String {
    match items.len() {
        few if few <= NAMED => listed(items),
        many => format!("{many} {noun}"),
    }
}

/// The text in lines as wide as the screen; further ones are indented.
fn folded(text: &str, indent: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if indent + line.len() + 1 + word.len() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join(&format!("\n{}", " ".repeat(indent)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_folded_under_their_beginning() {
        let word = "a".repeat(WIDTH - 10);
        let text = folded(&format!("get {word} {word}"), 4);
        assert_eq!(text, format!("get {word}\n    {word}"));
    }

    #[test]
    fn a_few_are_named_and_many_counted() {
        let items = |count: usize| (0..count).map(|n| format!("n{n}")).collect();
        assert_eq!(short(&items(2), "namespaces"), "n0, n1");
        assert_eq!(short(&items(9), "namespaces"), "9 namespaces");
    }
}
