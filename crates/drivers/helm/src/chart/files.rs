//! The files of a chart, from a folder or an archive.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use flate2::read::GzDecoder;

use super::ChartError;
use super::ignore::Ignore;

/// One file of a chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChartFile {
    /// Path in the chart, with `/`.
    pub(crate) name: String,
    /// Content.
    pub(crate) data: Vec<u8>,
}

/// Every file of a chart in the order of their names, but those it ignores.
pub(crate) fn read(chart: &Path) -> Result<Vec<ChartFile>, ChartError> {
    let mut files = match chart.is_dir() {
        true => folder(chart)?,
        false => archive(chart)?,
    };
    files.sort_by(|one, other| one.name.cmp(&other.name));
    for file in &mut files {
        // a byte order mark would become part of the first word
        if let Some(rest) = file.data.strip_prefix(&[0xEF, 0xBB, 0xBF]) {
            file.data = rest.to_vec();
        }
    }
    Ok(files)
}

fn folder(chart: &Path) -> Result<Vec<ChartFile>, ChartError> {
    let ignored = fs::read_to_string(chart.join(".helmignore")).unwrap_or_default();
    let ignore = Ignore::parse(&ignored);
    let mut files = Vec::new();
    walk(chart, "", &ignore, &mut files)?;
    Ok(files)
}

fn walk(
    folder: &Path,
    prefix: &str,
    ignore: &Ignore,
    files: &mut Vec<ChartFile>,
) -> Result<(), ChartError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| ChartError::Read { path, source }
    };
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        let entry = entry.map_err(failed(folder))?;
        let path = entry.path();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        // links are followed, as Helm does
        let is_folder = path.is_dir();
        if ignore.ignores(&name, is_folder) {
            continue;
        }
        if is_folder {
            walk(&path, &format!("{name}/"), ignore, files)?;
        } else {
            let data = fs::read(&path).map_err(failed(&path))?;
            files.push(ChartFile { name, data });
        }
    }
    Ok(())
}

/// A `.tgz`: everything stands in one folder, whose name is cut off.
fn archive(chart: &Path) -> Result<Vec<ChartFile>, ChartError> {
    let failed = |source| ChartError::Read {
        path: chart.to_owned(),
        source,
    };
    let file = fs::File::open(chart).map_err(failed)?;
    unpack(file).map_err(failed)
}

/// The files of a packed chart.
pub(crate) fn unpack(packed: impl std::io::Read) -> std::io::Result<Vec<ChartFile>> {
    let mut files = Vec::new();
    let mut archive = tar::Archive::new(GzDecoder::new(packed));
    for entry in archive.entries()? {
        let mut entry = entry?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let path = entry.path()?.to_string_lossy().into_owned();
        let Some((_, name)) = path.split_once('/') else {
            continue;
        };
        let name = name.to_owned();
        let mut data = Vec::new();
        entry.read_to_end(&mut data)?;
        files.push(ChartFile { name, data });
    }
    Ok(files)
}
