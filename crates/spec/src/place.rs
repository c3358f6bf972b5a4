//! Where a node stands in a YAML text.
//!
//! Types stay free of positions: when a check fails, the text is read once more, this time with positions, and the
//! path of the offending node is looked up.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

/// Bytes from the start of the text, and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// First byte.
    pub(crate) offset: usize,
    /// Number of bytes.
    pub(crate) length: usize,
}

/// A YAML node with the places of its keys and values.
enum Tree {
    Leaf,
    Map(Vec<(Spanned<String>, Spanned<Tree>)>),
    List(Vec<Spanned<Tree>>),
}

/// The place of the node at `path`, or of its nearest ancestor that exists; list items are named by their index.
/// Of a map entry the key is marked, of anything else the value.
pub(crate) fn find(text: &str, path: &[&str]) -> Option<Place> {
    let tree: Spanned<Tree> = serde_saphyr::from_str(text).ok()?;
    let mut found = place(&tree.referenced);
    let mut node = &tree.value;
    for step in path {
        let (here, below) = match node {
            Tree::Map(entries) => match entries.iter().find(|(key, _)| key.value == *step) {
                Some((key, value)) => (place(&key.referenced), &value.value),
                None => break,
            },
            Tree::List(items) => match step
                .parse::<usize>()
                .ok()
                .and_then(|index| items.get(index))
            {
                Some(item) => (place(&item.referenced), &item.value),
                None => break,
            },
            Tree::Leaf => break,
        };
        found = here.or(found);
        node = below;
    }
    found
}

fn place(location: &Location) -> Option<Place> {
    let span = location.span();
    let offset = usize::try_from(span.byte_offset()?).ok()?;
    let length = usize::try_from(span.byte_len().unwrap_or(1)).ok()?;
    Some(Place { offset, length })
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any YAML")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Tree::Map(entries))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Tree, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Tree::List(items))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }
    fn visit_str<E>(self, _: &str) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }
    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }
    fn visit_none<E>(self) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "spec:\n  components:\n    keymanger: {replicas: 2}\n  languages: [eng, xx]\n";

    fn marked(path: &[&str]) -> &'static str {
        let place = find(TEXT, path).unwrap();
        &TEXT[place.offset..place.offset + place.length]
    }

    #[test]
    fn finds_keys_values_and_list_items() {
        assert_eq!(marked(&["spec", "components", "keymanger"]), "keymanger");
        assert_eq!(marked(&["spec", "languages", "1"]), "xx");
    }

    #[test]
    fn what_is_missing_is_shown_at_its_nearest_ancestor() {
        assert_eq!(marked(&["spec", "components", "absent", "x"]), "components");
    }
}
