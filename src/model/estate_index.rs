//! Where things are in an estate, so that nobody goes through all of it in search of one.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use hashbrown::HashMap;

use super::{Estate, Host, HostId, Installation, UserDevices, UserGroup};

/// Looks up hosts by what runs on them, by the host below them and by name, and people by what they use. Each register is
/// written when it is first asked for.
#[derive(Debug)]
pub struct EstateIndex<'a> {
    estate: &'a Estate,
    by_product: OnceLock<HashMap<String, Vec<Place>>>,
    by_manager: OnceLock<HashMap<String, Vec<HostId>>>,
    guests: OnceLock<HashMap<HostId, Vec<HostId>>>,
    by_name: OnceLock<HashMap<String, Vec<HostId>>>,
    people: OnceLock<People>,
}

/// Where an installation stands: its host, and its number there.
type Place = (HostId, u32);

/// Groups of people by their place in the estate.
#[derive(Debug, Default)]
struct People {
    /// In lower case.
    by_name: HashMap<String, Vec<usize>>,
    /// By a device that is theirs, in lower case.
    by_device: HashMap<String, Vec<usize>>,
}

impl<'a> EstateIndex<'a> {
    // The registers own their names: an index that lent them could not be used where less of the estate is known.

    /// An index of an estate; nothing is looked at yet.
    pub fn new(estate: &'a Estate) -> Self {
        Self {
            estate,
            by_product: OnceLock::new(),
            by_manager: OnceLock::new(),
            guests: OnceLock::new(),
            by_name: OnceLock::new(),
            people: OnceLock::new(),
        }
    }

    /// The estate.
    pub fn estate(&self) -> &'a Estate {
        self.estate
    }

    /// Hosts with an installation of a product, in order.
    pub fn with_product<'s>(&'s self, product: &str) -> impl Iterator<Item = (HostId, &'a Host)> + use<'s, 'a> {
        self.with_installs(product).map(|(id, host, _)| (id, host))
    }

    /// Hosts with an installation of a product, in order, and what is installed of it on each.
    pub fn with_installs<'s>(
        &'s self,
        product: &str,
    ) -> impl Iterator<Item = (HostId, &'a Host, Installs<'s, 'a>)> + use<'s, 'a> {
        let places = self.places_of_product(product).chunk_by(|one, other| one.0 == other.0);
        places.filter_map(|places| {
            let id = places.first()?.0;
            let host = self.estate.host(id);
            Some((id, host, Installs { host, places }))
        })
    }

    /// What is installed of a product on a host.
    pub fn installs<'s>(&'s self, product: &str, host: HostId) -> Installs<'s, 'a> {
        let places = self.places_of_product(product);
        let first = places.partition_point(|(id, _)| *id < host);
        let count = places[first..].iter().take_while(|(id, _)| *id == host).count();
        Installs { host: self.estate.host(host), places: &places[first..first + count] }
    }

    /// Products that are installed anywhere, in no order.
    pub fn products(&self) -> impl Iterator<Item = &str> {
        self.places_by_product().keys().map(String::as_str)
    }

    fn places_of_product(&self, product: &str) -> &[Place] {
        self.places_by_product().get(product).map_or(&[], Vec::as_slice)
    }

    fn places_by_product(&self) -> &HashMap<String, Vec<Place>> {
        self.by_product.get_or_init(|| {
            let mut written: HashMap<String, Vec<Place>> = HashMap::new();
            for (id, host) in self.estate.hosts_with_ids() {
                for (number, install) in (0..).zip(&host.installs) {
                    match written.get_mut(&install.product) {
                        Some(places) => places.push((id, number)),
                        None => {
                            written.insert(install.product.clone(), vec![(id, number)]);
                        }
                    }
                }
            }
            written
        })
    }

    /// Hosts that a product manages, in order.
    pub fn managed_by<'s>(&'s self, product: &str) -> impl Iterator<Item = (HostId, &'a Host)> + use<'s, 'a> {
        let written = self.by_manager.get_or_init(|| {
            let mut written: HashMap<String, Vec<HostId>> = HashMap::new();
            for (id, host) in self.estate.hosts_with_ids() {
                host.managed_by.iter().for_each(|manager| add(&mut written, manager, id));
            }
            written
        });
        self.hosts(written.get(product))
    }

    /// Guests that run on a host now, in order.
    pub fn guests_on<'s>(&'s self, host: HostId) -> impl Iterator<Item = (HostId, &'a Host)> + use<'s, 'a> {
        let written = self.guests.get_or_init(|| {
            let mut written: HashMap<HostId, Vec<HostId>> = HashMap::new();
            for (id, guest) in self.estate.hosts_with_ids() {
                if let Some(on) = guest.runs_on() {
                    written.entry(on).or_default().push(id);
                }
            }
            written
        });
        self.hosts(written.get(&host))
    }

    /// Hosts whose name or full domain name is this one, however it is capitalised, in order.
    pub fn named<'s>(&'s self, name: &str) -> impl Iterator<Item = (HostId, &'a Host)> + use<'s, 'a> {
        let written = self.by_name.get_or_init(|| {
            let mut written: HashMap<String, Vec<HostId>> = HashMap::new();
            for (id, host) in self.estate.hosts_with_ids() {
                for name in std::iter::once(&host.name).chain(&host.fqdn) {
                    let hosts = written.entry(name.to_ascii_lowercase()).or_default();
                    if hosts.last() != Some(&id) {
                        hosts.push(id);
                    }
                }
            }
            written
        });
        self.hosts(written.get(&name.to_ascii_lowercase()))
    }

    /// People of any organisation that bear a name, however it is capitalised, in order.
    pub fn people_named<'s>(&'s self, name: &str) -> impl Iterator<Item = &'a UserGroup> + use<'s, 'a> {
        self.people().by_name.get(&name.to_lowercase()).into_iter().flatten().map(|&place| &self.estate.users[place])
    }

    /// People of a host's organisation whom it names as its users, in order.
    pub fn people_it_names(&self, host: &Host) -> impl Iterator<Item = &'a UserGroup> + use<'a> {
        self.in_order(self.places_it_names(host))
    }

    /// Names a host gives its users that no record of its organisation's people bears, in lower case, each once: people of
    /// whom nothing else is known.
    pub fn unrecorded(&self, host: &Host) -> BTreeSet<String> {
        let users = &self.estate.users;
        let names = host.used_by.iter().map(|name| name.to_lowercase());
        let of_host = |place: &usize| users[*place].organisation == host.organisation;
        names.filter(|name| !self.people().by_name.get(name).is_some_and(|places| places.iter().any(of_host))).collect()
    }

    /// People of a host's organisation who use it by the record, in order: it is one of their devices, or it names them.
    pub fn people_of(&self, host: &Host) -> impl Iterator<Item = &'a UserGroup> + use<'a> {
        self.in_order(self.places_of(host))
    }

    /// The same as places among the estate's people.
    pub fn places_of(&self, host: &Host) -> Vec<usize> {
        let mut places = self.places_it_names(host);
        let people = self.people();
        if !people.by_device.is_empty() {
            for name in std::iter::once(&host.name).chain(&host.fqdn) {
                places.extend(people.by_device.get(&name.to_ascii_lowercase()).into_iter().flatten());
            }
        }
        self.of_organisation(host, places)
    }

    fn places_it_names(&self, host: &Host) -> Vec<usize> {
        let people = self.people();
        let named = host.used_by.iter().filter_map(|name| people.by_name.get(&name.to_lowercase()));
        self.of_organisation(host, named.flatten().copied().collect())
    }

    /// Those of a host's organisation, in order, each once.
    fn of_organisation(&self, host: &Host, mut places: Vec<usize>) -> Vec<usize> {
        places.retain(|&place| self.estate.users[place].organisation == host.organisation);
        places.sort_unstable();
        places.dedup();
        places
    }

    fn in_order(&self, places: Vec<usize>) -> impl Iterator<Item = &'a UserGroup> + use<'a> {
        let estate = self.estate;
        places.into_iter().map(move |place| &estate.users[place])
    }

    fn people(&self) -> &People {
        self.people.get_or_init(|| {
            let mut people = People::default();
            for (place, group) in self.estate.users.iter().enumerate() {
                if let Some(name) = &group.name {
                    people.by_name.entry(name.to_lowercase()).or_default().push(place);
                }
                if let Some(UserDevices::Named(devices)) = &group.devices {
                    for device in devices {
                        people.by_device.entry(device.to_ascii_lowercase()).or_default().push(place);
                    }
                }
            }
            people
        })
    }

    fn hosts<'s>(&'s self, ids: Option<&'s Vec<HostId>>) -> impl Iterator<Item = (HostId, &'a Host)> + use<'s, 'a> {
        let estate = self.estate;
        ids.into_iter().flatten().map(move |&id| (id, estate.host(id)))
    }
}

/// Installations of one product on one host.
#[derive(Debug, Clone, Copy)]
pub struct Installs<'s, 'a> {
    host: &'a Host,
    places: &'s [Place],
}

impl<'s, 'a> Installs<'s, 'a> {
    /// Each of them, in order.
    pub fn iter(self) -> impl Iterator<Item = &'a Installation> + Clone + use<'s, 'a> {
        self.numbered().map(|(_, install)| install)
    }

    /// Each of them, in order, with its number on the host.
    pub fn numbered(self) -> impl Iterator<Item = (u32, &'a Installation)> + Clone + use<'s, 'a> {
        self.places.iter().map(move |&(_, number)| (number, &self.host.installs[number as usize]))
    }
}

/// Notes a host once.
fn add(written: &mut HashMap<String, Vec<HostId>>, name: &str, id: HostId) {
    match written.get_mut(name) {
        Some(hosts) if hosts.last() == Some(&id) => {}
        Some(hosts) => hosts.push(id),
        None => {
            written.insert(name.to_owned(), vec![id]);
        }
    }
}
