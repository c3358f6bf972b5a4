//! Which components of the edition an environment gets.

use std::collections::{BTreeMap, BTreeSet};

use mosipctl_catalogue::component::Install;
use mosipctl_catalogue::relations::Relations;
use mosipctl_catalogue::{Catalogue, Fact};
use mosipctl_spec::environment::Role;
use mosipctl_spec::{Complaint, Document, Environment, nearest};
use serde::Serialize;

use crate::error::BlueprintError;
use crate::images;

/// Why a component is not in the blueprint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Absence {
    /// The environment switches it off.
    Disabled,
    /// The environment leaves its module out.
    ModuleLeftOut,
    /// It is not in the install set, and nothing asked for it.
    NotAskedFor,
    /// Another component takes its place in this mode of a server.
    OtherMode,
}

/// The chosen components and the others.
pub(crate) struct Selection {
    /// Names, in the order of the edition.
    pub(crate) chosen: Vec<String>,
    /// All others.
    pub(crate) absent: BTreeMap<String, Absence>,
    /// Facts that only absent components make.
    pub(crate) unmade: BTreeMap<Fact, String>,
}

pub(crate) fn select(
    environment: &Environment,
    document: &Document<'_>,
    catalogue: &Catalogue,
) -> Result<Selection, BlueprintError> {
    known_names(environment, document, catalogue)?;
    let mut absent = BTreeMap::new();
    let mut chosen = BTreeSet::new();
    for name in catalogue.components.keys() {
        match first_choice(name, environment, catalogue) {
            Ok(()) => drop(chosen.insert(name.clone())),
            Err(why) => drop(absent.insert(name.clone(), why)),
        }
    }
    let relations = Relations::of(catalogue);
    add_what_is_needed(&relations, &mut chosen, &mut absent)?;
    let made: BTreeSet<&Fact> = chosen
        .iter()
        .flat_map(|name| relations.made_by(name))
        .collect();
    let others = absent
        .keys()
        .flat_map(|name| relations.made_by(name).map(move |fact| (fact, name)));
    let unmade = others
        .filter(|(fact, _)| !made.contains(fact))
        .map(|(fact, name)| (fact.clone(), name.clone()))
        .collect();
    let chosen = catalogue
        .components
        .keys()
        .filter(|name| chosen.contains(*name))
        .cloned()
        .collect();
    Ok(Selection {
        chosen,
        absent,
        unmade,
    })
}

/// Modules and components that the environment names must exist.
fn known_names(
    environment: &Environment,
    document: &Document<'_>,
    catalogue: &Catalogue,
) -> Result<(), BlueprintError> {
    let modules = &environment.spec.modules;
    let known_modules = || catalogue.edition.modules.keys().map(String::as_str);
    for (field, names) in [
        ("only", &modules.only),
        ("except", &modules.except),
        ("also", &modules.also),
    ] {
        for (index, name) in names.iter().enumerate() {
            if !catalogue.edition.modules.contains_key(name) {
                let path = ["spec", "modules", field, &index.to_string()];
                return Err(unknown(document, &path, "module", name, known_modules()).into());
            }
        }
    }
    let role = environment.spec.role;
    if role != Role::Mosip && !catalogue.edition.roles.contains_key(&role) {
        let message = format!(
            "edition {} has nothing for role `{}`",
            catalogue.edition.version,
            role.as_str()
        );
        let complaint = Complaint::at(document, &["spec", "role"], message);
        let help =
            "leave `role` out for a MOSIP, and name modules under `modules.only` for part of one";
        return Err(Box::new(complaint.with_help(help)).into());
    }
    known_components(environment, document, catalogue)
}

fn known_components(
    environment: &Environment,
    document: &Document<'_>,
    catalogue: &Catalogue,
) -> Result<(), BlueprintError> {
    let changed = environment.spec.components.keys();
    let changed = changed.map(|name| (name.as_str(), vec!["spec", "components", name]));
    let rehearsal = environment.spec.rehearsal.iter();
    let images = rehearsal.flat_map(|rehearsal| rehearsal.images.keys());
    let images = images.filter(|name| !images::names_an_image(name));
    let images = images.map(|name| (name.as_str(), vec!["spec", "rehearsal", "images", name]));
    for (name, path) in changed.chain(images) {
        if !catalogue.components.contains_key(name) {
            let known = catalogue.components.keys().map(String::as_str);
            return Err(unknown(document, &path, "component", name, known).into());
        }
    }
    Ok(())
}

fn unknown<'a>(
    document: &Document<'_>,
    path: &[&str],
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'a str>,
) -> Box<Complaint> {
    let complaint = Complaint::at(document, path, format!("unknown {what} `{name}`"));
    let complaint = match nearest(name, known) {
        Some(meant) => complaint.with_label(format!("did you mean `{meant}`?")),
        None => complaint,
    };
    Box::new(complaint.with_help("`mosipctl catalogue list` shows modules and components"))
}

fn first_choice(
    name: &str,
    environment: &Environment,
    catalogue: &Catalogue,
) -> Result<(), Absence> {
    let entry = &catalogue.components[name];
    if let Some(when) = &entry.component.when {
        let modes = environment.modes();
        if modes.get(when.external.as_str()) != Some(&when.mode.as_str()) {
            return Err(Absence::OtherMode);
        }
    }
    match environment
        .spec
        .components
        .get(name)
        .and_then(|settings| settings.enabled)
    {
        Some(true) => return Ok(()),
        Some(false) => return Err(Absence::Disabled),
        None => {}
    }
    let modules = &environment.spec.modules;
    let has = |list: &[String]| list.contains(&entry.module);
    let module_by_default = catalogue
        .edition
        .modules
        .get(&entry.module)
        .map(|module| module.install);
    let of_role = catalogue.edition.roles.get(&environment.spec.role);
    let is_in = match (modules.only.is_empty(), of_role) {
        (false, _) => has(&modules.only),
        (true, Some(of_role)) => has(of_role),
        (true, None) => module_by_default == Some(Install::Default),
    };
    let module_is_in = is_in || has(&modules.also);
    match () {
        () if has(&modules.except) => Err(Absence::ModuleLeftOut),
        () if !module_is_in || entry.component.install == Install::Optional => {
            Err(Absence::NotAskedFor)
        }
        () => Ok(()),
    }
}

/// Brings in the makers of what the chosen ones need. A maker that the environment left out on purpose is an error.
fn add_what_is_needed(
    relations: &Relations<'_>,
    chosen: &mut BTreeSet<String>,
    absent: &mut BTreeMap<String, Absence>,
) -> Result<(), BlueprintError> {
    let mut asked_by: BTreeMap<String, String> = BTreeMap::new();
    let mut open: Vec<String> = chosen.iter().cloned().collect();
    while let Some(name) = open.pop() {
        for need in relations.needs_of(&name) {
            let makers = relations.makers_of(need);
            if makers.iter().any(|maker| chosen.contains(*maker)) {
                continue;
            }
            let fitting = makers
                .into_iter()
                .find(|maker| absent.get(*maker) != Some(&Absence::OtherMode));
            let Some(maker) = fitting.map(str::to_owned) else {
                continue;
            };
            if matches!(
                absent.get(&maker),
                Some(Absence::Disabled | Absence::ModuleLeftOut)
            ) {
                return Err(needed_but_absent(&maker, &name, need, &asked_by, absent));
            }
            absent.remove(&maker);
            chosen.insert(maker.clone());
            asked_by.insert(maker.clone(), name.clone());
            open.push(maker);
        }
    }
    Ok(())
}

fn needed_but_absent(
    maker: &str,
    by: &str,
    need: &Fact,
    asked_by: &BTreeMap<String, String>,
    absent: &BTreeMap<String, Absence>,
) -> BlueprintError {
    let mut chain = vec![format!("`{need}`"), by.to_owned()];
    let mut last = by;
    while let Some(asker) = asked_by.get(last) {
        chain.push(asker.clone());
        last = asker;
    }
    let help = match absent.get(maker) {
        Some(Absence::ModuleLeftOut) => {
            format!("take its module out of `spec.modules.except`, or leave `{last}` out too")
        }
        _ => format!("remove `spec.components.{maker}.enabled: false`, or leave `{last}` out too"),
    };
    BlueprintError::NeededButAbsent {
        component: maker.to_owned(),
        chain,
        help,
    }
}
