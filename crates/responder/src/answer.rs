//! What is to be answered: a port, or a path at a port.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

/// A port that takes connections, or a path at a port that is answered over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    port: u16,
    /// Path and query, as in the first line of a request.
    path: Option<String>,
}

/// The paths of each port; a port without any only takes connections.
pub(crate) type Ports = BTreeMap<u16, BTreeSet<String>>;

impl FromStr for Answer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (port, path) = match text.split_once('=') {
            Some((port, path)) => (port, Some(path)),
            None => (text, None),
        };
        let wrong = || format!("`{text}` is neither a port nor PORT=/PATH");
        let port = port.parse().map_err(|_| wrong())?;
        match path {
            Some(path) if !path.starts_with('/') => Err(wrong()),
            path => Ok(Self {
                port,
                path: path.map(str::to_owned),
            }),
        }
    }
}

/// Answers by port.
pub(crate) fn by_port(answers: &[Answer]) -> Ports {
    let mut ports = Ports::new();
    for answer in answers {
        let paths = ports.entry(answer.port).or_default();
        paths.extend(answer.path.clone());
    }
    ports
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(texts: &[&str]) -> Result<Ports, String> {
        let answers: Result<Vec<Answer>, String> = texts.iter().map(|text| text.parse()).collect();
        answers.map(|answers| by_port(&answers))
    }

    #[test]
    fn a_port_may_be_told_several_times() {
        let ports = read(&["8080=/health", "61616", "8080=/ready?deep=1", "8080"]).unwrap();
        let paths: Vec<&str> = ports[&8080].iter().map(String::as_str).collect();
        assert_eq!(paths, ["/health", "/ready?deep=1"]);
        assert!(ports[&61616].is_empty());
    }

    #[test]
    fn anything_else_is_refused_by_its_name() {
        for text in ["http", "70000", "8080=health", "", "8080:/health"] {
            let told = read(&[text]).unwrap_err();
            assert_eq!(told, format!("`{text}` is neither a port nor PORT=/PATH"));
        }
    }
}
