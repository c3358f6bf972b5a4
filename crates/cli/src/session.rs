//! From the environment file to everything that is desired: the part that every command about an environment shares.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mosipctl_artefact::{
    ArtefactError, Artefacts, GitFolder, Program, Settings as ArtefactSettings,
};
use mosipctl_blueprint::Blueprint;
use mosipctl_catalogue::component::{Database, Scripts};
use mosipctl_catalogue::{Catalogue, Fact, LoadError};
use mosipctl_helm::Helm;
use mosipctl_plan::Desired;
use mosipctl_plan::desired::Prepared;
use mosipctl_prepare::Servers;
use mosipctl_render::{Rendered, Renderer};
use mosipctl_report::Trouble;
use mosipctl_spec::environment::cluster::ClusterKind;
use mosipctl_spec::environment::rehearsal::Part;
use mosipctl_spec::{Document, Environment};

use crate::charts::charts;
use crate::connect::{Connection, postgres_settings};
use crate::hosts_file::{hosts_file, read};
use crate::output::Doing;
use crate::real::{
    bring, is_made_by_responders, key_tables, why_keymanager_is_pretended, why_keys_are_pretended,
};
use crate::settings::Settings;

/// An environment file with everything that follows from it without looking at the world.
pub(crate) struct Session {
    /// The file, as the user named it.
    pub(crate) file: String,
    pub(crate) environment: Environment,
    pub(crate) catalogue: Catalogue,
    pub(crate) blueprint: Blueprint,
    /// Parts that run for real beside a lab.
    pub(crate) real: Vec<Part>,
    /// What was asked to be real, and why it is not.
    pub(crate) skipped: Vec<(Part, String)>,
    /// Why the Jobs that make keys only pretend to; none when they do it.
    pub(crate) keys_pretended: Option<String>,
    /// How many values that people supply are only pretended.
    pub(crate) supplied: usize,
}

/// A change of the environment file that is only tried.
pub(crate) type Change = Arc<dyn Fn(&mut Environment) + Send + Sync>;

/// Releases rendered, and everything that is to be.
pub(crate) struct Wanted {
    pub(crate) rendered: Rendered,
    pub(crate) desired: Arc<Desired>,
    /// Where the scripts of each database lie.
    pub(crate) scripts: BTreeMap<String, PathBuf>,
    /// Databases whose scripts cannot be had and that nothing may pretend, with the reason.
    pub(crate) lacking: Vec<(Fact, ArtefactError)>,
    pub(crate) helm: Helm,
}

impl Wanted {
    /// What is to be prepared inside servers, without what is only pretended.
    pub(crate) fn really_prepared(&self) -> Vec<(&Fact, &Prepared)> {
        let prepared = self.desired.prepared.iter();
        let real = prepared.filter(|(_, prepared)| prepared.simulated.is_none());
        real.map(|(fact, prepared)| (fact, &prepared.what))
            .collect()
    }
}

impl Session {
    /// The servers that things are prepared in.
    pub(crate) fn servers(
        &self,
        connection: &Connection,
        wanted: &Wanted,
    ) -> Result<Servers, Trouble> {
        let servers = Servers::new(connection.kube.clone(), self.blueprint.servers.clone());
        let postgres = postgres_settings(&self.environment, &self.file)?;
        Ok(servers
            .with_scripts(wanted.scripts.clone())
            .with_keys(key_tables(self, wanted))
            .with_postgres(postgres))
    }

    /// Reads the file and resolves it.
    pub(crate) fn open(file: &Path, settings: &Settings) -> Result<Self, Trouble> {
        Self::open_changed(file, settings, |_| {})
    }

    /// Reads the file and resolves it as if it said something else.
    pub(crate) fn open_changed(
        file: &Path,
        settings: &Settings,
        change: impl FnOnce(&mut Environment),
    ) -> Result<Self, Trouble> {
        let name = file.display().to_string();
        let text = read(file)?;
        let document = Document {
            name: &name,
            text: &text,
        };
        let mut environment =
            Environment::read(&document).map_err(|complaint| Trouble::in_file(*complaint))?;
        if let Some(hosts) = hosts_file(&environment, file)? {
            let settled = environment.settle_storage(&hosts, &document);
            settled.map_err(|complaint| Trouble::in_file(*complaint))?;
        }
        change(&mut environment);
        let catalogue = settings
            .catalogue
            .load(&environment.spec.mosip)
            .map_err(unloadable)?;
        let blueprint =
            Blueprint::new(&environment, &document, &catalogue).map_err(Trouble::in_file)?;
        Ok(Self {
            file: name,
            environment,
            catalogue,
            blueprint,
            real: Vec::new(),
            skipped: Vec::new(),
            keys_pretended: None,
            supplied: 0,
        })
    }

    /// Brings the servers that are to run for real beside a lab. What this machine lacks is simulated after all, and said.
    pub(crate) async fn bring_servers(&mut self, doing: &Arc<Doing>) -> Result<(), Trouble> {
        let spec = &self.environment.spec;
        let asked = spec
            .rehearsal
            .as_ref()
            .map(|rehearsal| rehearsal.real.clone());
        let is_lab = spec.cluster.kind == ClusterKind::Lab;
        let artefacts = artefacts(doing)?;
        for part in asked.filter(|_| is_lab).unwrap_or_default() {
            self.real.push(part);
            if let Err(why) = bring(part, &artefacts).await {
                self.skip(part, why);
            }
        }
        self.keys_pretended = why_keys_are_pretended(self, &artefacts).await;
        if is_lab && let Some(why) = self.keys_pretended.clone() {
            self.skip_keys(&why);
        }
        Ok(())
    }

    /// Simulates a part after all.
    fn skip(&mut self, part: Part, why: String) {
        self.real.retain(|real| *real != part);
        self.blueprint.rehearsal.simulate.push(part);
        self.skipped.push((part, why));
    }

    /// Without keys there is no key manager; a token without keys may be.
    fn skip_keys(&mut self, why: &str) {
        if self.real.contains(&Part::Softhsm) {
            let why = format!("its token is real, the keys in it are not: {why}");
            self.skipped.push((Part::Softhsm, why));
        }
        if self.real.contains(&Part::Keymanager) {
            self.skip(Part::Keymanager, why.to_owned());
        }
    }

    /// Renders every release for a version of Kubernetes.
    pub(crate) async fn render(
        &self,
        settings: &Settings,
        kube_version: &str,
        doing: &Arc<Doing>,
    ) -> Result<Wanted, Trouble> {
        let artefacts = artefacts(doing)?;
        let helm = artefacts
            .program(Program::Helm)
            .await
            .map_err(|error| Trouble::of(&error))?;
        let helm = Helm::new(helm).await.map_err(|error| Trouble::of(&error))?;
        let cache = artefacts.settings().cache.join("render");
        let renderer = Renderer::new(
            charts(settings, &artefacts)?,
            &cache,
            helm.clone(),
            kube_version,
        );
        let progress = |done: usize, total: usize| {
            doing.say("render", &format!("rendering release {done} of {total}"))
        };
        let rendered = renderer.render(&self.blueprint, &progress).await;
        let (rendered, _) = rendered.map_err(|error| Trouble::of(&error))?;
        let desired = Arc::new(Desired::new(&self.blueprint, &rendered));
        Ok(Wanted {
            rendered,
            desired,
            scripts: BTreeMap::new(),
            lacking: Vec::new(),
            helm,
        })
    }
}

pub(crate) fn unloadable(error: LoadError) -> Trouble {
    Trouble::in_file(error)
}

impl Session {
    /// Brings the scripts of the databases that are made for real. Those that cannot be had are pretended in a lab; elsewhere
    /// they are lacking, which matters to whoever makes one of these databases.
    pub(crate) async fn bring_scripts(
        &mut self,
        wanted: &mut Wanted,
        doing: &Arc<Doing>,
    ) -> Result<(), Trouble> {
        let artefacts = artefacts(doing)?;
        let prepared = wanted.desired.prepared.iter();
        let databases = prepared.filter_map(|(fact, prepared)| {
            let Prepared::Database(database) = &prepared.what else {
                return None;
            };
            let is_real = prepared.simulated.is_none();
            is_real.then(|| (fact.clone(), database.clone()))
        });
        let databases: Vec<(Fact, Database)> = databases.collect();
        let is_lab = self.environment.spec.cluster.kind == ClusterKind::Lab;
        let folders = databases
            .iter()
            .map(|(_, database)| git_folder(&database.scripts));
        let folders: Vec<GitFolder> = folders.collect();
        let bringing = folders.iter().map(|folder| artefacts.git_folder(folder));
        let brought = futures::future::join_all(bringing).await;
        for ((fact, database), brought) in databases.into_iter().zip(brought) {
            match brought {
                Ok(folder) => drop(wanted.scripts.insert(database.name, folder)),
                Err(_) if is_lab => {
                    let Scripts {
                        repository,
                        reference,
                        ..
                    } = &database.scripts;
                    let why = format!(
                        "scripts not here: put a bare mirror of {repository}@{reference} into the folder that MOSIPCTL_MIRROR names"
                    );
                    Arc::make_mut(&mut wanted.desired).simulate(&fact, why);
                }
                Err(error) => wanted.lacking.push((fact, error)),
            }
        }
        if self.keys_pretended.is_none() && is_made_by_responders(self, wanted) {
            self.keys_pretended =
                Some("a responder runs in place of who makes or keeps them".to_owned());
        }
        if self.real.contains(&Part::Softhsm)
            && self.keys_pretended.is_none()
            && let Some(why) = why_keymanager_is_pretended(self, wanted)
        {
            self.skip_keys(&why);
        }
        Ok(())
    }
}

fn git_folder(scripts: &Scripts) -> GitFolder {
    GitFolder {
        repository: scripts.repository.clone(),
        reference: scripts.reference.clone(),
        folder: scripts.folder.clone(),
        tree: scripts.tree.clone(),
    }
}

/// Finds programs and charts, and says so.
pub(crate) fn artefacts(doing: &Arc<Doing>) -> Result<Artefacts, Trouble> {
    let settings = ArtefactSettings::from_environment().map_err(|error| Trouble::of(&error))?;
    Ok(Artefacts::new(settings).telling(doing.clone()))
}
