//! What a person declared, and all resolved facts of one moment.

use hashbrown::HashMap;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{
    Access, Fact, Host, HostId, Locator, Organisation, Place, Placement, Price, PurchaseLine, Source, UserGroup,
};

/// What a person declared in TOML: the tables of the manifest format.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Hosts with their placement resolved against the same manifest.
    pub hosts: Vec<Host>,
    /// Names that no host of the manifest bears; resolved against the whole estate by a scan.
    pub unresolved: Vec<Unresolved>,
    /// Purchases.
    pub purchases: Vec<PurchaseLine>,
    /// Users.
    pub users: Vec<UserGroup>,
    /// Who reaches what.
    pub accesses: Vec<Access>,
    /// Prices.
    pub prices: Vec<Price>,
    /// Organisations.
    pub organisations: Vec<Organisation>,
    /// What a publisher says that it sold.
    #[serde(default)]
    pub publisher_counts: Vec<PublisherCount>,
}

/// How many licences of a title a publisher counts in its own books. It proves nothing and is never added to purchases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublisherCount {
    /// Organisation; empty: that of the folder.
    pub organisation: String,
    /// Title, as written.
    pub title: String,
    /// Units that the publisher takes for licensed.
    pub effective: u32,
    /// Where it stands.
    pub place: Place,
    /// The same with its file; completed by the pipeline.
    pub evidence: Option<Locator>,
}

/// A name that a host's `on`, `may_run_on` or `container_of` uses and no host of the manifest bears.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unresolved {
    /// The host whose table uses it.
    pub host: HostId,
    /// Key of the table.
    pub key: String,
    /// The name.
    pub name: String,
    /// Line on which the table starts.
    #[serde(default)]
    pub line: u32,
}

/// All resolved facts of one moment: the input of an assessment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estate {
    /// Organisations, sorted by name.
    pub organisations: Vec<Organisation>,
    /// Hosts, sorted by organisation and name.
    pub hosts: Vec<Host>,
    /// Purchases, in the order of their evidence.
    pub purchases: Vec<PurchaseLine>,
    /// Users.
    pub users: Vec<UserGroup>,
    /// Who reaches what.
    pub accesses: Vec<Access>,
    /// Prices.
    pub prices: Vec<Price>,
    /// Files the facts come from, sorted by path.
    pub sources: Vec<Source>,
}

impl Estate {
    /// An estate that consists of one manifest, with its hosts in their final order.
    pub fn of_manifest(manifest: Manifest) -> Self {
        let mut organisations = manifest.organisations;
        let mut named: Vec<String> = manifest.hosts.iter().map(|host| host.organisation.clone()).collect();
        named.extend(manifest.purchases.iter().map(|line| line.organisation.clone()));
        named.extend(manifest.users.iter().map(|group| group.organisation.clone()));
        named.extend(manifest.accesses.iter().map(|access| access.organisation.clone()));
        named.sort();
        named.dedup();
        for name in named {
            if !organisations.iter().any(|organisation| organisation.name == name) {
                organisations.push(Organisation { title: name.clone(), name, ..Organisation::default() });
            }
        }
        organisations.sort_by(|a, b| a.name.cmp(&b.name));
        let mut estate = Self {
            organisations,
            hosts: manifest.hosts,
            purchases: manifest.purchases,
            users: manifest.users,
            accesses: manifest.accesses,
            prices: manifest.prices,
            sources: Vec::new(),
        };
        estate.sort_hosts();
        estate.place_containers();
        estate.join_people();
        estate
    }

    /// Makes one record of several of one person: the same name in one organisation, however it is capitalised.
    pub fn join_people(&mut self) {
        let mut places: HashMap<(String, String), usize> = HashMap::new();
        let mut kept: Vec<UserGroup> = Vec::with_capacity(self.users.len());
        for group in std::mem::take(&mut self.users) {
            let name = group.name.as_ref().filter(|_| group.count == 1);
            let Some(name) = name.map(|name| (group.organisation.clone(), name.to_lowercase())) else {
                kept.push(group);
                continue;
            };
            match places.get(&name) {
                Some(&place) => kept[place].join(group),
                None => {
                    places.insert(name, kept.len());
                    kept.push(group);
                }
            }
        }
        self.users = kept;
    }

    /// Puts hosts into the order of organisation and name and renumbers every reference to them.
    pub fn sort_hosts(&mut self) {
        // Those of a scan are, unless somebody declared others.
        if self.hosts.is_sorted_by(|a, b| in_order(a) <= in_order(b)) {
            return;
        }
        let mut order: Vec<usize> = (0..self.hosts.len()).collect();
        order.sort_by(|&a, &b| in_order(&self.hosts[a]).cmp(&in_order(&self.hosts[b])));
        let mut renumbered = vec![HostId(0); self.hosts.len()];
        for (new, &old) in order.iter().enumerate() {
            renumbered[old] = HostId(u32::try_from(new).unwrap_or(u32::MAX));
        }
        let mut hosts: Vec<Option<Host>> = std::mem::take(&mut self.hosts).into_iter().map(Some).collect();
        self.hosts = order.iter().filter_map(|&old| hosts[old].take()).collect();
        for host in &mut self.hosts {
            renumber(host, &renumbered);
        }
    }

    /// Places containers where the machine they run in is, where that is a public cloud: its terms are theirs too.
    pub fn place_containers(&mut self) {
        let cloud = |host: &Host| {
            let mut parent = host.container_of.filter(|_| host.placement.is_none());
            // More steps than hosts would be a circle.
            for _ in &self.hosts {
                let machine = self.host(parent?);
                match &machine.placement {
                    Some(placement) if machine.cloud().is_some() => return Some(placement.clone()),
                    _ => parent = machine.container_of,
                }
            }
            None
        };
        let placed: Vec<(usize, Fact<Placement>)> =
            self.hosts.iter().enumerate().filter_map(|(index, host)| Some((index, cloud(host)?))).collect();
        for (index, placement) in placed {
            self.hosts[index].placement = Some(placement);
        }
    }

    /// Takes hosts out and renumbers every reference to the others. A guest whose host goes is one whose host nobody knows,
    /// for this reason.
    pub fn remove_hosts(&mut self, gone: &dyn Fn(&Host) -> bool, reason: &str) {
        let mut kept = 0;
        let renumbered: Vec<Option<HostId>> = self
            .hosts
            .iter()
            .map(|host| {
                (!gone(host)).then(|| {
                    kept += 1;
                    HostId(kept - 1)
                })
            })
            .collect();
        let mut flags = renumbered.iter();
        self.hosts.retain(|_| flags.next().is_some_and(Option::is_some));
        for host in &mut self.hosts {
            forget(host, &renumbered, reason);
        }
    }

    /// The host with this id.
    pub fn host(&self, id: HostId) -> &Host {
        &self.hosts[id.0 as usize]
    }

    /// Every host with its id, in order.
    pub fn hosts_with_ids(&self) -> impl Iterator<Item = (HostId, &Host)> {
        self.hosts.iter().enumerate().map(|(index, host)| (HostId(u32::try_from(index).unwrap_or(u32::MAX)), host))
    }

    /// Whether an organisation has left its group by a day; from then on it draws on nothing of the group's (AF-R4).
    pub fn has_left(&self, name: &str, day: Date) -> bool {
        let organisation = self.organisations.iter().find(|organisation| organisation.name == name);
        organisation.and_then(|organisation| organisation.divested_on).is_some_and(|left| left <= day)
    }

    /// Whether two organisations are the same, or belong to one group on a day (AF-R1).
    pub fn are_affiliates(&self, one: &str, other: &str, day: Date) -> bool {
        self.head_of_group(one, day) == self.head_of_group(other, day)
    }

    /// The organisation at the head of the group to which one belongs on a day; itself where it belongs to none.
    fn head_of_group<'a>(&'a self, name: &'a str, day: Date) -> &'a str {
        let mut head = name;
        // More steps than organisations would be a circle.
        for _ in &self.organisations {
            let organisation = self.organisations.iter().find(|organisation| organisation.name == head);
            match organisation.and_then(|organisation| organisation.affiliate_of.as_deref()) {
                Some(above) if !self.has_left(head, day) => head = above,
                _ => break,
            }
        }
        head
    }

    /// Whether an organisation belongs to another group than the owner of a purchase on a day. Where no record says which
    /// organisations belong together, nobody is known to be a stranger.
    pub fn is_stranger(&self, organisation: &str, owner: &str, day: Date) -> bool {
        let groups_stated = self.organisations.iter().any(|one| one.affiliate_of.is_some());
        groups_stated && !self.are_affiliates(organisation, owner, day)
    }

    /// Whether an organisation may draw on a purchase on a day: its owner, or one of its group that it is shared with or
    /// reserved for (AF-R1, AF-R4).
    pub fn may_draw(&self, organisation: &str, line: &PurchaseLine, day: Date) -> bool {
        let owner = &line.organisation;
        owner == organisation || self.is_named(organisation, line, day) && !self.is_stranger(organisation, owner, day)
    }

    /// Whether a purchase is shared with or reserved for an organisation that has not left its group.
    pub fn is_named(&self, organisation: &str, line: &PurchaseLine, day: Date) -> bool {
        let shared = line.shared_with.iter().any(|name| name == organisation);
        let reserved = line.reserved.iter().any(|reservation| reservation.organisation == organisation);
        (shared || reserved) && !self.has_left(organisation, day)
    }

    /// The newest day any host was seen on.
    pub fn newest_sighting(&self) -> Option<Date> {
        self.hosts.iter().filter_map(|host| host.last_seen).max()
    }
}

/// Replaces every host id a host holds; ids of hosts that went are forgotten.
fn forget(host: &mut Host, renumbered: &[Option<HostId>], reason: &str) {
    let new = |id: HostId| renumbered.get(id.0 as usize).copied().flatten();
    let placement = host.placement.take();
    host.placement = placement.map(|placement| match placement {
        Fact::Known { value: Placement::On(id), evidence } => match new(id) {
            Some(id) => Fact::Known { value: Placement::On(id), evidence },
            None => Fact::unknown(reason),
        },
        Fact::Conflicting { values } => {
            let kept = values.into_iter().filter_map(|(value, evidence)| match value {
                Placement::On(id) => new(id).map(|id| (Placement::On(id), evidence)),
                cloud => Some((cloud, evidence)),
            });
            let kept: Vec<_> = kept.collect();
            if kept.is_empty() { Fact::unknown(reason) } else { Fact::Conflicting { values: kept } }
        }
        other => other,
    });
    host.may_run_on = host.may_run_on.take().map(|ids| ids.into_iter().filter_map(new).collect());
    host.container_of = host.container_of.and_then(new);
}

/// By what hosts are put into order.
fn in_order(host: &Host) -> (&str, &str, Option<&str>, Option<&str>) {
    (&host.organisation, &host.name, host.uuid.as_deref(), host.serial.as_deref())
}

/// Replaces every host id a host holds.
fn renumber(host: &mut Host, renumbered: &[HostId]) {
    let map = |id: &mut HostId| *id = renumbered[id.0 as usize];
    match &mut host.placement {
        Some(Fact::Known { value: Placement::On(id), .. }) => map(id),
        Some(Fact::Conflicting { values }) => {
            for (value, _) in values {
                if let Placement::On(id) = value {
                    map(id);
                }
            }
        }
        _ => {}
    }
    if let Some(hosts) = &mut host.may_run_on {
        hosts.iter_mut().for_each(map);
    }
    if let Some(id) = &mut host.container_of {
        map(id);
    }
}
