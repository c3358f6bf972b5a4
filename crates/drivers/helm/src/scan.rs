//! What in a chart would render otherwise each time, or needs Helm itself to run.
//!
//! We render without a cluster and compare renderings, so a template that looks into the cluster, draws random values or
//! reads the clock must be known before: a value has to bypass it, or the chart is refused. This reads templates as Go's
//! scanner does: comments, texts and fields (`.Values.now`) are no calls.

mod actions;

use std::path::Path;

use crate::chart::{self, ChartError, ChartFile};

/// Functions of Helm's templates whose result depends on something else than the values, by what it depends on.
const UNSTABLE: [(Unstable, &[&str]); 4] = [
    (Unstable::Cluster, &["lookup"]),
    (
        Unstable::Random,
        &[
            "randAlphaNum",
            "randAlpha",
            "randAscii",
            "randNumeric",
            "randBytes",
            "randInt",
            "shuffle",
            "uuidv4",
            "genPrivateKey",
            "genCA",
            "genCAWithKey",
            "genSelfSignedCert",
            "genSelfSignedCertWithKey",
            "genSignedCert",
            "genSignedCertWithKey",
            // salted or with a random vector
            "bcrypt",
            "htpasswd",
            "encryptAES",
        ],
    ),
    (
        Unstable::Derived,
        // the same each time, but a secret drawn from a template is a secret in the release's record
        &["derivePassword"],
    ),
    (
        Unstable::Surroundings,
        &["now", "ago", "env", "expandenv", "getHostByName"],
    ),
];

/// What a result depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unstable {
    /// The cluster.
    Cluster,
    /// Chance.
    Random,
    /// A master password among the values.
    Derived,
    /// Clock, environment or network of this machine.
    Surroundings,
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// File in the chart; of a chart inside it, `charts/NAME/…`.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// The function.
    pub function: String,
    /// What it depends on.
    pub depends_on: Unstable,
}

/// What was found in a chart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scan {
    /// Calls whose results differ.
    pub calls: Vec<Call>,
    /// File and line of each hook that runs with installation, upgrade or removal.
    pub hooks: Vec<(String, usize)>,
}

impl Scan {
    /// Reads a chart from its folder or archive, the charts inside it too.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn of(chart: &Path) -> Result<Self, ChartError> {
        let mut scan = Self::default();
        scan.add(chart::read(chart)?, "");
        scan.calls.sort();
        scan.hooks.sort();
        Ok(scan)
    }

    fn add(&mut self, files: Vec<ChartFile>, prefix: &str) {
        for file in files {
            let name = format!("{prefix}{}", file.name);
            if let Some(inner) = packed_chart(&file.name) {
                // an archive that is broken is told by Helm when it renders
                let files = chart::unpack(file.data.as_slice()).unwrap_or_default();
                self.add(files, &format!("{prefix}{inner}/"));
                continue;
            }
            let text = String::from_utf8_lossy(&file.data);
            if is_template(&file.name) {
                self.calls(&name, &text);
                self.hooks(&name, &text);
            } else if file.name.ends_with("values.yaml") {
                // values may be templates, for `tpl`
                self.calls(&name, &text);
            }
        }
    }

    fn calls(&mut self, file: &str, text: &str) {
        for (function, line) in actions::functions(text) {
            let known = UNSTABLE
                .iter()
                .find(|(_, functions)| functions.contains(&function));
            if let Some((depends_on, _)) = known {
                self.calls.push(Call {
                    file: file.to_owned(),
                    line,
                    function: function.to_owned(),
                    depends_on: *depends_on,
                });
            }
        }
    }

    fn hooks(&mut self, file: &str, text: &str) {
        for (index, line) in text.lines().enumerate() {
            let line = line.trim().trim_matches(['"', '\'']);
            let Some(rest) = line.strip_prefix("helm.sh/hook") else {
                continue;
            };
            let rest = rest.trim_start_matches(['"', '\'']).trim_start();
            let Some(events) = rest.strip_prefix(':') else {
                continue;
            };
            let events = events.trim().trim_matches(['"', '\'']);
            let is_test = events
                .split(',')
                .all(|event| event.trim().starts_with("test"));
            if !is_test {
                self.hooks.push((file.to_owned(), index + 1));
            }
        }
    }
}

fn is_template(name: &str) -> bool {
    name.starts_with("templates/") || name.contains("/templates/")
}

/// Name of the archive of a chart inside this one.
fn packed_chart(name: &str) -> Option<&str> {
    name.starts_with("charts/")
        .then(|| name.strip_suffix(".tgz"))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    fn calls(files: &[(&str, &str)]) -> Vec<String> {
        let scan = Scan::of(chart(files).path()).unwrap();
        let text = |call: &Call| format!("{}:{} {}", call.file, call.line, call.function);
        scan.calls.iter().map(text).collect()
    }

    #[test]
    fn calls_are_found_wherever_they_stand() {
        let found = calls(&[
            (
                "templates/a.yaml",
                "a: {{ randAlphaNum 10 | b64enc }}\nb: {{- $x := (lookup \"v1\" \"Secret\" .Release.Namespace \"s\") }}\n",
            ),
            (
                "templates/_helpers.tpl",
                "{{- define \"x\" -}}\n{{- if not .Values.ca }}\n{{ $ca := genCA \"ca\" 365 }}\n{{- end }}{{ end }}",
            ),
            ("values.yaml", "extra: |\n  {{ now | date \"2006\" }}\n"),
            (
                "charts/inner/templates/b.yaml",
                "p: {{ derivePassword 1 \"long\" .Values.m \"u\" \"h\" }}",
            ),
        ]);
        assert_eq!(
            found,
            [
                "charts/inner/templates/b.yaml:1 derivePassword",
                "templates/_helpers.tpl:3 genCA",
                "templates/a.yaml:1 randAlphaNum",
                "templates/a.yaml:2 lookup",
                "values.yaml:2 now",
            ]
        );
    }

    #[test]
    fn comments_texts_fields_and_variables_are_no_calls() {
        let found = calls(&[(
            "templates/a.yaml",
            "# now and lookup in plain text\n{{/* lookup \"v1\" */}}\n{{- /*\n randAlphaNum 10 }} \n*/ -}}\n\
             a: {{ .Values.now }}\nb: {{ $now }}\nc: {{ \"lookup\" | quote }}\nd: {{ `now` }}\ne: {{ index .Values \"env\" }}\nf: {{ include \"x.now\" . }}\ng: {{ .Values.lookup.env }}\n",
        )]);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn real_hooks_are_told_and_tests_are_not() {
        let folder = chart(&[
            (
                "templates/job.yaml",
                "metadata:\n  annotations:\n    \"helm.sh/hook\": post-install,pre-upgrade\n    \"helm.sh/hook-weight\": \"5\"\n",
            ),
            (
                "templates/tests/t.yaml",
                "metadata:\n  annotations:\n    helm.sh/hook: test\n",
            ),
            ("templates/old.yaml", "    \"helm.sh/hook\": test-success\n"),
        ]);
        let scan = Scan::of(folder.path()).unwrap();
        assert_eq!(scan.hooks, [("templates/job.yaml".to_owned(), 3)]);
    }

    #[test]
    fn packed_charts_are_looked_into() {
        let mut packed = tar::Builder::new(flate2::write::GzEncoder::new(
            Vec::new(),
            flate2::Compression::fast(),
        ));
        let text = b"a: {{ uuidv4 }}";
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        packed
            .append_data(&mut header, "inner/templates/a.yaml", &text[..])
            .unwrap();
        let packed = packed.into_inner().unwrap().finish().unwrap();
        let folder = chart(&[("Chart.yaml", "name: a")]);
        std::fs::create_dir(folder.path().join("charts")).unwrap();
        std::fs::write(folder.path().join("charts/inner-1.0.0.tgz"), packed).unwrap();
        let scan = Scan::of(folder.path()).unwrap();
        assert_eq!(scan.calls[0].file, "charts/inner-1.0.0/templates/a.yaml");
    }
}
