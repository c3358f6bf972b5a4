//! Findings of checks on the screen, for every command that has some.

use mosipctl_checks::{Area, Counts, Finding, Outcome};
use mosipctl_report::Paint;
use serde_json::{Value, json};

/// Columns of what was looked at, and of what is said of it.
const WHAT: usize = 24;
const SAID: usize = 70;
/// Columns before what is said.
const MARGIN: usize = WHAT + 6;

/// Prints findings by what they are about, and how many ended how: several may be shown as one.
pub(super) fn tell(findings: &[Finding], counts: Counts, paint: Paint) {
    let mut areas: Vec<Area> = findings.iter().map(|finding| finding.id.area()).collect();
    areas.sort();
    areas.dedup();
    for area in areas {
        outln!("\n{}", paint.strong(area.title()));
        for finding in findings.iter().filter(|finding| finding.id.area() == area) {
            line(finding, paint);
        }
    }
    let Counts {
        passed,
        warnings,
        failed,
        skipped,
    } = counts;
    outln!("\n{passed} passed, {warnings} to look at, {failed} failed, {skipped} not checked");
}

/// The same for programs.
pub(super) fn as_json(findings: &[Finding]) -> Value {
    let each = findings.iter().map(|finding| {
        let mut value = json!(finding);
        value["area"] = json!(finding.id.area());
        value
    });
    json!({
        "environment": null,
        "counts": Counts::of(findings),
        "findings": each.collect::<Vec<_>>(),
    })
}

fn line(finding: &Finding, paint: Paint) {
    let Finding { what, detail, .. } = finding;
    let mark = match finding.outcome {
        Outcome::Passed => paint.good("✓"),
        Outcome::Warning => paint.warn("!"),
        Outcome::Failed => paint.bad("✗"),
        Outcome::Skipped => paint.faint("–"),
    };
    let said = match finding.outcome {
        Outcome::Skipped => format!("not checked: {detail}"),
        _ => detail.clone(),
    };
    let said = folded(&said);
    // what does not fit its column has a line of its own
    match what.chars().count() <= WHAT {
        true => outln!("  {mark} {what:<WHAT$}  {said}"),
        false => outln!("  {mark} {what}\n{:MARGIN$}{said}", ""),
    }
    if let Some(remedy) = &finding.remedy {
        let remedy = folded(&format!("remedy: {remedy}"));
        let remedy = remedy.replacen("remedy:", &paint.good("remedy:"), 1);
        outln!("{:MARGIN$}{remedy}", "");
    }
}

/// A text in lines that fit their column.
fn folded(text: &str) -> String {
    let mut folded = String::new();
    let mut columns = 0;
    for word in text.split_whitespace() {
        let width = word.chars().count();
        if columns > 0 && columns + 1 + width > SAID {
            folded.push_str(&format!("\n{:MARGIN$}", ""));
            columns = 0;
        }
        if columns > 0 {
            folded.push(' ');
            columns += 1;
        }
        folded.push_str(word);
        columns += width;
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_stays_in_its_column() {
        let text = "word ".repeat(40);
        let folded = folded(&text);
        assert!(folded.lines().count() > 2);
        assert!(
            folded
                .lines()
                .all(|line| line.chars().count() <= MARGIN + SAID)
        );
        assert_eq!(folded.split_whitespace().count(), 40);
    }
}
