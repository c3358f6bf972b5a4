//! "Did you mean": the known name that looks most like an unknown one.

/// Names less alike than this are no help (Jaro-Winkler, 0 to 1); found by trying the misspellings in the tests.
const ALIKE: f64 = 0.8;

/// The name among `known` most like `text`, when one is alike enough to be worth showing.
pub fn nearest<'a>(text: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(text, name), name))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_misspelt_name_and_leaves_strangers_alone() {
        let known = ["config-server", "keymanager", "registrationsPerDay"];
        assert_eq!(nearest("config-sever", known), Some("config-server"));
        assert_eq!(
            nearest("registrationPerDay", known),
            Some("registrationsPerDay")
        );
        assert_eq!(nearest("zebra", known), None);
    }
}
