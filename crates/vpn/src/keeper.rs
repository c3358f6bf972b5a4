//! What minds the VPN on the bastion when nobody runs mosipctl.
//!
//! [`SCRIPT`] makes WireGuard and its rules as the files of the bastion say, without the peers whose time is over, and cuts nobody
//! else's tunnel. It is run after new files were brought, and twice a minute by a timer of systemd.

/// Where the script lies on the bastion.
pub const KEEPER: &str = "/usr/local/lib/mosipctl/vpn";
/// A script for a POSIX shell. Arguments: the interface; with `check` before it, it changes nothing and prints what differs.
pub const SCRIPT: &str = include_str!("keeper/vpn.sh");
/// The unit that runs the script, `mosipctl-vpn@INTERFACE.service`.
pub const KEEPER_SERVICE: &str = include_str!("keeper/vpn.service");
/// The unit that starts it, `mosipctl-vpn@INTERFACE.timer`.
pub const KEEPER_TIMER: &str = include_str!("keeper/vpn.timer");

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;

    use super::*;

    /// `wg` and `nft` of a bastion that say what they are told to and write down what they are asked.
    const WG: &str = r#"#!/bin/sh
case "$1 ${3-}" in
  "pubkey ") cat ;;
  "show allowed-ips") printf 'alice=\t10.13.13.2/32\ncarol=\t10.13.13.3/32\n' ;;
  "show public-key") echo server= ;;
  "show listen-port") echo 51820 ;;
  "syncconf /dev/stdin") cat > "$DIR/synced" ;;
esac
"#;
    const FILE: &str = "# Made by mosipctl.
[Interface]
PrivateKey = server=
Address = 10.13.13.1/24
ListenPort = 51820
PostUp = nft -f /etc/wireguard/%i.nft

# alice, until 2999-01-01T00:00:00Z
[Peer]
PublicKey = alice=
AllowedIPs = 10.13.13.2/32

# carol, until 2001-01-01T00:00:00Z
[Peer]
PublicKey = carol=
AllowedIPs = 10.13.13.3/32
";

    #[test]
    fn whose_time_is_over_is_sent_away_and_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name).display().to_string();
        let write = |name: &str, text: &str| {
            std::fs::write(place(name), text).unwrap();
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(place(name), mode).unwrap();
        };
        write("wg", WG);
        write("nft", "#!/bin/sh\n");
        write("lo.conf", FILE);
        write("lo.nft", "rules");
        let script = SCRIPT.replace("/etc/wireguard", &place(""));
        write("keeper", &script.replace("/run/mosipctl", &place("run")));
        let run = |words: &[&str]| {
            let path = format!("{}:{}", place(""), std::env::var("PATH").unwrap());
            let mut command = Command::new("sh");
            command.arg(place("keeper")).args(words);
            let command = command.env("PATH", path).env("DIR", place(""));
            let output = command.output().unwrap();
            assert!(output.status.success(), "{output:?}");
            String::from_utf8(output.stdout).unwrap()
        };
        // every machine has this interface
        let differs = run(&["check", "lo"]);
        assert_eq!(differs, "lo knows other peers\nits rules are not loaded\n");
        run(&["lo"]);
        let synced = std::fs::read_to_string(place("synced")).unwrap();
        assert!(synced.contains("alice=") && !synced.contains("carol="));
        assert!(!synced.contains("Address") && !synced.contains("PostUp"));
        assert_eq!(run(&["check", "lo"]), "lo knows other peers\n");
        assert_eq!(run(&["check", "nowhere"]), "nowhere is not up\n");
    }
}
