//! Needs are written down one by one and settled into rules, so that no right stands twice.

use std::collections::{BTreeMap, BTreeSet};

use crate::resource::Resource;
use crate::rule::{Grant, Place, Purpose, Rule, Task};

/// Verbs in the order of telling; others stand after them.
const ORDER: [&str; 7] = [
    "get", "list", "watch", "create", "patch", "update", "delete",
];

type Reasons = BTreeSet<(Purpose, Task)>;
type Verbs = BTreeMap<String, Reasons>;

/// What is needed, as it was found out.
#[derive(Debug, Default)]
pub(crate) struct Book {
    entries: BTreeMap<(Place, Resource), Entry>,
}

/// What is needed of one resource in one place.
#[derive(Debug, Default)]
struct Entry {
    every: Verbs,
    named: BTreeMap<String, Verbs>,
}

/// Objects of one resource in one place: all of them, or those of these names.
#[derive(Debug, Clone)]
pub(crate) struct Objects {
    pub(crate) place: Place,
    pub(crate) resource: Resource,
    pub(crate) name: Option<String>,
}

impl Book {
    /// Writes down that something is done with objects.
    pub(crate) fn note(
        &mut self,
        objects: &Objects,
        verbs: &[&str],
        purpose: Purpose,
        tasks: &[Task],
    ) {
        let at = (objects.place.clone(), objects.resource.clone());
        let entry = self.entries.entry(at).or_default();
        let known = match &objects.name {
            None => &mut entry.every,
            Some(name) => entry.named.entry(name.clone()).or_default(),
        };
        for verb in verbs {
            let reasons = known.entry((*verb).to_owned()).or_default();
            reasons.extend(tasks.iter().map(|task| (purpose, *task)));
        }
    }

    /// The rules: what is given everywhere is not given again in a namespace, nor what is given on all objects on some.
    pub(crate) fn settle(mut self) -> Vec<Rule> {
        for entry in self.entries.values_mut() {
            let Entry { every, named } = entry;
            named.values_mut().for_each(|verbs| give_up(verbs, every));
        }
        let everywhere = |(place, _): &(Place, Resource)| *place == Place::Everywhere;
        let (mut wide, mut narrow): (BTreeMap<_, _>, BTreeMap<_, _>) =
            self.entries.into_iter().partition(|(at, _)| everywhere(at));
        for ((_, resource), entry) in &mut narrow {
            let same = (Place::Everywhere, resource.clone());
            let Some(wider) = wide.get_mut(&same) else {
                continue;
            };
            give_up(&mut entry.every, &mut wider.every);
            let named = entry.named.values_mut();
            named.for_each(|verbs| give_up(verbs, &mut wider.every));
        }
        let all = wide.into_iter().chain(narrow);
        all.flat_map(|((place, resource), entry)| rules(&place, &resource, entry))
            .collect()
    }
}

/// Hands the reasons of what a wider right gives already over to it. What charts grant would be no reason for it.
fn give_up(narrow: &mut Verbs, wide: &mut Verbs) {
    narrow.retain(|verb, reasons| match wide.get_mut(verb) {
        Some(known) => {
            reasons.retain(|(purpose, _)| *purpose != Purpose::Roles);
            known.append(reasons);
            false
        }
        None => true,
    });
}

/// One rule for all objects, and one for each set of names with the same verbs.
fn rules(place: &Place, resource: &Resource, entry: Entry) -> Vec<Rule> {
    let mut sets: BTreeMap<Vec<String>, (Vec<String>, Verbs)> = BTreeMap::new();
    for (name, verbs) in entry.named {
        let same: Vec<String> = verbs.keys().cloned().collect();
        let (names, known) = sets.entry(same).or_default();
        names.push(name);
        for (verb, mut reasons) in verbs {
            known.entry(verb).or_default().append(&mut reasons);
        }
    }
    let named = sets.into_values();
    let all = std::iter::once((Vec::new(), entry.every)).chain(named);
    let rules = all.filter(|(_, verbs)| !verbs.is_empty());
    rules
        .map(|(names, verbs)| Rule {
            place: place.clone(),
            resource: resource.clone(),
            names,
            grants: grants(verbs),
        })
        .collect()
}

fn grants(verbs: Verbs) -> Vec<Grant> {
    let grants = verbs.into_iter();
    let mut grants: Vec<Grant> = grants
        .map(|(verb, reasons)| Grant { verb, reasons })
        .collect();
    let rank = |grant: &Grant| ORDER.iter().position(|verb| *verb == grant.verb);
    grants.sort_by_key(|grant| rank(grant).unwrap_or(ORDER.len()));
    grants
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects(place: &Place, name: Option<&str>) -> Objects {
        Objects {
            place: place.clone(),
            resource: Resource::core("secrets"),
            name: name.map(str::to_owned),
        }
    }

    fn settled(needs: &[(&Place, Option<&str>, &[&str], Task)]) -> Vec<Rule> {
        let mut book = Book::default();
        for (place, name, verbs, task) in needs {
            book.note(&objects(place, *name), verbs, Purpose::Look, &[*task]);
        }
        book.settle()
    }

    #[test]
    fn what_is_given_everywhere_is_not_given_again_in_a_namespace() {
        let here = Place::namespace("here");
        let rules = settled(&[
            (&Place::Everywhere, None, &["list"], Task::Plan),
            (&here, None, &["list", "get"], Task::Down),
        ]);
        assert_eq!(rules.len(), 2);
        assert_eq!(rules[0].verbs(), ["list"]);
        let reasons = [(Purpose::Look, Task::Plan), (Purpose::Look, Task::Down)];
        assert_eq!(rules[0].grants[0].reasons, reasons.into());
        assert_eq!(rules[1].verbs(), ["get"]);
    }

    #[test]
    fn what_is_given_on_all_objects_is_not_given_again_on_some() {
        let here = Place::namespace("here");
        let rules = settled(&[
            (&here, Some("one"), &["get"], Task::Up),
            (&here, None, &["get"], Task::Plan),
        ]);
        assert_eq!(rules.len(), 1);
        assert!(rules[0].names.is_empty());
    }

    #[test]
    fn names_with_the_same_verbs_stand_in_one_rule() {
        let rules = settled(&[
            (&Place::Everywhere, Some("one"), &["patch", "get"], Task::Up),
            (&Place::Everywhere, Some("two"), &["get", "patch"], Task::Up),
            (&Place::Everywhere, Some("three"), &["get"], Task::Up),
        ]);
        let told: Vec<_> = rules
            .iter()
            .map(|rule| (&rule.names[..], rule.verbs()))
            .collect();
        let both = ["one".to_owned(), "two".to_owned()];
        let third = ["three".to_owned()];
        assert_eq!(
            told,
            [(&third[..], vec!["get"]), (&both[..], vec!["get", "patch"])]
        );
    }
}
