//! Hosts + installations + terms → requirements with every lawful way of meeting them.
//!
//! One file a way of counting. `deployment` says which installations count and as what, `reach` which hosts a guest
//! may run on, `left_out`, `free_use`, `partly_used` and `hosting` what needs no licence, `carried` which guests a host must be licensed for, `passive` which copies stand by, `replica_host` which hosts. Scopes put the ways
//! together:
//!
//! | scope | ways |
//! |---|---|
//! | `host_scope` | a host with its guests: `host_ways` by its hardware, `floating` by guest over a farm |
//! | `cloud_guest`, `unplaced` | guests in public clouds, guests whose host nobody knows |
//! | `elsewhere` | what runs in a cloud that the terms do not describe, or where no licence of one's own may be used |
//! | `guest_scope` | `guest_groups` that reach the same hosts: `own_ways` for each member, of `own_lines` less `free_copies`; `mixed_by_host` for some on their hosts' cores and the others by themselves; `other_editions` for comparison |
//! | `estate_scope` | a whole organisation |
//!
//! The counting:
//!
//! | file | counts |
//! |---|---|
//! | `host_sets` | sets of all cores of a host, each carrying some operating systems |
//! | `host_processors` | licences for so many processors of a host, each carrying some operating systems |
//! | `host_cores` | all cores of a host; guests by edition and Software Assurance |
//! | `guest_cores` | the virtual cores of a guest |
//! | `instance` | a licence for each operating system the product runs in |
//! | `device`, `covered_devices` | a licence for each device, but for those that a subscription of their people covers |
//! | `user` | a subscription for each person |
//! | `processors` | processors by core factor, occupied sockets, capped cores |
//! | `processor_slices` | a licence for every so many cores of each processor |
//! | `socket_pairs`, `mixed_socket_pairs` | pairs of sockets or guests, by one edition or by two |
//! | `people` | named people with a minimum, everybody employed |
//! | `assigned` | everybody it is assigned to, every device that reaches it, or everybody at once |
//! | `access` | a licence for each person or device that reaches a server product, the fewest where it is known who uses what |
//! | `external` | the same for people from outside, or a connector for each server they reach |
//!
//! `shared` keeps what many lines have alike. `no_longer_sold` refuses the ways whose licences nobody sells or owns any more.
//! `end_users` says how many people stand behind a front end.

mod access;
mod assigned;
mod carried;
mod cloud_guest;
mod covered_devices;
mod deployment;
mod device;
mod elsewhere;
mod end_users;
mod equal_function;
mod estate_scope;
mod external;
mod floating;
mod free_copies;
mod free_use;
mod grace;
mod guest_cores;
mod guest_groups;
mod guest_scope;
mod host_cores;
mod host_processors;
mod host_scope;
mod host_sets;
mod host_ways;
mod hosting;
mod instance;
mod left_out;
mod managed_clients;
mod memory;
mod mixed_by_guest;
mod mixed_by_host;
mod mixed_socket_pairs;
mod moved;
mod no_longer_sold;
mod other_editions;
mod own_lines;
mod own_ways;
mod partly_used;
mod passive;
mod people;
mod processor_count;
mod processor_licences;
mod processor_slices;
mod processors;
mod reach;
mod reaching;
mod replica_host;
mod server_licences;
mod shared;
mod socket_pairs;
mod stated;
mod unplaced;
mod usable_cores;
mod user;
mod ways_by_guest;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::model::{
    Acceptance, Alternative, Answer, Asker, Entitlement, Estate, EstateIndex, Line, PurchaseLine, Requirement,
};
use crate::rules::{Method, Product, Rules, Settings, Terms};

pub use memory::Memory;

/// What the stage works from.
pub(crate) struct Ground<'a> {
    pub estate: &'a Estate,
    pub index: &'a EstateIndex<'a>,
    pub rules: &'a Rules,
    pub as_of: Date,
    /// Machines not seen and copies not used since then are taken for unused; `None` where the calendar does not reach so far.
    pub stale_before: Option<Date>,
    pub asker: &'a Asker<'a>,
    /// Rights of the family, for ways that only exist where something is owned.
    pub owned: &'a [Entitlement],
    /// What the readings of a family have in common.
    pub memory: &'a Memory,
    /// How many questions had been answered when the rights were worked out.
    pub heard_by_rights: usize,
    /// What many scopes ask for.
    pub remembered: access::Remembered,
    /// What many lines have alike.
    pub shared: shared::Shared,
}

impl Ground<'_> {
    /// Whether a day is known and so long ago that what was seen or used then and not since is taken for unused.
    pub fn is_long_ago(&self, day: Option<Date>) -> bool {
        matches!((day, self.stale_before), (Some(day), Some(limit)) if day < limit)
    }

    /// Whether an organisation may draw on a purchase for a family under the reading in force (D-27).
    pub fn may_draw(&self, organisation: &str, line: &PurchaseLine, family: &str) -> bool {
        let admitted = || self.asker.answer("D-27", organisation, family) == Answer::Customer;
        self.estate.may_draw(organisation, line, self.as_of)
            || self.estate.is_named(organisation, line, self.as_of) && admitted()
    }
}

/// What requirements are made from, whatever the product and the reading.
pub struct Inputs<'a> {
    /// The estate.
    pub index: &'a EstateIndex<'a>,
    /// Terms of all products.
    pub rules: &'a Rules,
    /// How long ago is long ago.
    pub settings: &'a Settings,
    /// The day.
    pub as_of: Date,
    /// What other readings of the same family found.
    pub memory: &'a Memory,
    /// How many questions had been answered when the rights were worked out, see [`Asker::answers`].
    pub heard_by_rights: usize,
}

/// Requirements of one product, in the order of their keys.
pub fn requirements(
    inputs: &Inputs<'_>,
    product: &Product,
    owned: &[Entitlement],
    asker: &Asker<'_>,
) -> Vec<Requirement> {
    let &Inputs { index, rules, settings, as_of, memory, heard_by_rights } = inputs;
    let remembered = access::Remembered::default();
    let ground = Ground {
        estate: index.estate(),
        index,
        rules,
        as_of,
        stale_before: as_of.checked_sub(i64::from(settings.stale_after_days).days()).ok(),
        asker,
        owned,
        memory,
        heard_by_rights,
        remembered,
        shared: shared::Shared::default(),
    };
    let has = |methods: &[Method]| product.terms.iter().any(|terms| methods.contains(&terms.method));
    let mut requirements = Vec::new();
    if has(&[Method::HostSets, Method::HostProcessors]) && !has(&[Method::HostCores]) {
        requirements.extend(host_scope::requirements(&ground, product));
    } else if has(&[Method::HostCores, Method::GuestCores, Method::Instance, Method::ProcessorSlices]) {
        requirements.extend(guest_scope::requirements(&ground, product));
    }
    if has(&SERVER_METHODS) || has(&estate_scope::METHODS) {
        requirements.extend(elsewhere::requirements(&ground, product));
    }
    if has(&[Method::Device]) {
        requirements.extend(device::requirements(&ground, product));
    }
    if has(&[Method::User]) {
        requirements.extend(user::requirements(&ground, product));
    }
    if has(&estate_scope::METHODS) {
        requirements.extend(estate_scope::requirements(&ground, product));
    }
    if has(&[Method::Employee]) {
        requirements.extend(people::requirements(&ground, product));
    }
    if has(&[Method::Assigned]) {
        requirements.extend(assigned::requirements(&ground, product));
    }
    if has(&[Method::ManagedClients]) {
        requirements.extend(managed_clients::requirements(&ground, product));
    }
    if has(&[Method::Access]) {
        requirements.extend(access::requirements(&ground, product));
        requirements.extend(external::requirements(&ground, product));
    }
    let no_longer_sold = no_longer_sold::NoLongerSold::new(&ground, product);
    requirements.iter_mut().for_each(|requirement| no_longer_sold.refuse(requirement));
    requirements.iter_mut().flat_map(|requirement| &mut requirement.alternatives).for_each(name_assurance);
    for requirement in &mut requirements {
        free_use::name_doubts(&ground, product, requirement);
    }
    requirements.sort_by(|a, b| a.key.cmp(&b.key));
    requirements
}

/// Methods that count the operating systems of servers.
const SERVER_METHODS: [Method; 6] = [
    Method::HostSets,
    Method::HostProcessors,
    Method::HostCores,
    Method::GuestCores,
    Method::Instance,
    Method::ProcessorSlices,
];

/// Names the condition of a way that only licences with Software Assurance serve, where the way does not name it.
fn name_assurance(way: &mut Alternative) {
    if way.condition.is_none() && way.lines.iter().any(Line::relies_on_assurance) {
        way.condition = Some("Software Assurance or a subscription in force on the licences".into());
    }
}

impl Terms {
    /// Whether licences on these terms are sold on a day.
    pub(crate) fn sold_on(&self, day: Date) -> bool {
        self.sold_from.is_none_or(|from| from <= day) && self.sold_until.is_none_or(|until| day <= until)
    }

    /// Whether the rule holds on a day for a machine: its own cloud's, or for machines of one's own.
    pub(crate) fn concerns(&self, cloud: Option<&str>, day: Date) -> bool {
        let place = match cloud {
            None => self.clouds.is_empty(),
            Some(cloud) => self.is_for_cloud(cloud),
        };
        self.forbidden.is_none() && place && self.in_force_on(day)
    }

    /// Whether the rule says, on a day, that no licence of one's own may be used in a cloud.
    pub(crate) fn forbids(&self, cloud: &str, day: Date) -> bool {
        self.forbidden.is_some() && self.is_for_cloud(cloud) && self.in_force_on(day)
    }

    fn in_force_on(&self, day: Date) -> bool {
        let (from, until) = self.in_force;
        from.is_none_or(|from| from <= day) && until.is_none_or(|until| day <= until)
    }

    /// Licences that serve under these terms.
    pub(crate) fn acceptance(&self, needs_sa: bool) -> Acceptance {
        Acceptance {
            from: self.from,
            until: self.until,
            needs_sa: needs_sa || self.needs_sa,
            grace: false,
            through: None,
            terms: self.id.clone(),
        }
    }

    /// Whether an installation of this version may be licensed under these terms: newer licences may run older
    /// versions, older ones never newer.
    pub(crate) fn serves_version(&self, version: Option<usize>) -> bool {
        version.is_none_or(|version| version <= self.until)
    }
}
