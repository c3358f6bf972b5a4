//! What is known of drivers: whether several nodes can write to their volumes. From each driver's own documentation.

use super::Class;

/// Whether several nodes can write to the volumes of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// They can.
    ManyNodes,
    /// One node at a time.
    OneNode,
    /// Not known here.
    Unknown,
}

/// Drivers by their names.
const KNOWN: &[(&str, Sharing)] = &[
    // files
    ("driver.longhorn.io", Sharing::ManyNodes), // by a share manager of its own; nodes need an NFS client
    ("nfs.csi.k8s.io", Sharing::ManyNodes),
    ("smb.csi.k8s.io", Sharing::ManyNodes),
    (
        "k8s-sigs.io/nfs-subdir-external-provisioner",
        Sharing::ManyNodes,
    ),
    (
        "cluster.local/nfs-subdir-external-provisioner",
        Sharing::ManyNodes,
    ),
    ("cluster.local/nfs-client-provisioner", Sharing::ManyNodes),
    ("efs.csi.aws.com", Sharing::ManyNodes),
    ("file.csi.azure.com", Sharing::ManyNodes),
    ("kubernetes.io/azure-file", Sharing::ManyNodes),
    ("filestore.csi.storage.gke.io", Sharing::ManyNodes),
    ("openebs.io/nfsrwx", Sharing::ManyNodes),
    // disks
    ("rancher.io/local-path", Sharing::OneNode),
    ("openebs.io/local", Sharing::OneNode),
    ("topolvm.io", Sharing::OneNode),
    ("ebs.csi.aws.com", Sharing::OneNode),
    ("kubernetes.io/aws-ebs", Sharing::OneNode),
    ("disk.csi.azure.com", Sharing::OneNode),
    ("kubernetes.io/azure-disk", Sharing::OneNode),
    ("pd.csi.storage.gke.io", Sharing::OneNode),
    ("kubernetes.io/gce-pd", Sharing::OneNode),
    ("cinder.csi.openstack.org", Sharing::OneNode),
    ("dobs.csi.digitalocean.com", Sharing::OneNode),
    ("csi.hetzner.cloud", Sharing::OneNode),
];

/// Drivers whose names begin with the name of their operator.
const ENDINGS: &[(&str, Sharing)] = &[
    (".cephfs.csi.ceph.com", Sharing::ManyNodes),
    (".nfs.csi.ceph.com", Sharing::ManyNodes),
    // file systems on such a disk; raw devices, which could be shared, are not what MOSIP asks for
    (".rbd.csi.ceph.com", Sharing::OneNode),
];

/// The driver of labs says it in a parameter.
const LAB: &str = "volumes.lab.mosipctl.io";
const LAB_ACCESS: &str = "access";

impl Sharing {
    /// What is known of the driver of a class.
    pub fn of(class: &Class) -> Self {
        let name = class.provisioner.as_str();
        if name == LAB {
            return match class.parameters.get(LAB_ACCESS).map(String::as_str) {
                Some("ReadWriteOnce") => Self::OneNode,
                _ => Self::ManyNodes,
            };
        }
        let known = KNOWN.iter().find(|(known, _)| *known == name);
        let known = known.or_else(|| ENDINGS.iter().find(|(end, _)| name.ends_with(end)));
        known.map_or(Self::Unknown, |(_, sharing)| *sharing)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn of(provisioner: &str, parameters: &[(&str, &str)]) -> Sharing {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Sharing::of(&Class {
            name: "it".to_owned(),
            provisioner: provisioner.to_owned(),
            parameters: parameters.iter().map(owned).collect::<BTreeMap<_, _>>(),
            is_default: true,
        })
    }

    #[test]
    fn the_operator_of_a_driver_may_stand_before_its_name() {
        assert_eq!(of("rook-ceph.cephfs.csi.ceph.com", &[]), Sharing::ManyNodes);
        assert_eq!(of("rook-ceph.rbd.csi.ceph.com", &[]), Sharing::OneNode);
    }

    #[test]
    fn a_lab_says_what_its_classes_give() {
        let lab = |access| of(LAB, &[(LAB_ACCESS, access)]);
        assert_eq!(lab("ReadWriteOnce"), Sharing::OneNode);
        assert_eq!(lab("ReadWriteMany"), Sharing::ManyNodes);
    }
}
