//! Hosts, and a distribution, of which nobody knows whether they become what they should.

use std::collections::BTreeMap;

use super::wrapped;

/// A line for each reason, with its hosts.
pub(super) fn lines(text: &mut String, unproven: &[(String, String)]) {
    let mut hosts: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (host, why) in unproven {
        hosts.entry(why).or_default().push(host);
    }
    for (why, hosts) in hosts {
        wrapped(text, "unproven", &format!("{}: {why}", hosts.join(", ")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_share_a_reason_share_a_line() {
        let why = "a host of the RHEL family, and none ran here";
        let unproven = ["cp1", "w1"].map(|host| (host.to_owned(), why.to_owned()));
        let mut text = String::new();
        lines(&mut text, &unproven);
        assert_eq!(text.lines().count(), 1);
        assert!(text.contains("unproven"), "{text}");
        assert!(text.contains(&format!("cp1, w1: {why}")), "{text}");
        let mut none = String::new();
        lines(&mut none, &[]);
        assert_eq!(none, "");
    }
}
