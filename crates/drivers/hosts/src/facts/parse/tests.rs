use super::*;

const ANSWER: &str = "welcome to this host\n\
mosipctl-facts\t1\t1000.500000000\n\
hostname\tcp1\n\
kernel\t6.1.0-31-amd64\tx86_64\n\
machine-id\t3d1219c7c4c5404aaa1f6d2a48adfda4\n\
boot-id\td26852a2-fa40-4636-8884-be117110e132\n\
cpus\t4\n\
os\tubuntu\t24.04\tdebian\tUbuntu 24.04.1 LTS\n\
memory\ttotal\t16384\n\
memory\tavailable\t8192\n\
memory\tswap\t0\n\
disk\t/dev/vda1\t100\t50\t/\n\
disk\t/dev/vdb\t200\t60\t/var/lib\n\
cgroup\tv2\n\
interface\teth0\t1450\n\
address\teth0\tinet\t10.0.0.1/24\n\
route\tdefault\tvia 10.0.0.254 dev eth0\n\
listens\t00000000:0016\n\
nameserver\t10.0.0.53\n\
loaded\toverlay br_netfilter\n\
module\toverlay\tloaded\n\
module\twireguard\tmissing\n\
sysctl\tnet.ipv4.ip_forward\t1\n\
program\tcontainerd\t/usr/bin/containerd\n\
socket\t/run/containerd/containerd.sock\n\
init\tsystemd\n\
unit\tcontainerd.service\tactive\tenabled\n\
sudo\trefused\tsudo: a password is required\n\
end\n";

fn told(text: &str) -> Result<Facts, FactsError> {
    parse(&Told {
        text,
        ours: Duration::from_secs(1002),
        took: Duration::from_millis(40),
    })
}

#[test]
fn an_answer_is_read_whole() {
    let facts = told(ANSWER).unwrap();
    assert_eq!(facts.hostname, "cp1");
    assert_eq!((facts.cpus, facts.memory.total), (4, 16 << 20));
    assert_eq!((facts.os.id.as_str(), facts.os.like.len()), ("ubuntu", 1));
    assert_eq!(facts.modules["wireguard"], Module::Missing);
    assert_eq!(facts.sysctls["net.ipv4.ip_forward"], 1);
    assert_eq!(facts.units["containerd.service"].active, "active");
    assert_eq!(
        facts.sudo,
        Sudo::Refused("a password is required".to_owned())
    );
    let eth0 = facts.interface_of("10.0.0.1".parse().unwrap()).unwrap();
    assert_eq!(eth0.mtu, 1450);
}

#[test]
fn a_clock_is_told_with_its_uncertainty() {
    let clock = told(ANSWER).unwrap().clock;
    assert_eq!((clock.ahead, clock.uncertainty), (-1500, 20));
}

#[test]
fn a_date_without_fractions_is_a_time_too() {
    let facts = told(&ANSWER.replace("1000.500000000", "1000.%N")).unwrap();
    assert_eq!(facts.clock.ahead, -2000);
}

#[test]
fn a_path_lies_on_the_nearest_disk() {
    let facts = told(ANSWER).unwrap();
    let disk = |path| facts.disk_of(path).unwrap().source.clone();
    assert_eq!(disk("/var/lib/containerd"), "/dev/vdb");
    assert_eq!(disk("/var/library"), "/dev/vda1");
    assert_eq!(disk("/"), "/dev/vda1");
}

#[test]
fn a_line_that_is_not_understood_is_named_and_not_skipped() {
    for (right, wrong) in [
        ("cpus\t4", "cpus\tfour"),
        ("cgroup\tv2", "cgroup\tv3"),
        ("module\toverlay\tloaded", "module\toverlay"),
        ("listens\t00000000:0016", "listens\t22"),
        ("init\tsystemd", "something\tnew"),
        (
            "disk\t/dev/vda1\t100\t50\t/",
            "disk\t/dev/vda1\t18446744073709551615\t50\t/",
        ),
    ] {
        let error = told(&ANSWER.replace(right, wrong)).unwrap_err();
        let FactsError::Line { text, line } = error else {
            panic!("{error:?}");
        };
        assert_eq!(
            ANSWER.replace(right, wrong).lines().nth(line - 1),
            Some(text.as_str())
        );
    }
}

#[test]
fn half_an_answer_is_no_answer() {
    let half = ANSWER.replace("end\n", "");
    assert_eq!(told(&half), Err(FactsError::Missing("end")));
    assert_eq!(
        told("bash: sh: not found"),
        Err(FactsError::Missing("beginning"))
    );
    let lacking = ANSWER.replace("hostname\tcp1\n", "");
    assert_eq!(told(&lacking), Err(FactsError::Missing("hostname")));
}

#[test]
fn the_script_tells_this_machine() {
    let shell = std::process::Command::new("sh")
        .args(["-c", super::super::SCRIPT])
        .output()
        .unwrap();
    let facts = told(&String::from_utf8(shell.stdout).unwrap()).unwrap();
    assert!(facts.memory.total > 1 << 20, "{facts:?}");
    assert!(
        facts.sysctls["kernel.pid_max"] > 1000,
        "{:?}",
        facts.sysctls
    );
    assert_eq!(String::from_utf8_lossy(&shell.stderr), "");
}
