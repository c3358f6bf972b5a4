use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use mosipctl_spec::Document;
use mosipctl_spec::hosts::HostsFile;

use super::*;
use crate::edge::Edge;
use crate::files::Pinned;
use crate::time::Clock;

const EXAMPLE: &str = include_str!("../../../../examples/hosts.yaml");

fn hosts_file(text: &str) -> HostsFile {
    let document = Document {
        name: "hosts.yaml",
        text,
    };
    HostsFile::read(&document).unwrap()
}

fn files() -> Files {
    let pinned = |name: &str| Pinned {
        path: PathBuf::from(name),
        sha256: "0".repeat(64),
    };
    let programs = ["kubelet", "kubeadm", "kubectl", "etcdctl", "etcdutl"];
    let image = |name: &str| (pinned(name), vec![format!("example.org/{name}:1")]);
    Files {
        programs: programs.map(|name| (name.to_owned(), pinned(name))).into(),
        images: vec![image("pause"), image("etcd")],
        ..Files::default()
    }
}

fn works(text: &str, member: Option<&str>) -> Result<Vec<Work>, OnpremError> {
    works_with(text, member, None)
}

fn works_with(
    text: &str,
    member: Option<&str>,
    nfs: Option<&NfsServer>,
) -> Result<Vec<Work>, OnpremError> {
    let given = Given {
        member,
        nfs,
        ..Given::of(text)
    };
    given.works()
}

/// What decides the works of a test.
struct Given<'a> {
    text: &'a str,
    traits: BTreeMap<String, Traits>,
    files: Files,
    member: Option<&'a str>,
    nfs: Option<&'a NfsServer>,
}

impl<'a> Given<'a> {
    /// A hosts file, no cluster yet, and all that kubeadm needs.
    fn of(text: &'a str) -> Self {
        Self {
            text,
            traits: BTreeMap::new(),
            files: files(),
            member: None,
            nfs: None,
        }
    }

    fn works(&self) -> Result<Vec<Work>, OnpremError> {
        let ground = Ground {
            environment: "bare",
            hosts_file: &hosts_file(self.text),
            traits: &self.traits,
            files: &self.files,
            member: self.member,
            edge: &Edge::default(),
            nfs: self.nfs,
        };
        ground.works()
    }
}

fn titles(works: &[Work], name: &str) -> Vec<String> {
    let named = works.iter().filter(|work| work.name == name);
    named.map(|work| work.title.clone()).collect()
}

#[test]
fn the_first_control_plane_founds_and_all_others_join() {
    let works = works(EXAMPLE, None).unwrap();
    let expected = [
        "make the cluster's first control plane on cp1",
        "cp2 joins as a control plane",
        "cp3 joins as a control plane",
        "w1 joins as a worker",
        "w2 joins as a worker",
    ];
    assert_eq!(titles(&works, "member"), expected);
}

#[test]
fn where_there_is_a_cluster_nobody_founds_another() {
    // cp1 was installed anew
    let works = works(EXAMPLE, Some("cp2")).unwrap();
    assert_eq!(titles(&works, "member")[0], "cp1 joins as a control plane");
    let reach = works.iter().find(|work| work.name == "api").unwrap();
    assert_eq!(reach.host, "cp2");
}

#[test]
fn images_of_a_control_plane_go_to_control_planes_alone() {
    let works = works(EXAMPLE, None).unwrap();
    let images = titles(&works, "images");
    assert!(
        images.contains(&"bring 2 images to cp1".to_owned()),
        "{images:?}"
    );
    assert!(
        images.contains(&"bring 1 images to w1".to_owned()),
        "{images:?}"
    );
}

#[test]
fn everything_that_a_work_needs_is_made_by_another() {
    let works = works(EXAMPLE, None).unwrap();
    let ids: BTreeSet<String> = works.iter().map(Work::id).collect();
    assert_eq!(ids.len(), works.len(), "two works of one name");
    let needs = works.iter().flat_map(|work| &work.needs);
    let made: BTreeSet<Fact> = works.iter().map(Work::fact).collect();
    let unmade: Vec<&Fact> = needs.filter(|need| !made.contains(need)).collect();
    assert_eq!(unmade, Vec::<&Fact>::new());
}

/// The works of the example with RKE2, whose tarball and images are there.
fn works_of_rke2() -> Vec<Work> {
    let text = "spec:\n  kubernetes: {distribution: rke2, version: 1.34.1+rke2r1}\n";
    let text = EXAMPLE.replace("spec:\n", text);
    let pinned = |name: &str| Pinned {
        path: PathBuf::from(name),
        sha256: "0".repeat(64),
    };
    let tarball = "rke2.linux-amd64.tar.gz";
    let files = Files {
        programs: [(tarball.to_owned(), pinned(tarball))].into(),
        packed: vec![pinned("rke2-images.linux-amd64.tar.zst")],
        ..Files::default()
    };
    let given = Given {
        files,
        ..Given::of(&text)
    };
    given.works().unwrap()
}

#[test]
fn rke2_goes_the_same_way_with_a_network_of_its_own() {
    let works = works_of_rke2();
    let find = |id: &str| works.iter().find(|work| work.id() == id).unwrap();
    let needs = |id: &str| {
        let needs = find(id).needs.iter();
        needs.map(|fact| fact.key.clone()).collect::<Vec<_>>()
    };
    let first = needs("cp1 member");
    for name in ["cp1 kernel", "cp1 images", "cp1 programs", "lb balancer"] {
        assert!(first.contains(&name.to_owned()), "{name} in {first:?}");
    }
    assert!(needs("w1 member").contains(&"cp1 member".to_owned()));
    assert!(matches!(find("w1 network").task, Task::Ready));
    assert!(!works.iter().any(|work| work.name == "routes"));
    let packages = format!("{:?}", find("w1 packages").task);
    assert!(!packages.contains("containerd"), "{packages}");
    let firewall = format!("{:?}", find("cp1 firewall").task);
    let made: BTreeSet<Fact> = works.iter().map(Work::fact).collect();
    assert!(
        works
            .iter()
            .flat_map(|work| &work.needs)
            .all(|need| made.contains(need))
    );
    assert!(firewall.contains("firewall"));
}

#[test]
fn servers_of_rke2_are_the_first_to_get_another_version() {
    let works = works_of_rke2();
    let find = |id: &str| works.iter().find(|work| work.id() == id).unwrap();
    for server in ["cp1 programs", "cp2 programs", "cp3 programs"] {
        assert!(find("w1 programs").needs.contains(&find(server).fact()));
    }
    assert!(find("cp1 programs").excludes == [ONE_BY_ONE]);
}

#[test]
fn every_node_of_rke2_renews_its_certificates() {
    let works = works_of_rke2();
    let renewed = titles(&works, "certificates");
    assert_eq!(renewed.len(), 5, "{renewed:?}");
    assert_eq!(titles(&works, "snapshots").len(), 3);
    // kubelets of kubeadm do it themselves
    let works = self::works(EXAMPLE, None).unwrap();
    assert_eq!(titles(&works, "certificates").len(), 3);
}

#[test]
fn a_program_that_lacks_is_named() {
    let given = Given {
        files: Files::default(),
        ..Given::of(EXAMPLE)
    };
    let error = given.works().unwrap_err();
    assert!(error.to_string().contains("kubelet"), "{error}");
    assert!(error.remedy().unwrap().contains("kubernetes.files"));
}

#[test]
fn hosts_for_storage_serve_a_folder_and_every_node_is_asked_whether_it_can_mount_it() {
    let served = NfsServer::Hosts("/srv/nfs/mosip".into());
    let works = works_with(EXAMPLE, None, Some(&served)).unwrap();
    let servers = titles(&works, "nfs");
    assert_eq!(servers.len(), 1, "{servers:?}");
    assert_eq!(titles(&works, "nfs-client").len(), 5);
    let packages = works.iter().find(|work| work.id() == "nfs packages");
    let packages = format!("{:?}", packages.unwrap().task);
    assert!(packages.contains("nfs-kernel-server"), "{packages}");
    // who mounts from somewhere else serves nothing
    let works = works_with(EXAMPLE, None, Some(&NfsServer::Other)).unwrap();
    assert!(titles(&works, "nfs").is_empty());
    assert_eq!(titles(&works, "nfs-client").len(), 5);
}

#[test]
fn a_folder_of_the_system_is_not_served() {
    let served = NfsServer::Hosts("/srv".into());
    let error = works_with(EXAMPLE, None, Some(&served)).unwrap_err();
    assert!(error.to_string().contains("`/srv`"), "{error}");
    assert!(error.remedy().unwrap().contains("/srv/nfs/mosip"));
}

const PAIR: &str = "apiVersion: mosipctl.io/v1alpha1\nkind: Hosts\nspec:\n  \
    virtualAddresses: {internal: 192.0.2.9, public: 198.51.100.9}\n  hosts:\n    \
    - {name: lb1, address: 192.0.2.10, roles: [load-balancer]}\n    \
    - {name: lb2, address: 192.0.2.11, roles: [load-balancer]}\n    \
    - {name: cp1, address: 192.0.2.12, roles: [control-plane]}\n";

#[test]
fn nodes_join_when_every_load_balancer_can_bear_the_shared_address() {
    let works = works(PAIR, None).unwrap();
    let pair: Vec<&Work> = works.iter().filter(|work| work.name == "pair").collect();
    assert_eq!(pair.len(), 2);
    let found = works.iter().find(|work| work.id() == "cp1 member").unwrap();
    for work in pair {
        assert!(found.needs.contains(&work.fact()), "{:?}", found.needs);
    }
    let Task::Found(found) = &found.task else {
        panic!("{:?}", found.task)
    };
    assert!(
        found
            .configuration
            .contains("\"controlPlaneEndpoint\":\"192.0.2.9:6443\"")
    );
}

#[test]
fn a_shared_address_is_on_the_interface_of_its_network_and_the_first_host_is_asked_first() {
    let network = |interface: &str, text: &str| (interface.to_owned(), text.parse().unwrap());
    let lb1 = Traits {
        networks: vec![
            network("ens3", "192.0.2.0/24"),
            network("ens4", "198.51.100.0/24"),
        ],
        ..Traits::default()
    };
    let given = Given {
        traits: BTreeMap::from([("lb1".to_owned(), lb1)]),
        ..Given::of(PAIR)
    };
    let configuration = |host: &str| {
        let works = given.works().unwrap();
        let work = works
            .into_iter()
            .find(|work| work.id() == format!("{host} pair"));
        let Task::Items(items) = work.unwrap().task else {
            panic!("no items")
        };
        let mut files = items.into_iter().filter_map(|item| match item {
            crate::item::Item::File(file) => Some(String::from_utf8(file.content).unwrap()),
            _ => None,
        });
        files.next().unwrap()
    };
    let (first, second) = (configuration("lb1"), configuration("lb2"));
    for line in [
        "192.0.2.9/32 dev ens3",
        "198.51.100.9/32 dev ens4",
        "unicast_src_ip 192.0.2.10",
        "unicast_peer {\n        192.0.2.11\n",
        "priority 150",
    ] {
        assert!(first.contains(line), "{line} in {first}");
    }
    assert!(second.contains("priority 149") && second.contains("192.0.2.9/32 dev eth0"));
}

#[test]
fn a_host_of_the_rhel_family_has_its_own_names_and_places() {
    let rhel = Traits {
        family: mosipctl_hosts::facts::Family::Rhel,
        selinux: crate::family::Selinux::On,
        ..Traits::default()
    };
    let hosts = hosts_file(EXAMPLE).hosts();
    let names = hosts.iter().map(|host| host.name.to_string());
    let given = Given {
        traits: names.map(|name| (name, rhel.clone())).collect(),
        ..Given::of(EXAMPLE)
    };
    let works = given.works().unwrap();
    let told = |name: &str, part: &str| {
        let mut named = works.iter().filter(|work| work.name == name);
        let text = |work: &&Work| match &work.task {
            Task::Items(items) => items.iter().map(text_of).collect::<String>(),
            task => panic!("{task:?}"),
        };
        named.any(|work| text(&work).contains(part))
    };
    assert!(told(
        "packages",
        "containerd.io containernetworking-plugins conntrack-tools"
    ));
    assert!(
        told("packages", "nginx-mod-stream") && told("packages", "policycoreutils-python-utils")
    );
    assert!(!told("packages", "iproute2"));
    assert!(told(
        "packages",
        "semanage fcontext -a -t bin_t '/usr/local/lib/mosipctl(/.*)?'"
    ));
    assert!(told("runtime", "bin_dir = \"/usr/libexec/cni\""));
    assert!(told(
        "balancer",
        "load_module /usr/lib64/nginx/modules/ngx_stream_module.so;"
    ));
    assert!(told("balancer", "semanage port -a -t http_port_t -p tcp"));
}

#[test]
fn keepalived_asks_by_a_program_that_selinux_lets_it_run() {
    let (hosts_file, files, edge) = (hosts_file(PAIR), files(), Edge::default());
    let asked = |selinux: crate::family::Selinux| {
        let traits = Traits {
            selinux,
            ..Traits::default()
        };
        let ground = Ground {
            environment: "bare",
            hosts_file: &hosts_file,
            traits: &BTreeMap::from([("lb1".to_owned(), traits)]),
            files: &files,
            member: None,
            edge: &edge,
            nfs: None,
        };
        let works = ground.works().unwrap();
        let pair = works.iter().find(|work| work.id() == "lb1 pair").unwrap();
        let Task::Items(items) = &pair.task else {
            panic!("{:?}", pair.task)
        };
        items.iter().map(text_of).collect::<String>()
    };
    let usual = asked(crate::family::Selinux::Off);
    assert!(usual.contains("script \"/usr/bin/systemctl -q is-active nginx\"\n"));
    let guarded = asked(crate::family::Selinux::On);
    assert!(guarded.contains("exec /usr/bin/systemctl -q is-active nginx\n"));
    assert!(guarded.contains("script \"/usr/libexec/keepalived/mosipctl\"\n"));
}

/// The example, with hosts that set their clocks by others.
fn works_on_time(time: &str, clock: Clock) -> Vec<Work> {
    let text = EXAMPLE.replace("spec:\n  #", &format!("spec:\n  time: {time}\n  #"));
    let traits = |name: &str| {
        let traits = Traits {
            clock,
            ..Traits::default()
        };
        (name.to_owned(), traits)
    };
    let hosts = ["bastion", "lb", "cp1", "cp2", "cp3", "w1", "w2", "nfs"];
    let given = Given {
        traits: hosts.map(traits).into(),
        ..Given::of(&text)
    };
    given.works().unwrap()
}

fn told_in(works: &[Work], id: &str) -> String {
    let work = works.iter().find(|work| work.id() == id);
    match work.map(|work| &work.task) {
        Some(Task::Items(items)) => items.iter().map(text_of).collect(),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_host_whose_clock_nothing_sets_gets_chrony() {
    let works = works_on_time("{}", Clock::Nothing);
    for host in ["bastion", "cp1", "nfs"] {
        assert!(told_in(&works, &format!("{host} packages")).contains("chrony"));
        assert!(told_in(&works, &format!("{host} time")).contains("restart chrony"));
    }
    let member = works.iter().find(|work| work.id() == "w1 member").unwrap();
    assert!(member.needs.contains(&fact("w1", "time")));
    for left in [Clock::Timesyncd, Clock::Other] {
        let works = works_on_time("{}", left);
        assert!(
            !told_in(&works, "w1 packages").contains("chrony"),
            "{left:?}"
        );
    }
    assert_eq!(
        titles(&works_on_time("{sync: false}", Clock::Nothing), "time").len(),
        0
    );
}

#[test]
fn hosts_follow_the_one_that_is_named_and_it_serves_them_alone() {
    let works = works_on_time("{servers: [nfs, 192.0.2.11]}", Clock::Nothing);
    let server = told_in(&works, "nfs time");
    assert!(server.contains("allow 192.0.2.21\n") && server.contains("local stratum 10 orphan\n"));
    // the other one that serves
    assert!(server.contains("server 192.0.2.11 iburst\n") && !server.contains("192.0.2.31"));
    let follower = told_in(&works, "w1 time");
    assert!(follower.contains("server 192.0.2.31 iburst\nserver 192.0.2.11 iburst\n"));
    assert!(follower.contains("waitsync") && !follower.contains("allow"));
    let needs = |id: &str| &works.iter().find(|work| work.id() == id).unwrap().needs;
    assert!(needs("w1 time").contains(&fact("nfs", "time")));
    assert!(needs("w1 time").contains(&fact("nfs", "firewall")));
    assert!(
        !needs("nfs time").contains(&fact("cp1", "time")),
        "they would wait for each other"
    );
}

#[test]
fn what_systemd_sets_is_told_the_servers_in_its_own_way() {
    let works = works_on_time("{servers: [nfs, ntp.example.org]}", Clock::Timesyncd);
    let follower = told_in(&works, "w1 time");
    assert!(
        follower.contains("[Time]\nNTP=192.0.2.31 ntp.example.org\n"),
        "{follower}"
    );
    assert!(
        told_in(&works, "nfs time").contains("local stratum 10"),
        "only chrony serves"
    );
}

fn text_of(item: &crate::item::Item) -> String {
    use crate::item::Item;
    match item {
        Item::Packages(names) => names.join(" "),
        Item::File(file) | Item::Nginx(file) => String::from_utf8_lossy(&file.content).into_owned(),
        Item::Script(script) => script.run.clone(),
        _ => String::new(),
    }
}
