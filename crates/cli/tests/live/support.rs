//! An environment of a test: its file, its state, and the program run on it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use k8s_openapi::api::core::v1::{Pod, Secret};
use kube::api::{Api, DynamicObject, ListParams, Patch, PatchParams};
use kube::core::{ApiResource, GroupVersionKind};
use kube::{Client, ResourceExt};
use mosipctl_artefact::{Artefacts, Program, Settings};
use tempfile::TempDir;

/// An environment with a state folder of its own.
pub(crate) struct Story {
    folder: TempDir,
    pub(crate) name: String,
    /// What stands before the words of the small edition's modules and namespaces.
    pub(crate) prefix: String,
    catalogue: Option<PathBuf>,
    /// Whether a lab of its own may have to be stopped.
    has_lab: bool,
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Everything that must not differ between a run that was killed and one that was not.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Made {
    /// Values of Secrets that are ours, by namespace, name and key.
    pub(crate) secrets: BTreeMap<String, String>,
    /// Records of Helm releases with their status.
    pub(crate) releases: BTreeMap<String, String>,
    /// Jobs by namespace and name.
    pub(crate) jobs: Vec<String>,
}

impl Story {
    /// The small edition on a cluster that a kubeconfig reaches, in namespaces that no other story has.
    pub(crate) fn small(name: &str, kubeconfig: &Path) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let prefix = format!("{name}{number}");
        let folder = tempfile::tempdir().unwrap();
        let editions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testkit/editions");
        let catalogue = folder.path().join("editions");
        copy_edition(&editions, &catalogue, &prefix);
        let story = Self {
            folder,
            name: prefix.clone(),
            prefix,
            catalogue: Some(catalogue),
            has_lab: false,
        };
        story.write("");
        let link = story.folder.path().join("kubeconfig");
        fs::copy(kubeconfig, link).unwrap();
        story
    }

    /// The small edition in a lab of its own, with more lines under `spec`.
    pub(crate) fn small_in_lab(spec: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let editions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testkit/editions");
        let catalogue = folder.path().join("editions");
        copy_edition(&editions, &catalogue, "lab");
        let story = Self {
            folder,
            name: "small".to_owned(),
            prefix: "lab".to_owned(),
            catalogue: Some(catalogue),
            has_lab: true,
        };
        let text = format!(
            "apiVersion: mosipctl.io/v1alpha1\nkind: Environment\nmetadata: {{name: small}}\nspec:\n  domain: example.org\n  \
             mosip: 0.0.1\n{spec}"
        );
        fs::write(story.file(), text).unwrap();
        story
    }

    /// Pins the scripts of the small edition's database.
    pub(crate) fn pin(&self, from: &str, tree: &str) {
        let file = format!("editions/0.0.1/{}-servers/databases.yaml", self.prefix);
        let file = self.folder.path().join(file);
        let text = fs::read_to_string(&file).unwrap();
        fs::write(file, text.replace(from, tree)).unwrap();
    }

    /// Writes the environment file of the small edition, with more lines under `spec`.
    pub(crate) fn write(&self, spec: &str) {
        let kubeconfig = self.folder.path().join("kubeconfig");
        let text = format!(
            "apiVersion: mosipctl.io/v1alpha1\nkind: Environment\nmetadata: {{name: {}}}\nspec:\n  domain: example.org\n  mosip: 0.0.1\n  \
             cluster: {{kind: existing, kubeconfig: {}}}\n  rehearsal: {{simulate: [postgres]}}\n{spec}",
            self.name,
            kubeconfig.display()
        );
        fs::write(self.file(), text).unwrap();
    }

    /// A complete MOSIP in a lab of its own.
    pub(crate) fn sandbox(spec: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let story = Self {
            folder,
            name: "sandbox".to_owned(),
            prefix: String::new(),
            catalogue: None,
            has_lab: true,
        };
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/sandbox.yaml");
        let text = fs::read_to_string(example).unwrap();
        fs::write(story.file(), format!("{text}\n{spec}")).unwrap();
        story
    }

    /// Gives every component this many seconds to get ready.
    pub(crate) fn deadline(&self, seconds: u32) {
        let edition = self.folder.path().join("editions/0.0.1/edition.yaml");
        let text = fs::read_to_string(&edition).unwrap();
        let text = text.replace("deadline: 120", &format!("deadline: {seconds}"));
        fs::write(edition, text).unwrap();
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("environment.yaml")
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The program, about this environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mosipctl"));
        command.args(arguments);
        if let Some(catalogue) = &self.catalogue {
            command.arg("--catalogue").arg(catalogue);
        }
        command
            .current_dir(self.folder.path())
            .env("MOSIPCTL_STATE", self.folder.path().join("state"))
            .env("NO_COLOR", "1")
            .env_remove("KUBECONFIG")
            .stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        Said::of(self.command(arguments).output().unwrap())
    }

    /// Runs the program, to be killed at a point.
    pub(crate) fn killed_at(&self, point: &str, arguments: &[&str]) -> Said {
        let mut command = self.command(arguments);
        command.env("MOSIPCTL_FAILPOINT", format!("{point}=abort"));
        Said::of(command.output().unwrap())
    }

    /// Makes the environment true.
    #[track_caller]
    pub(crate) fn up(&self) -> Said {
        self.run(&["up", "--yes"]).done()
    }

    /// The kubeconfig of its lab.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        match self.has_lab {
            true => self.run(&["lab", "kubeconfig"]).done().out.trim().into(),
            false => self.folder.path().join("kubeconfig"),
        }
    }

    /// The name of a namespace of the small edition.
    pub(crate) fn namespace(&self, name: &str) -> String {
        format!("{}-{name}", self.prefix)
    }
}

impl Drop for Story {
    fn drop(&mut self) {
        if self.has_lab {
            let _ = self.command(&["lab", "stop"]).output();
        }
    }
}

impl Said {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Self {
            code: output.status.code(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    /// It ended well: done, or done with something that somebody should look at.
    #[track_caller]
    pub(crate) fn done(self) -> Self {
        self.ended_with(&[0, 3])
    }

    #[track_caller]
    pub(crate) fn ended_with(self, codes: &[i32]) -> Self {
        let is_right = self.code.is_some_and(|code| codes.contains(&code));
        assert!(
            is_right,
            "exit {:?}\n── stdout\n{}\n── stderr\n{}",
            self.code, self.out, self.err
        );
        self
    }

    /// Everything it said.
    pub(crate) fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }

    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.all().contains(text), "no `{text}` in\n{}", self.all());
        self
    }
}

/// Whether a story goes all the way, however long that takes. Where it does not, what it leaves out is said.
pub(crate) fn goes_all_the_way(left_out: &str) -> bool {
    let goes = std::env::var_os("MOSIPCTL_TEST_ALL").is_some();
    if !goes {
        eprintln!("skipped: {left_out} (MOSIPCTL_TEST_ALL=1 does it)");
    }
    goes
}

/// A client for a kubeconfig.
pub(crate) async fn client(kubeconfig: &Path) -> Client {
    let kubeconfig = kube::config::Kubeconfig::read_from(kubeconfig).unwrap();
    let options = kube::config::KubeConfigOptions::default();
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await;
    Client::try_from(config.unwrap()).unwrap()
}

impl Made {
    /// What is there in namespaces that pass.
    pub(crate) async fn seen(client: &Client, is_ours: impl Fn(&str) -> bool) -> Self {
        let secrets: Api<Secret> = Api::all(client.clone());
        let secrets = secrets.list(&ListParams::default()).await.unwrap();
        let mut made = Self {
            secrets: BTreeMap::new(),
            releases: BTreeMap::new(),
            jobs: Vec::new(),
        };
        for secret in secrets {
            let namespace = secret.namespace().unwrap();
            if !is_ours(&namespace) {
                continue;
            }
            let labels = secret.labels();
            if labels.get("owner").map(String::as_str) == Some("helm") {
                let status = labels.get("status").cloned().unwrap_or_default();
                made.releases
                    .insert(format!("{namespace}/{}", secret.name_any()), status);
                continue;
            }
            for (key, value) in secret.data.clone().unwrap_or_default() {
                let value = String::from_utf8_lossy(&value.0).into_owned();
                made.secrets
                    .insert(format!("{namespace}/{}#{key}", secret.name_any()), value);
            }
        }
        let jobs: Api<k8s_openapi::api::batch::v1::Job> = Api::all(client.clone());
        for job in jobs.list(&ListParams::default()).await.unwrap() {
            let namespace = job.namespace().unwrap();
            if is_ours(&namespace) {
                made.jobs.push(format!("{namespace}/{}", job.name_any()));
            }
        }
        made.jobs.sort();
        made
    }
}

/// Every pod that is there, by namespace and name, with its uid.
pub(crate) async fn pods(client: &Client) -> BTreeMap<String, Pod> {
    let pods: Api<Pod> = Api::all(client.clone());
    let pods = pods.list(&ListParams::default()).await.unwrap();
    let named = pods.into_iter().filter_map(|pod| {
        pod.metadata.deletion_timestamp.is_none().then(|| {
            (
                format!("{}/{}", pod.namespace().unwrap(), pod.name_any()),
                pod,
            )
        })
    });
    named.collect()
}

/// Runs the real helm on the story's cluster.
pub(crate) async fn helm(story: &Story, arguments: &[&str]) -> String {
    let artefacts = Artefacts::new(Settings::from_environment().unwrap());
    let helm = artefacts.program(Program::Helm).await.unwrap();
    let mut command = Command::new(helm);
    command
        .args(arguments)
        .arg("--kubeconfig")
        .arg(story.kubeconfig());
    let output = command.output().unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "helm {arguments:?}: {out}{err}");
    out.into_owned()
}

/// Copies an edition, with the prefix before the names of its modules and namespaces.
fn copy_edition(from: &Path, to: &Path, prefix: &str) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy_edition(&entry.path(), &to.join(renamed(&name, prefix)), prefix);
            continue;
        }
        let text = fs::read_to_string(entry.path()).unwrap();
        let text = text.replace("default: {builtin: true}", "default: {}");
        fs::write(to.join(name), renamed(&text, prefix)).unwrap();
    }
}

/// Puts the prefix before each word that names a module or namespace of the small edition.
fn renamed(text: &str, prefix: &str) -> String {
    let mut renamed = String::new();
    let mut word = String::new();
    for letter in text.chars().chain(['\0']) {
        if letter.is_alphanumeric() || letter == '_' || letter == '-' {
            word.push(letter);
            continue;
        }
        let is_name = matches!(
            word.as_str(),
            "default" | "servers" | "app" | "extra" | "base"
        );
        // a field of the edition's head is no name
        let is_field = letter == ':' && (renamed.is_empty() || renamed.ends_with('\n'));
        if is_name && !is_field {
            renamed.push_str(&format!("{prefix}-"));
        }
        renamed.push_str(&word);
        word.clear();
        if letter != '\0' {
            renamed.push(letter);
        }
    }
    renamed
}

/// Applies what `rights --yaml` prints, as administrator.
pub(crate) async fn give_rights(story: &Story, administrator: &Client) {
    let said = story.run(&["rights", "--yaml"]).ended_with(&[0]);
    for object in mosipctl_object::manifest::objects(&said.out).unwrap() {
        let object: DynamicObject = serde_json::from_value(object.into()).unwrap();
        let kind = object.types.clone().unwrap();
        let kind = ApiResource::from_gvk(&GroupVersionKind::try_from(kind).unwrap());
        let api: Api<DynamicObject> = match object.namespace() {
            Some(namespace) => Api::namespaced_with(administrator.clone(), &namespace, &kind),
            None => Api::all_with(administrator.clone(), &kind),
        };
        let params = PatchParams::apply("administrator").force();
        let (name, patch) = (object.name_any(), Patch::Apply(&object));
        api.patch(&name, &params, &patch).await.unwrap();
    }
}
