//! What the agents' words for virtual machines, hypervisors and containers mean.
//!
//! The tables hold the values that agents write into `vmsystem`, `vmtype` and `subsystem`, and what hypervisors show
//! their guests as maker and model of the machine. They are part of the formats, not a list of products.

use super::{Firmware, Guest, Hardware, Processor};

/// What kind of thing a guest in an agent's list is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuestKind {
    /// A virtual machine on a server's hypervisor, with the name of that.
    Server(&'static str),
    /// A virtual machine of a desktop program, or of an unknown kind.
    Desktop,
    /// A container, which shares the operating system of its host and is no machine of its own.
    Container,
}

/// Words in `vmtype` or `subsystem`, in lower case; the first that occurs decides.
const GUEST_KINDS: &[(&str, GuestKind)] = &[
    ("docker", GuestKind::Container),
    ("podman", GuestKind::Container),
    ("lxc", GuestKind::Container),
    ("lxd", GuestKind::Container),
    ("openvz", GuestKind::Container),
    ("virtuozzo", GuestKind::Container),
    ("systemd-nspawn", GuestKind::Container),
    ("jail", GuestKind::Container),
    ("vserver", GuestKind::Container),
    ("solaris zone", GuestKind::Container),
    ("wsl", GuestKind::Container),
    ("virtualbox", GuestKind::Desktop),
    ("parallels", GuestKind::Desktop),
    ("fusion", GuestKind::Desktop),
    ("workstation", GuestKind::Desktop),
    ("vmware", GuestKind::Server("VMware")),
    ("esx", GuestKind::Server("VMware")),
    ("hyperv", GuestKind::Server("Hyper-V")),
    ("hyper-v", GuestKind::Server("Hyper-V")),
    ("kvm", GuestKind::Server("KVM")),
    ("libvirt", GuestKind::Server("KVM")),
    ("qemu", GuestKind::Server("KVM")),
    ("proxmox", GuestKind::Server("KVM")),
    ("xen", GuestKind::Server("Xen")),
    ("bhyve", GuestKind::Server("bhyve")),
    ("hpvm", GuestKind::Server("HPVM")),
    ("ldom", GuestKind::Server("LDom")),
];

/// What hypervisors show their guests: maker and model of the machine (in lower case, empty: any), and the platform.
const VIRTUAL_HARDWARE: &[(&str, &str, &str)] = &[
    ("vmware", "", "VMware"),
    ("microsoft", "virtual machine", "Hyper-V"),
    ("qemu", "", "QEMU"),
    ("red hat", "kvm", "KVM"),
    ("", "kvm", "KVM"),
    ("bochs", "", "Bochs"),
    ("xen", "", "Xen"),
    ("", "hvm domu", "Xen"),
    ("innotek", "virtualbox", "VirtualBox"),
    ("", "virtualbox", "VirtualBox"),
    ("parallels", "virtual", "Parallels"),
    ("amazon ec2", "", "Amazon EC2"),
    ("google", "compute engine", "Google Compute Engine"),
    ("openstack", "", "OpenStack"),
    ("", "openstack", "OpenStack"),
    ("ovirt", "", "oVirt"),
    ("nutanix", "ahv", "AHV"),
];

impl Guest<'_> {
    /// What kind of thing it is.
    pub fn kind(&self) -> GuestKind {
        let words = format!("{} {}", self.kind.raw(), self.subsystem.raw()).to_lowercase();
        if let Some((_, kind)) = GUEST_KINDS.iter().find(|(word, _)| words.contains(word)) {
            return *kind;
        }
        let container_id = self
            .uuid
            .stated()
            .is_some_and(|uuid| uuid.len() == 12 && uuid.bytes().all(|byte| byte.is_ascii_hexdigit()));
        if container_id || self.image.stated().is_some() { GuestKind::Container } else { GuestKind::Desktop }
    }

    /// Whether it runs, by its status. A paused guest keeps its memory and counts as running.
    pub fn powered_on(&self) -> Option<bool> {
        match self.status.stated()?.to_lowercase().as_str() {
            "running" | "blocked" | "idle" | "paused" | "dying" | "poweredon" => Some(true),
            "off" | "shutdown" | "crashed" | "poweredoff" | "shut off" | "stopped" => Some(false),
            _ => None,
        }
    }
}

/// Whether a machine is virtual and on what, by its firmware first: agents often name the wrong system, or none.
pub fn platform(
    hardware: &Hardware<'_>,
    firmware: &Firmware<'_>,
    processors: &[(Processor<'_>, u32)],
) -> (Option<bool>, Option<String>) {
    let named = hardware.virtual_system.stated().filter(|name| !name.eq_ignore_ascii_case("physical"));
    if let Some(shown) = shown_by_firmware(firmware) {
        return (Some(true), Some(named.filter(|name| !is_container_system(name)).unwrap_or(shown).to_owned()));
    }
    match named {
        // An agent in a container sees the container, not whether the machine below it is virtual.
        Some(name) if is_container_system(name) => (None, Some(name.to_owned())),
        Some(name) => (Some(true), Some(name.to_owned())),
        None if processors.iter().any(|(processor, _)| processor.name.raw().contains("QEMU")) => (Some(true), None),
        None => (hardware.virtual_system.stated().map(|_| false), None),
    }
}

/// The platform that a machine's firmware shows, where it is virtual hardware.
pub fn shown_by_firmware(firmware: &Firmware<'_>) -> Option<&'static str> {
    let model = firmware.model.raw().trim().to_lowercase();
    if firmware.serial.raw().trim_start().starts_with("VMware-") {
        return Some("VMware");
    }
    [&firmware.maker, &firmware.firmware_maker].into_iter().find_map(|maker| {
        let maker = maker.raw().trim().to_lowercase();
        let fits = |(shown_maker, shown_model, _): &&(&str, &str, &str)| {
            maker.starts_with(shown_maker) && model.contains(shown_model)
        };
        VIRTUAL_HARDWARE.iter().find(fits).map(|(_, _, platform)| *platform)
    })
}

fn is_container_system(name: &str) -> bool {
    let name = name.to_lowercase();
    let kinds = GUEST_KINDS.iter().filter(|(_, kind)| *kind == GuestKind::Container);
    kinds.into_iter().any(|(word, _)| name.contains(word))
}
