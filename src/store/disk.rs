//! The store's file and folder: private to their owner, and on which kind of disk they lie.

use std::fs::{DirBuilder, OpenOptions};
use std::path::{Path, PathBuf};

use super::StoreError;

/// File systems that live on another machine. Write-ahead logs need memory shared between processes, which these
/// cannot give.
const REMOTE: [&str; 16] = [
    "9p",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "coda",
    "drvfs",
    "glusterfs",
    "gpfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "smb3",
    "smbfs",
    "vboxsf",
];

/// Makes the folder (0700) and the empty file (0600) where they are missing.
pub(super) fn make_private(path: &Path) -> Result<(), StoreError> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(|source| failed("create the folder", folder, source))?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(failed("create", path, source)),
    }
}

fn failed(action: &'static str, path: &Path, source: std::io::Error) -> StoreError {
    StoreError::File { action, path: path.to_owned(), source }
}

/// Whether the file lies on a disk of this machine, as far as anybody can tell.
pub(super) fn is_local(path: &Path) -> bool {
    let Ok(path) = path.canonicalize() else { return false };
    if path.to_string_lossy().starts_with(r"\\") && !path.to_string_lossy().starts_with(r"\\?\") {
        return false;
    }
    if path.to_string_lossy().starts_with(r"\\?\UNC\") {
        return false;
    }
    match std::fs::read_to_string("/proc/self/mountinfo") {
        Ok(mounts) => !is_remote(&mounts, &path),
        Err(_) => true,
    }
}

/// Whether the innermost mount that holds the path is a file system of another machine.
fn is_remote(mounts: &str, path: &Path) -> bool {
    let innermost = mounts
        .lines()
        .filter_map(|line| {
            let (left, right) = line.split_once(" - ")?;
            let mounted_on = PathBuf::from(unescaped(left.split(' ').nth(4)?));
            path.starts_with(&mounted_on).then(|| (mounted_on.components().count(), right.split(' ').next()))
        })
        .max_by_key(|(depth, _)| *depth);
    innermost.and_then(|(_, kind)| kind).is_some_and(|kind| REMOTE.contains(&kind) || kind.starts_with("fuse."))
}

/// Blanks, tabs, line ends and backslashes stand as octal numbers in the list of mounts.
fn unescaped(text: &str) -> String {
    text.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_mount_decides_what_is_local() {
        let mounts = "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
                      30 21 0:40 / /srv/the\\040share rw shared:5 - nfs4 files:/share rw\n\
                      31 30 8:2 / /srv/the\\040share/local rw - xfs /dev/sdb1 rw\n";
        let remote = |path: &str| is_remote(mounts, Path::new(path));
        assert!(!remote("/home/a/.trueup/trueup.db"));
        assert!(remote("/srv/the share/.trueup/trueup.db"));
        assert!(!remote("/srv/the share/local/trueup.db"));
        assert!(!remote("/srv/the sharet/trueup.db"));
    }
}
