//! Charts as Helm keeps them in its records: every file, parsed and raw.

mod files;
mod ignore;

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

pub(crate) use files::{ChartFile, read, unpack};

/// A chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart(Value);

/// A chart that cannot be read. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum ChartError {
    /// A file cannot be read.
    #[error("read {}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("understand {file} of chart {}: {problem}", .chart.display())]
    Content {
        /// The chart.
        chart: PathBuf,
        /// The file in it.
        file: String,
        /// What is wrong.
        problem: String,
    },
}

impl Chart {
    /// Reads a chart from its folder or archive, as `helm/helm:pkg/chart/v2/loader` does. Charts inside it are not part of
    /// a record. Times of files are left out: they say when somebody unpacked the chart.
    ///
    /// # Errors
    /// It cannot be read, or is no chart.
    pub fn read(path: &Path) -> Result<Self, ChartError> {
        let files = read(path)?;
        let mut chart = json!({
            "metadata": null, "lock": null, "templates": [], "values": {}, "schema": null,
            "schemamodtime": "0001-01-01T00:00:00Z", "files": [],
        });
        for file in &files {
            take(&mut chart, file).map_err(|problem| ChartError::Content {
                chart: path.to_owned(),
                file: file.name.clone(),
                problem,
            })?;
        }
        let chart = Self(chart);
        if chart.name().is_empty() || chart.version().is_empty() {
            return Err(ChartError::Content {
                chart: path.to_owned(),
                file: "Chart.yaml".to_owned(),
                problem: "it is missing, or has no name or version".to_owned(),
            });
        }
        Ok(chart)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.metadata("name")
    }

    /// Its version.
    pub fn version(&self) -> &str {
        self.metadata("version")
    }

    /// The version of what it installs.
    pub fn app_version(&self) -> &str {
        self.metadata("appVersion")
    }

    /// The JSON of a record.
    pub fn into_json(self) -> Value {
        self.0
    }

    fn metadata(&self, field: &str) -> &str {
        self.0["metadata"][field].as_str().unwrap_or_default()
    }
}

/// Puts a file where it belongs.
fn take(chart: &mut Value, file: &ChartFile) -> Result<(), String> {
    match file.name.as_str() {
        "Chart.yaml" => chart["metadata"] = metadata(yaml(&file.data)?),
        "Chart.lock" => chart["lock"] = yaml(&file.data)?,
        "values.yaml" => chart["values"] = values(&file.data)?,
        "values.schema.json" => chart["schema"] = json!(BASE64.encode(&file.data)),
        name if name.starts_with("charts/") => {}
        name => {
            let list = match name.starts_with("templates/") {
                true => "templates",
                false => "files",
            };
            let entry = json!({"name": name, "data": BASE64.encode(&file.data)});
            if let Value::Array(files) = &mut chart[list] {
                files.push(entry);
            }
        }
    }
    Ok(())
}

/// A chart without `apiVersion` is one of Helm 2.
fn metadata(mut metadata: Value) -> Value {
    if metadata["apiVersion"].is_null() {
        metadata["apiVersion"] = json!("v1");
    }
    metadata
}

pub(crate) fn values(data: &[u8]) -> Result<Value, String> {
    match yaml(data)? {
        Value::Null => Ok(json!({})),
        values => Ok(values),
    }
}

/// YAML as Helm reads it: `0777` is octal, and the last of two equal keys wins.
fn yaml(data: &[u8]) -> Result<Value, String> {
    let options = serde_saphyr::options! {
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins,
        legacy_octal_numbers: true,
    };
    let text = std::str::from_utf8(data).map_err(|error| error.to_string())?;
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_saphyr::from_str_with_options(text, options).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, name: &str, text: &str) {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[test]
    fn files_stand_where_helm_puts_them() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "Chart.yaml", "name: a\nversion: 1.2.3\n");
        write(folder.path(), "values.yaml", "mode: 0755\n");
        write(folder.path(), "templates/x.yaml", "x");
        write(folder.path(), "templates/.swp", "editor");
        write(folder.path(), "crds/c.yaml", "c");
        write(
            folder.path(),
            "charts/inner/Chart.yaml",
            "name: inner\nversion: 1.0.0\n",
        );
        let chart = Chart::read(folder.path()).unwrap();
        assert_eq!((chart.name(), chart.version()), ("a", "1.2.3"));
        let json = chart.into_json();
        assert_eq!(json["metadata"]["apiVersion"], "v1");
        assert_eq!(json["values"]["mode"], 493);
        assert_eq!(
            json["templates"],
            json!([{"name": "templates/x.yaml", "data": "eA=="}])
        );
        assert_eq!(
            json["files"],
            json!([{"name": "crds/c.yaml", "data": "Yw=="}])
        );
    }

    #[test]
    fn a_folder_without_a_chart_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let error = Chart::read(folder.path()).unwrap_err();
        assert!(error.to_string().contains("Chart.yaml"), "{error}");
    }
}
