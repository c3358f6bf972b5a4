//! `.helmignore`: which files of a folder do not belong to the chart (`helm/helm:pkg/ignore/rules.go`).

/// The rules of a chart.
#[derive(Debug, Default)]
pub(super) struct Ignore(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    pattern: String,
    /// `!PATTERN`: what does not match is ignored.
    negated: bool,
    /// `PATTERN/`: folders only.
    folders_only: bool,
    /// With a `/` in it the whole path is compared, else the last part of it.
    whole_path: bool,
}

impl Ignore {
    pub(super) fn parse(text: &str) -> Self {
        let lines = text.lines().map(str::trim);
        let written = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        // what editors leave behind in templates/ would be rendered
        let always = std::iter::once("templates/.?*");
        Self(written.chain(always).map(Rule::parse).collect())
    }

    pub(super) fn ignores(&self, path: &str, is_folder: bool) -> bool {
        self.0.iter().any(|rule| rule.ignores(path, is_folder))
    }
}

impl Rule {
    fn parse(line: &str) -> Self {
        let (negated, line) = match line.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        let (folders_only, line) = match line.strip_suffix('/') {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        let (from_root, pattern) = match line.strip_prefix('/') {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        Self {
            pattern: pattern.to_owned(),
            negated,
            folders_only,
            whole_path: from_root || pattern.contains('/'),
        }
    }

    fn ignores(&self, path: &str, is_folder: bool) -> bool {
        let subject = match self.whole_path {
            true => path,
            false => path.rsplit('/').next().unwrap_or(path),
        };
        let fits = matches(self.pattern.as_bytes(), subject.as_bytes());
        match self.negated {
            true => !fits || (self.folders_only && !is_folder),
            false => fits && (is_folder || !self.folders_only),
        }
    }
}

/// Shell patterns as Go's `filepath.Match` knows them: `*` and `?` stop at `/`; `[a-z]`, `[^a]`, and `\` for one
/// character as it is.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => {
            let reach = text.iter().position(|&byte| byte == b'/');
            let reach = reach.unwrap_or(text.len());
            (0..=reach).any(|skipped| matches(rest, &text[skipped..]))
        }
        (Some((b'?', rest)), Some((&byte, text))) => byte != b'/' && matches(rest, text),
        (Some((b'[', rest)), Some((&byte, text))) => match class(rest, byte) {
            Some((holds, rest)) => holds && matches(rest, text),
            None => false,
        },
        (Some((b'\\', rest)), Some((byte, text))) => match rest.split_first() {
            Some((wanted, rest)) => wanted == byte && matches(rest, text),
            None => false,
        },
        (Some((wanted, rest)), Some((byte, text))) => wanted == byte && matches(rest, text),
        (None, Some(_)) | (Some(_), None) => false,
    }
}

/// Whether a byte is in the class that begins here, and what follows the class.
fn class(pattern: &[u8], byte: u8) -> Option<(bool, &[u8])> {
    let end = pattern.iter().skip(1).position(|&b| b == b']')? + 1;
    let (class, rest) = (&pattern[..end], &pattern[end + 1..]);
    let (negated, class) = match class.strip_prefix(b"^") {
        Some(class) => (true, class),
        None => (false, class),
    };
    let mut holds = false;
    let mut index = 0;
    while index < class.len() {
        let is_range = class.get(index + 1) == Some(&b'-') && index + 2 < class.len();
        let last = if is_range {
            class[index + 2]
        } else {
            class[index]
        };
        holds |= (class[index]..=last).contains(&byte);
        index += if is_range { 3 } else { 1 };
    }
    Some((holds != negated && byte != b'/', rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_ignore_what_helm_ignores() {
        let ignore = Ignore::parse("# comment\n*.bak\n.git/\n/top.txt\ndocs/*.md\n[ab].tmp\n");
        for (path, is_folder, ignored) in [
            ("x.bak", false, true),
            ("templates/x.bak", false, true),
            (".git", true, true),
            (".git", false, false),
            ("top.txt", false, true),
            ("sub/top.txt", false, false),
            ("docs/a.md", false, true),
            ("docs/sub/a.md", false, false),
            ("a.tmp", false, true),
            ("c.tmp", false, false),
            ("templates/.hidden", false, true),
            (".helmignore", false, false),
        ] {
            assert_eq!(ignore.ignores(path, is_folder), ignored, "{path}");
        }
    }
}
