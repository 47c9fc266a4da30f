//! Files that say what others of their folder leave out: the machine that an osquery table is of, the names of clusters that
//! hosts bear by reference.

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic};
use crate::model::{ObservedHost, Place, View};
use crate::read;
use crate::store::StoredFile;

/// Names the machine of files that name none, where exactly one file of the same format in the same folder does.
pub(super) fn name_machines(files: &mut [StoredFile]) {
    let mut folders: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    for (index, file) in files.iter().enumerate() {
        if read::is_named_by_neighbour(&file.contents.reader) {
            let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            folders.entry((folder.to_owned(), file.contents.reader.clone())).or_default().push(index);
        }
    }
    for members in folders.into_values() {
        let naming: Vec<usize> = members.iter().copied().filter(|&index| names_itself(&files[index])).collect();
        let unnamed: Vec<usize> = members.into_iter().filter(|&index| is_unnamed(&files[index])).collect();
        if let [naming] = naming[..]
            && may_be_one_machine(files, &unnamed)
        {
            let (machine, path) = (files[naming].contents.hosts[0].observed.clone(), files[naming].path.clone());
            unnamed.into_iter().for_each(|index| adopt(&mut files[index], &machine, &path));
        }
    }
}

/// Gives clusters that hosts name by reference, such as `domain-c8 of inventory`, the name that another file of the folder
/// states. What states it is no machine and is taken out.
pub(super) fn name_clusters(files: &mut [StoredFile]) {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for file in files.iter_mut().filter(|file| file.contents.hosts.iter().any(|host| is_cluster(&host.observed))) {
        file.contents.hosts.retain(|host| match &host.observed.cluster {
            Some(reference) if is_cluster(&host.observed) => {
                names.insert(reference.clone(), host.observed.name.clone());
                false
            }
            _ => true,
        });
    }
    if names.is_empty() {
        return;
    }
    for host in files.iter_mut().flat_map(|file| &mut file.contents.hosts) {
        let observed = &mut host.observed;
        if let Some((reference, name)) = observed.cluster.as_ref().and_then(|cluster| names.get_key_value(cluster)) {
            observed.cluster = Some(name.clone());
            observed.remarks.push(("cluster".to_owned(), format!("{reference}, which is {name}")));
        }
    }
}

/// Whether it is a cluster itself, and no host in it: readers hand it on as a placeholder among hypervisors.
fn is_cluster(observed: &ObservedHost) -> bool {
    observed.template && observed.view == View::Hypervisor && observed.cluster.is_some()
}

/// Whether a file names one machine by what stands in it.
fn names_itself(file: &StoredFile) -> bool {
    let by_path = file.contents.diagnostics.iter().any(|told| told.code == Code::MachineFromPath);
    matches!(&file.contents.hosts[..], [only] if !only.observed.is_unnamed()) && !by_path
}

fn is_unnamed(file: &StoredFile) -> bool {
    matches!(&file.contents.hosts[..], [only] if only.observed.is_unnamed())
}

/// Two lists of software, or two tables without any, are of two machines for all that anybody knows.
fn may_be_one_machine(files: &[StoredFile], unnamed: &[usize]) -> bool {
    let lists = unnamed.iter().filter(|&&index| files[index].contents.hosts[0].software.is_some()).count();
    lists <= 1 && unnamed.len() - lists <= 1
}

fn adopt(file: &mut StoredFile, machine: &ObservedHost, path: &str) {
    let observed = &mut file.contents.hosts[0].observed;
    observed.name.clone_from(&machine.name);
    observed.fqdn.clone_from(&machine.fqdn);
    observed.domain.clone_from(&machine.domain);
    observed.uuid.clone_from(&machine.uuid);
    observed.serial.clone_from(&machine.serial);
    observed.tag.clone_from(&machine.tag);
    let beside = path.rsplit('/').next().unwrap_or(path);
    let message = format!(
        "it names no machine and is taken to be of `{}`, which {beside} in the same folder names",
        machine.name
    );
    let told = Diagnostic::note(Code::MachineFromPath, &file.path, message).at(Place::Whole);
    let diagnostics = &mut file.contents.diagnostics;
    match diagnostics.iter_mut().find(|told| told.code == Code::UnknownMachine) {
        Some(unknown) => *unknown = told,
        None => diagnostics.push(told),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FileStatus;
    use crate::store::{ContentId, FileContents, HostContents};

    fn host(name: &str, cluster: &str, template: bool) -> ObservedHost {
        let mut host = ObservedHost::new(Place::Whole, View::Hypervisor, name);
        (host.cluster, host.template) = (Some(cluster.to_owned()), template);
        host
    }

    fn file(path: &str, hosts: Vec<ObservedHost>) -> StoredFile {
        let mut contents = FileContents::new("", FileStatus::Read);
        contents.hosts = hosts.into_iter().map(|observed| HostContents { observed, software: None }).collect();
        StoredFile { path: path.to_owned(), content: ContentId(0), contents }
    }

    #[test]
    fn a_cluster_that_hosts_name_by_reference_has_the_name_that_its_folder_states() {
        let mut files = [
            file("north/hosts.json", vec![host("esx-01", "domain-c8 of north", false)]),
            file("north/clusters.json", vec![host("CL-08", "domain-c8 of north", true)]),
            file("south/hosts.json", vec![host("esx-02", "domain-c8 of south", false), host("gold", "CL", true)]),
        ];
        name_clusters(&mut files);
        let clusters = |file: &StoredFile| -> Vec<(String, Option<String>)> {
            let hosts = file.contents.hosts.iter().map(|host| &host.observed);
            hosts.map(|host| (host.name.clone(), host.cluster.clone())).collect()
        };
        let named = |name: &str, cluster: &str| vec![(name.to_owned(), Some(cluster.to_owned()))];
        assert_eq!(clusters(&files[0]), named("esx-01", "CL-08"));
        assert_eq!(clusters(&files[1]), [], "what names it is no machine");
        assert_eq!(clusters(&files[2]), named("esx-02", "domain-c8 of south"), "another folder says nothing of it");
    }
}
