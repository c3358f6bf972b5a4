//! The objects of one kind, each as the little that is asked about it.

use std::collections::HashMap;

use kube::runtime::watcher;
use kube::{Resource, ResourceExt};

/// Namespace and name.
pub(super) type Key = (String, String);

/// The objects of one kind.
#[derive(Debug)]
pub(super) struct Table<T> {
    live: HashMap<Key, T>,
    /// What a new list has told so far.
    fresh: Option<HashMap<Key, T>>,
    is_complete: bool,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            live: HashMap::new(),
            fresh: None,
            is_complete: false,
        }
    }
}

impl<T: PartialEq> Table<T> {
    /// Takes an event of a watch; gives the objects that changed.
    pub(super) fn take<K: Resource>(
        &mut self,
        event: watcher::Event<K>,
        view: impl Fn(&K) -> T,
    ) -> Vec<Key> {
        match event {
            watcher::Event::Init => {
                self.fresh = Some(HashMap::new());
                Vec::new()
            }
            watcher::Event::InitApply(object) => {
                let fresh = self.fresh.get_or_insert_default();
                fresh.insert(key(&object), view(&object));
                Vec::new()
            }
            watcher::Event::InitDone => self.renew(),
            watcher::Event::Apply(object) => {
                let (key, view) = (key(&object), view(&object));
                match self.live.get(&key) == Some(&view) {
                    true => Vec::new(),
                    false => {
                        self.live.insert(key.clone(), view);
                        vec![key]
                    }
                }
            }
            watcher::Event::Delete(object) => {
                let key = key(&object);
                self.live.remove(&key);
                vec![key]
            }
        }
    }

    /// Replaces all by what a new list told.
    fn renew(&mut self) -> Vec<Key> {
        self.is_complete = true;
        let fresh = self.fresh.take().unwrap_or_default();
        let gone = self.live.keys().filter(|key| !fresh.contains_key(*key));
        let mut changed: Vec<Key> = gone.cloned().collect();
        let new = fresh
            .iter()
            .filter(|(key, view)| self.live.get(*key) != Some(view));
        changed.extend(new.map(|(key, _)| key.clone()));
        self.live = fresh;
        changed
    }

    /// Whether everything that was there at the start is known.
    pub(super) fn is_complete(&self) -> bool {
        self.is_complete
    }

    pub(super) fn get(&self, namespace: &str, name: &str) -> Option<&T> {
        self.live.get(&(namespace.to_owned(), name.to_owned()))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Key, &T)> {
        self.live.iter()
    }
}

fn key<K: Resource>(object: &K) -> Key {
    (object.namespace().unwrap_or_default(), object.name_any())
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::ConfigMap;

    use super::*;

    fn map(name: &str, key: &str) -> ConfigMap {
        let mut map = ConfigMap::default();
        map.metadata.name = Some(name.to_owned());
        map.data = Some([(key.to_owned(), String::new())].into());
        map
    }

    fn keys(map: &ConfigMap) -> Vec<String> {
        map.data
            .iter()
            .flatten()
            .map(|(key, _)| key.clone())
            .collect()
    }

    fn name(name: &str) -> Key {
        (String::new(), name.to_owned())
    }

    #[test]
    fn only_changes_that_matter_are_told() {
        let mut table = Table::default();
        assert_eq!(
            table.take(watcher::Event::Apply(map("a", "x")), keys),
            [name("a")]
        );
        assert_eq!(table.take(watcher::Event::Apply(map("a", "x")), keys), []);
        assert_eq!(
            table.take(watcher::Event::Apply(map("a", "y")), keys),
            [name("a")]
        );
        assert_eq!(
            table.take(watcher::Event::Delete(map("a", "y")), keys),
            [name("a")]
        );
    }

    #[test]
    fn a_new_list_tells_what_came_changed_and_went_meanwhile() {
        let mut table = Table::default();
        for object in [map("stays", "x"), map("changes", "x"), map("goes", "x")] {
            table.take(watcher::Event::Apply(object), keys);
        }
        assert!(!table.is_complete());
        table.take(watcher::Event::<ConfigMap>::Init, keys);
        for object in [map("stays", "x"), map("changes", "y"), map("comes", "x")] {
            assert_eq!(table.take(watcher::Event::InitApply(object), keys), []);
        }
        let mut changed = table.take(watcher::Event::<ConfigMap>::InitDone, keys);
        changed.sort();
        assert_eq!(changed, [name("changes"), name("comes"), name("goes")]);
        assert!(table.is_complete());
    }
}
