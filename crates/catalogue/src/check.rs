//! Checks that an edition holds together: every need has a maker, nothing has two, nothing runs in a circle.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use mosipctl_spec::{Label, nearest};
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::component::When;
use crate::edition::Catalogue;
use crate::fact::{Fact, FactKind};
use crate::relations::Placed;

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

/// Who makes a fact, and when.
struct Maker<'a> {
    component: &'a str,
    when: Option<&'a When>,
}

type Makers<'a> = BTreeMap<(FactKind, String), Vec<(Fact, Maker<'a>)>>;

/// Checks a whole edition.
///
/// # Errors
/// The first thing that does not hold.
pub(crate) fn check(catalogue: &Catalogue) -> Result<(), CheckError> {
    names(catalogue)?;
    let makers = makers(catalogue)?;
    let mut graph = DiGraph::<&str, ()>::new();
    let nodes: IndexMap<&str, NodeIndex> = catalogue
        .components
        .keys()
        .map(|name| (name.as_str(), graph.add_node(name)))
        .collect();
    for placed in placed(catalogue) {
        for need in placed.needs() {
            for maker in find(catalogue, &makers, &need, placed.name)? {
                if let (Some(from), Some(to)) = (nodes.get(maker), nodes.get(placed.name)) {
                    graph.update_edge(*from, *to, ());
                }
            }
        }
    }
    no_circle(&graph)
}

/// Every component with its namespace; those without one were refused by `names`.
pub(crate) fn placed(catalogue: &Catalogue) -> impl Iterator<Item = Placed<'_>> {
    catalogue.components.iter().filter_map(|(name, entry)| {
        let namespace = catalogue.namespace_of(name)?;
        Some(Placed {
            name,
            namespace,
            component: &entry.component,
        })
    })
}

fn names(catalogue: &Catalogue) -> Result<(), CheckError> {
    let edition = &catalogue.edition;
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

fn makers(catalogue: &Catalogue) -> Result<Makers<'_>, CheckError> {
    let mut makers: Makers<'_> = BTreeMap::new();
    for placed in placed(catalogue) {
        let when = placed.component.when.as_ref();
        for fact in placed.makes() {
            let known = makers.entry((fact.kind, fact.key.clone())).or_default();
            if let Some((_, other)) = known
                .iter()
                .find(|(_, other)| !are_alternatives(other.when, when))
            {
                let (first, second) = (other.component.to_owned(), placed.name.to_owned());
                return Err(CheckError::TwoMakers {
                    fact,
                    first,
                    second,
                });
            }
            known.push((
                fact,
                Maker {
                    component: placed.name,
                    when,
                },
            ));
        }
    }
    Ok(makers)
}

/// Whether two components never stand in the same environment.
fn are_alternatives(a: Option<&When>, b: Option<&When>) -> bool {
    matches!((a, b), (Some(a), Some(b)) if a.external == b.external && a.mode != b.mode)
}

/// Everyone who makes a needed fact, directly or as the original of a copy; nobody for facts from outside.
fn find<'a>(
    catalogue: &Catalogue,
    makers: &Makers<'a>,
    need: &Fact,
    component: &str,
) -> Result<Vec<&'a str>, CheckError> {
    let edition = &catalogue.edition;
    if need.kind == FactKind::Namespace && edition.namespaces.contains_key(&need.key) {
        return Ok(Vec::new());
    }
    for wanted in [Some(need.clone()), edition.shared.original_of(need)]
        .into_iter()
        .flatten()
    {
        let known = makers.get(&(wanted.kind, wanted.key.clone()));
        let found: Vec<&str> = known
            .into_iter()
            .flatten()
            .filter(|(fact, _)| fact.satisfies(&wanted))
            .map(|(_, maker)| maker.component)
            .collect();
        if !found.is_empty() {
            return Ok(found);
        }
    }
    if edition.is_outside(need) {
        return Ok(Vec::new());
    }
    let alike = makers
        .keys()
        .filter(|(kind, _)| *kind == need.kind)
        .map(|(_, key)| key.as_str());
    let help = nearest(&need.key, alike).map(|key| format!("did you mean `{} {key}`?", need.kind));
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
