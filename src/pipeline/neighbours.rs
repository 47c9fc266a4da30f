//! Tables that name no machine and lie beside the one table that does: osquery prints each by itself.

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic};
use crate::model::{ObservedHost, Place};
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
