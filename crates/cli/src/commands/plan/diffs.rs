//! How files of hosts would change, for people.

use mosipctl_onprem::FileDiff;
use mosipctl_plan::Action;
use mosipctl_report::{Paint, Trouble};

use super::Planned;

/// Hexadecimal digits of a digest that tell files apart at a glance.
const SHOWN: usize = 12;

/// How files would change by the plan's steps on hosts.
pub(super) async fn ask(planned: &Planned) -> Result<Vec<FileDiff>, Trouble> {
    let Some(site) = &planned.site else {
        return Ok(Vec::new());
    };
    let steps = planned.plan.ordered.steps.iter();
    let works = steps.filter_map(|step| match &step.action {
        Action::OnHost { work, .. } => Some(work.as_str()),
        _ => None,
    });
    let diffs = site.diffs(works).await;
    diffs.map_err(|error| crate::ground::trouble(&error))
}

/// As `diff -u` shows them, each with its host and digests before.
pub(super) fn text(diffs: &[FileDiff], paint: Paint) -> String {
    if diffs.is_empty() {
        return "\nno file of a host changes\n".to_owned();
    }
    diffs.iter().map(|diff| one(diff, paint)).collect()
}

fn one(diff: &FileDiff, paint: Paint) -> String {
    let short = |digest: &str| digest.chars().take(SHOWN).collect::<String>();
    let before = diff.before.as_deref().map(short);
    let digests = format!(
        "sha256 {} → {}",
        before.as_deref().unwrap_or("nothing"),
        short(&diff.after)
    );
    let head = paint.strong(&format!("{} on {}", diff.path, diff.host));
    let head = format!("\n{head}   {}\n", paint.faint(&digests));
    let Some(lines) = &diff.diff else {
        return format!("{head}  for its owner alone, so not shown\n");
    };
    let painted = lines.lines().map(|line| {
        let line = match line.as_bytes().first() {
            Some(b'+') => paint.good(line),
            Some(b'-') => paint.bad(line),
            Some(b'@') => paint.faint(line),
            _ => line.to_owned(),
        };
        format!("  {line}\n")
    });
    head + &painted.collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_shown_below_its_host_and_digests() {
        let diff = |lines: Option<&str>| FileDiff {
            host: "w1".to_owned(),
            path: "/etc/x".to_owned(),
            before: None,
            after: "0123456789abcdef".to_owned(),
            diff: lines.map(str::to_owned),
        };
        let shown = text(
            &[diff(Some("@@ -0,0 +1 @@\n+one\n")), diff(None)],
            Paint::Plain,
        );
        let head = "\n/etc/x on w1   sha256 nothing → 0123456789ab\n";
        let expected =
            format!("{head}  @@ -0,0 +1 @@\n  +one\n{head}  for its owner alone, so not shown\n");
        assert_eq!(shown, expected);
    }
}
