//! An image of one layer, and its archive, in the form that `docker save` has.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use mosipctl_artefact::Sha256;
use serde_json::json;

use crate::error::{AtPath, SiteError};

/// Where a process in the image looks for programs.
const SEARCH_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// An image that is made here.
#[derive(Debug, Clone)]
pub struct Image {
    names: Vec<String>,
    entrypoint: String,
    /// By path in the image, without the slash before it.
    content: BTreeMap<String, Content>,
}

#[derive(Debug, Clone)]
enum Content {
    /// A file of this machine.
    File(PathBuf),
    /// A symbolic link to this path.
    Link(String),
}

impl Image {
    /// An image that starts one static program, which lies `at` this path in it. `name` is the whole name, with its tag.
    pub fn of_program(name: &str, at: &str, program: &Path) -> Self {
        let image = Self {
            names: vec![name.to_owned()],
            entrypoint: at.to_owned(),
            content: BTreeMap::new(),
        };
        image.with(at, program)
    }

    /// With another file, at this path in the image.
    #[must_use]
    pub fn with(mut self, at: &str, file: &Path) -> Self {
        let at = at.trim_start_matches('/').to_owned();
        self.content.insert(at, Content::File(file.to_owned()));
        self
    }

    /// With a link at this path in the image.
    #[must_use]
    pub fn linking(mut self, at: &str, to: &str) -> Self {
        let at = at.trim_start_matches('/').to_owned();
        self.content.insert(at, Content::Link(to.to_owned()));
        self
    }

    /// With a second name.
    #[must_use]
    pub fn also_named(mut self, name: &str) -> Self {
        self.names.push(name.to_owned());
        self
    }

    /// Its last word without the tag, which is the name of its archive: `kube-proxy`.
    pub fn name(&self) -> &str {
        let name = self.names.first().map_or("", String::as_str);
        let last = name.rsplit('/').next().unwrap_or_default();
        last.split(':').next().unwrap_or_default()
    }

    /// Writes its archive into a folder, named as the image with `.tar`. The same content gives the same bytes.
    ///
    /// # Errors
    /// A file cannot be read, or the archive not be written.
    pub fn save(&self, folder: &Path) -> Result<PathBuf, SiteError> {
        let archive = folder.join(format!("{}.tar", self.name()));
        let layer = folder.join(format!("{}.layer", self.name()));
        self.write_layer(&layer).at(&layer)?;
        let digest = Sha256::of_file(&layer).at(&layer)?;
        self.write_archive(&archive, &layer, &digest).at(&archive)?;
        fs::remove_file(&layer).at(&layer)?;
        Ok(archive)
    }

    fn write_layer(&self, layer: &Path) -> std::io::Result<()> {
        let mut tar = Tar::create(layer)?;
        for folder in self.folders() {
            tar.folder(&folder)?;
        }
        for (at, content) in &self.content {
            match content {
                Content::File(file) => tar.file(at, file)?,
                Content::Link(to) => tar.link(at, to)?,
            }
        }
        tar.finish()
    }

    /// Every folder above its files, and one for whoever wants to write.
    fn folders(&self) -> Vec<String> {
        let above = self
            .content
            .keys()
            .flat_map(|at| Path::new(at).ancestors().skip(1));
        let above = above.map(|folder| folder.to_string_lossy().into_owned());
        let mut folders: Vec<String> = above.filter(|folder| !folder.is_empty()).collect();
        folders.push(TEMPORARY.to_owned());
        folders.sort();
        folders.dedup();
        folders
    }

    fn write_archive(&self, archive: &Path, layer: &Path, digest: &Sha256) -> std::io::Result<()> {
        let config = self.config(digest).to_string();
        let config_name = format!("{}.json", Sha256::of(config.as_bytes()));
        let manifest = json!([{
            "Config": config_name, "RepoTags": self.names, "Layers": ["layer.tar"],
        }]);
        let mut tar = Tar::create(archive)?;
        // first, so that who asks for the names need not read the layer
        tar.text("manifest.json", &manifest.to_string())?;
        tar.text(&config_name, &config)?;
        tar.file("layer.tar", layer)?;
        tar.finish()
    }

    /// See the image specification of Docker 1.2, and of OCI, which has the same fields.
    fn config(&self, layer: &Sha256) -> serde_json::Value {
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        json!({
            "architecture": architecture,
            "os": "linux",
            "config": {"Entrypoint": [self.entrypoint], "Env": [format!("PATH={SEARCH_PATH}")]},
            "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{layer}")]},
            "history": [{"created_by": "mosipctl-site"}],
        })
    }
}

const TEMPORARY: &str = "tmp";

/// An archive that is written, with no times and no owners in it.
struct Tar(tar::Builder<BufWriter<File>>);

impl Tar {
    fn create(path: &Path) -> std::io::Result<Self> {
        Ok(Self(tar::Builder::new(BufWriter::new(File::create(path)?))))
    }

    fn header(kind: tar::EntryType, mode: u32, size: u64) -> tar::Header {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(size);
        header.set_mtime(0);
        header
    }

    fn folder(&mut self, at: &str) -> std::io::Result<()> {
        let mode = if at == TEMPORARY { 0o1777 } else { 0o755 };
        let mut header = Self::header(tar::EntryType::Directory, mode, 0);
        self.0.append_data(&mut header, at, std::io::empty())
    }

    fn file(&mut self, at: &str, file: &Path) -> std::io::Result<()> {
        let file = File::open(file)?;
        let mut header = Self::header(tar::EntryType::Regular, 0o755, file.metadata()?.len());
        self.0.append_data(&mut header, at, file)
    }

    fn link(&mut self, at: &str, to: &str) -> std::io::Result<()> {
        let mut header = Self::header(tar::EntryType::Symlink, 0o777, 0);
        self.0.append_link(&mut header, at, to)
    }

    fn text(&mut self, at: &str, text: &str) -> std::io::Result<()> {
        let mut header = Self::header(tar::EntryType::Regular, 0o644, text.len() as u64);
        self.0.append_data(&mut header, at, text.as_bytes())
    }

    fn finish(self) -> std::io::Result<()> {
        self.0.into_inner()?.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn entries(archive: &Path) -> BTreeMap<String, Vec<u8>> {
        let mut archive = tar::Archive::new(File::open(archive).unwrap());
        let entries = archive.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            let mut content = Vec::new();
            std::io::Read::read_to_end(&mut entry, &mut content).unwrap();
            (entry.path().unwrap().display().to_string(), content)
        });
        entries.collect()
    }

    #[test]
    fn an_archive_names_its_layer_and_its_image() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("tool");
        fs::write(&program, "binary").unwrap();
        let image = Image::of_program("example.org/a/tool:1", "/usr/local/bin/tool", &program)
            .also_named("tool:latest")
            .linking("bin/sh", "tool");
        let archive = image.save(folder.path()).unwrap();
        assert!(archive.ends_with("tool.tar"));
        let whole = entries(&archive);
        let manifest: serde_json::Value = serde_json::from_slice(&whole["manifest.json"]).unwrap();
        assert_eq!(
            manifest[0]["RepoTags"],
            json!(["example.org/a/tool:1", "tool:latest"])
        );
        let config = &whole[manifest[0]["Config"].as_str().unwrap()];
        let config: serde_json::Value = serde_json::from_slice(config).unwrap();
        let layer = &whole["layer.tar"];
        let digest = format!("sha256:{}", Sha256::of(layer));
        assert_eq!(config["rootfs"]["diff_ids"], json!([digest]));
        assert_eq!(
            config["config"]["Entrypoint"],
            json!(["/usr/local/bin/tool"])
        );

        let inner = folder.path().join("inner");
        fs::write(&inner, layer).unwrap();
        let names: BTreeSet<String> = entries(&inner).into_keys().collect();
        let expected = [
            "bin",
            "bin/sh",
            "tmp",
            "usr",
            "usr/local",
            "usr/local/bin",
            "usr/local/bin/tool",
        ];
        assert_eq!(names, expected.map(str::to_owned).into());
    }

    #[test]
    fn the_same_content_gives_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("tool");
        let archives = ["one", "one", "two"].map(|content| {
            fs::write(&program, content).unwrap();
            let archive = Image::of_program("tool:1", "/tool", &program)
                .save(folder.path())
                .unwrap();
            fs::read(archive).unwrap()
        });
        assert_eq!(archives[0], archives[1]);
        assert_ne!(archives[0], archives[2]);
    }
}
