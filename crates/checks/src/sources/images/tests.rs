use super::*;

const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const OTHER: &str = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

fn image(name: &str) -> Image {
    Image {
        name: name.to_owned(),
        reference: name.parse().unwrap(),
        users: ["a/one", "a/two", "b/one", "b/two"]
            .map(str::to_owned)
            .into(),
    }
}

fn there(digest: &str) -> Answer {
    Answer::There(digest.to_owned())
}

fn judged(name: &str, pulled: Answer, tagged: Option<Answer>) -> Finding {
    let seen = Seen {
        pulled,
        tagged,
        secret: None,
    };
    judge(&image(name), &seen)
}

#[test]
fn an_image_that_is_there_passes_with_its_digest() {
    let finding = judged("example/server:1", there(DIGEST), None);
    assert_eq!(finding.outcome, Outcome::Passed);
    assert_eq!(finding.detail, DIGEST);
}

#[test]
fn a_missing_image_fails_and_names_who_wants_it() {
    let finding = judged("example/server:1", Answer::Missing, None);
    assert_eq!(finding.outcome, Outcome::Failed);
    assert!(finding.detail.contains("a/one, a/two, b/one and 1 more"));
}

#[test]
fn a_digest_is_compared_with_the_one_that_the_tag_names() {
    let name = format!("example/server:1@{DIGEST}");
    let same = judged(&name, there(DIGEST), Some(there(DIGEST)));
    assert_eq!(same.outcome, Outcome::Passed);
    let moved = judged(&name, there(DIGEST), Some(there(OTHER)));
    assert_eq!(moved.outcome, Outcome::Warning);
    let replaced = judged(&name, Answer::Missing, Some(there(OTHER)));
    assert_eq!(replaced.outcome, Outcome::Failed);
    assert!(replaced.detail.contains(DIGEST) && replaced.detail.contains(OTHER));
    let gone = judged(&name, there(DIGEST), Some(Answer::Missing));
    assert_eq!(
        gone.outcome,
        Outcome::Passed,
        "nodes do not ask for the tag"
    );
}

#[test]
fn what_is_denied_without_a_password_may_be_nodes_to_have_and_with_one_fails() {
    let denied = || Answer::Denied("it asks for a password (401)".to_owned());
    let finding = judged("example/server:1", denied(), None);
    assert_eq!(finding.outcome, Outcome::Warning);
    assert!(finding.remedy.unwrap().contains("spec.images.pullSecrets"));
    let seen = Seen {
        pulled: denied(),
        tagged: None,
        secret: Some("private".to_owned()),
    };
    let finding = judge(&image("example/server:1"), &seen);
    assert_eq!(finding.outcome, Outcome::Failed);
    assert!(finding.detail.contains("`private`"));
}

#[test]
fn images_whose_registry_is_silent_are_counted_and_pass_for_nothing() {
    let images = ["example/a:1", "example/b:1", "quay.io/c/c:1"].map(image);
    let findings = not_asked(&images);
    let counts: Vec<&str> = findings
        .iter()
        .map(|finding| finding.what.as_str())
        .collect();
    assert_eq!(counts, ["2 images of docker.io", "1 image of quay.io"]);
    assert!(
        findings
            .iter()
            .all(|finding| finding.outcome == Outcome::Skipped)
    );
}

#[test]
fn a_screen_counts_what_is_well_and_names_what_is_not() {
    let findings = [
        judged("example/a:1", there(DIGEST), None),
        judged("example/b:1", Answer::Missing, None),
        judged("example/c:1", there(OTHER), None),
        Finding::passed(Check::Clock, "clock", "equal"),
    ];
    let short = in_short(&findings);
    let lines: Vec<&str> = short.iter().map(|finding| finding.what.as_str()).collect();
    assert_eq!(lines, ["2 images of docker.io", "example/b:1", "clock"]);
}
