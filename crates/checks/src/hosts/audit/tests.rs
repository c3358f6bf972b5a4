use mosipctl_firewall::Circumstances;
use mosipctl_spec::Document;
use mosipctl_spec::hosts::HostsFile;

use super::*;
use crate::finding::{Finding, Outcome};
use crate::hosts::Unseen;

fn wall(admins: &str) -> Wall {
    let text = format!(
        "apiVersion: mosipctl.io/v1alpha1\nkind: Hosts\nspec:\n{admins}  hosts:\n    - {{name: cp1, address: 10.0.0.1, roles: [control-plane]}}\n    - {{name: w1, address: 10.0.0.2, ssh: {{jump: cp1}}}}\n    - {{name: nfs, address: 10.0.0.3, roles: [storage], ssh: {{jump: cp1}}}}\n"
    );
    let document = Document {
        name: "hosts.yaml",
        text: &text,
    };
    let file = HostsFile::read(&document).unwrap_or_else(|complaint| panic!("{complaint}"));
    Wall::new(&file, Circumstances::default()).unwrap()
}

const ADMINS: &str = "  access: {admins: [203.0.113.0/24]}\n";

/// Every host tries, and hears what the wall says, but for these.
fn judged(wall: &Wall, changes: &[(&str, &str, Answer)]) -> Vec<Finding> {
    let hosts = wall.hosts();
    let tried = hosts.iter().map(|from| {
        let answers = attempts(wall, from, hosts).into_iter().map(|to| {
            let own = wall.addresses(from.name.as_str())[0];
            let host = hosts
                .iter()
                .find(|host| wall.addresses(host.name.as_str()).contains(&to.ip()));
            let what = (to.ip(), Protocol::Tcp, to.port());
            let usual = match wall.admits(own, host.unwrap(), what) {
                Some(_) => Answer::Refused,
                None => Answer::Silent,
            };
            let name = to.to_string();
            let other = changes
                .iter()
                .find(|(by, at, _)| from.name.as_str() == *by && name == *at);
            (to, other.map_or(usual, |(.., answer)| *answer))
        });
        Tried {
            from: from.clone(),
            answers: Ok(answers.collect()),
        }
    });
    judge(wall, hosts, &tried.collect::<Vec<_>>())
}

#[test]
fn hosts_that_answer_as_the_model_says_are_well() {
    let findings = judged(&wall(ADMINS), &[]);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(
        (findings[0].outcome, findings[0].what.as_str()),
        (Outcome::Passed, "3 hosts")
    );
}

#[test]
fn what_is_open_or_closed_against_the_model_is_named_with_those_who_tried() {
    let changes = [
        ("w1", "10.0.0.1:2379", Answer::Open),
        ("nfs", "10.0.0.1:2379", Answer::Open),
        ("w1", "10.0.0.1:8080", Answer::Refused),
        ("w1", "10.0.0.3:2049", Answer::Silent),
    ];
    let findings = judged(&wall(ADMINS), &changes);
    let said: Vec<(&str, &str)> = findings
        .iter()
        .map(|finding| (finding.what.as_str(), finding.detail.as_str()))
        .collect();
    let well = "lets in what it should and nothing else, as the others tried";
    let open = "is open at 2379 (etcd) to nfs, w1; answers, though nobody listens, at 8080 to w1: not as the network model says";
    let closed = "is closed at 2049 (nfs) to w1: not as the network model says";
    assert_eq!(said, [("cp1", open), ("w1", well), ("nfs", closed)]);
    assert!(findings[0].remedy.is_some());
}

#[test]
fn a_host_that_answers_everything_has_no_firewall() {
    let wall = wall(ADMINS);
    let hosts = wall.hosts();
    let all: Vec<(SocketAddr, &str)> = attempts(&wall, &hosts[1], &hosts[..1])
        .into_iter()
        .flat_map(|to| [(to, "w1"), (to, "nfs")])
        .collect();
    let names: Vec<String> = all.iter().map(|(to, _)| to.to_string()).collect();
    let changes: Vec<(&str, &str, Answer)> = all
        .iter()
        .zip(&names)
        .map(|((_, by), name)| (*by, name.as_str(), Answer::Refused))
        .collect();
    let findings = judged(&wall, &changes);
    assert_eq!(findings[0].what, "cp1");
    assert_eq!(
        findings[0].detail,
        "no firewall is in force: whatever is tried is answered"
    );
}

#[test]
fn who_cannot_try_and_who_takes_ssh_from_everywhere_is_said() {
    let wall = wall("");
    let tried = Tried {
        from: wall.hosts()[1].clone(),
        answers: Err(Unseen {
            reason: "it has neither bash nor nc".to_owned(),
            remedy: None,
        }),
    };
    let findings = judge(&wall, wall.hosts(), &[tried]);
    let outcomes: Vec<Outcome> = findings.iter().map(|finding| finding.outcome).collect();
    assert_eq!(outcomes, [Outcome::Skipped, Outcome::Warning]);
    assert_eq!(findings[1].what, "cp1");
}

#[test]
fn answers_are_read_strictly() {
    let read = answer("10.0.0.1 22 open").unwrap();
    assert_eq!(read, ("10.0.0.1:22".parse().unwrap(), Answer::Open));
    for bad in [
        "",
        "10.0.0.1 22",
        "10.0.0.1 22 ajar",
        "x 22 open",
        "10.0.0.1 22 open more",
    ] {
        assert_eq!(answer(bad), None, "{bad}");
    }
}
