//! Checks that an edition holds together: every need has a maker, nothing has two, nothing runs in a circle.

use indexmap::IndexMap;
use mosipctl_spec::{Label, nearest};
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::component::When;
use crate::edition::Catalogue;
use crate::fact::{Fact, FactKind};
use crate::relations::Relations;

/// Why an edition does not hold together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum CheckError {
    /// A name that is none, or that nothing has.
    #[error("component `{component}`: {what} `{name}` {problem}")]
    Name {
        /// The component whose file says it.
        component: String,
        /// What the name is of.
        what: &'static str,
        /// The name.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A component needs a fact that nothing makes.
    #[error("component `{component}` needs `{need}`, and nothing makes it")]
    NoMaker {
        /// Who needs it.
        component: String,
        /// What is needed.
        need: Fact,
        /// A fact that looks like it.
        #[help]
        help: Option<String>,
    },
    /// Two components make the same fact.
    #[error("`{fact}` is made by both `{first}` and `{second}`")]
    TwoMakers {
        /// What is made twice.
        fact: Fact,
        /// One maker.
        first: String,
        /// The other.
        second: String,
    },
    /// Components need each other.
    #[error("components need each other: {}", .circle.join(" → "))]
    Circle {
        /// The components, the first one again at the end.
        circle: Vec<String>,
    },
}

/// Checks a whole edition.
///
/// # Errors
/// The first thing that does not hold.
pub(crate) fn check(catalogue: &Catalogue) -> Result<(), CheckError> {
    names(catalogue)?;
    let relations = Relations::of(catalogue);
    one_maker_each(catalogue, &relations)?;
    let mut graph = DiGraph::<&str, ()>::new();
    let nodes: IndexMap<&str, NodeIndex> = catalogue
        .components
        .keys()
        .map(|name| (name.as_str(), graph.add_node(name)))
        .collect();
    for name in catalogue.components.keys() {
        for need in relations.needs_of(name) {
            for maker in makers(catalogue, &relations, need, name)? {
                if let (Some(from), Some(to)) = (nodes.get(maker), nodes.get(name.as_str())) {
                    graph.update_edge(*from, *to, ());
                }
            }
        }
    }
    no_circle(&graph)
}

fn names(catalogue: &Catalogue) -> Result<(), CheckError> {
    let edition = &catalogue.edition;
    for (role, modules) in &edition.roles {
        let is_unknown = |module: &&String| !edition.modules.contains_key(*module);
        if let Some(module) = modules.iter().find(is_unknown) {
            return Err(CheckError::Name {
                component: format!("edition.yaml, role {}", role.as_str()),
                what: "module",
                name: module.clone(),
                problem: unknown(module, edition.modules.keys()),
            });
        }
    }
    for (name, entry) in &catalogue.components {
        let wrong = |what, name: &str, problem| {
            Err(CheckError::Name {
                component: name_of(entry, catalogue),
                what,
                name: name.to_owned(),
                problem,
            })
        };
        if let Err(error) = name.parse::<Label>() {
            return wrong("its own name", name, error.to_string());
        }
        if !edition.modules.contains_key(&entry.module) {
            return wrong(
                "module",
                &entry.module,
                unknown(&entry.module, edition.modules.keys()),
            );
        }
        let namespace = catalogue.namespace_of(name).unwrap_or_default();
        if !edition.namespaces.contains_key(namespace) {
            return wrong(
                "namespace",
                namespace,
                unknown(namespace, edition.namespaces.keys()),
            );
        }
        for other in &entry.component.uses {
            if !catalogue.components.contains_key(other) {
                return wrong(
                    "component under `uses`",
                    other,
                    unknown(other, catalogue.components.keys()),
                );
            }
        }
    }
    Ok(())
}

fn name_of(entry: &crate::edition::Entry, catalogue: &Catalogue) -> String {
    let found = catalogue
        .components
        .iter()
        .find(|(_, other)| std::ptr::eq(*other, entry));
    found.map(|(name, _)| name.clone()).unwrap_or_default()
}

fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a String>) -> String {
    match nearest(name, known.map(String::as_str)) {
        Some(meant) => format!("does not exist (did you mean `{meant}`?)"),
        None => "does not exist".to_owned(),
    }
}

/// A fact has one maker, or several of which an environment can only have one.
fn one_maker_each(catalogue: &Catalogue, relations: &Relations<'_>) -> Result<(), CheckError> {
    let when = |name: &str| {
        catalogue
            .components
            .get(name)
            .and_then(|entry| entry.component.when.as_ref())
    };
    for makers in relations.makers() {
        for (index, (fact, second)) in makers.iter().enumerate() {
            let mut before = makers[..index].iter();
            if let Some((_, first)) =
                before.find(|(_, first)| !are_alternatives(when(first), when(second)))
            {
                let (first, second) = ((*first).to_owned(), (*second).to_owned());
                return Err(CheckError::TwoMakers {
                    fact: fact.clone(),
                    first,
                    second,
                });
            }
        }
    }
    Ok(())
}

/// Whether two components never stand in the same environment.
fn are_alternatives(a: Option<&When>, b: Option<&When>) -> bool {
    matches!((a, b), (Some(a), Some(b)) if a.external == b.external && a.mode != b.mode)
}

/// Everyone who makes a needed fact, directly or as the original of a copy; nobody for facts from outside.
fn makers<'a>(
    catalogue: &Catalogue,
    relations: &Relations<'a>,
    need: &Fact,
    component: &str,
) -> Result<Vec<&'a str>, CheckError> {
    let edition = &catalogue.edition;
    let is_namespace =
        need.kind == FactKind::Namespace && edition.namespaces.contains_key(&need.key);
    let makers = relations.makers_of(need);
    if !makers.is_empty() || is_namespace || edition.is_outside(need) {
        return Ok(makers);
    }
    let known = relations
        .makers()
        .flatten()
        .filter(|(fact, _)| fact.kind == need.kind);
    let help = nearest(&need.key, known.map(|(fact, _)| fact.key.as_str()))
        .map(|key| format!("did you mean `{} {key}`?", need.kind));
    Err(CheckError::NoMaker {
        component: component.to_owned(),
        need: need.clone(),
        help,
    })
}

fn no_circle(graph: &DiGraph<&str, ()>) -> Result<(), CheckError> {
    for group in tarjan_scc(graph) {
        let in_circle =
            group.len() > 1 || group.iter().any(|node| graph.contains_edge(*node, *node));
        if in_circle {
            let mut circle: Vec<String> = group
                .iter()
                .rev()
                .map(|node| graph[*node].to_owned())
                .collect();
            circle.extend(circle.first().cloned());
            return Err(CheckError::Circle { circle });
        }
    }
    Ok(())
}
