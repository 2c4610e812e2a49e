//! Folders that only their owner looks into, and names of files that are on the disk.

use super::error::{StoreError, at_path};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

/// Makes a folder that only its owner can look into.
pub(super) fn make_folder(path: &Path) -> Result<(), StoreError> {
    at_path(path, std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path))
}

/// The folder in which a path names something.
pub(super) fn folder_of(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or_else(|| Path::new("."))
}

/// Puts the name of a file or folder on the disk; its contents are synced by themselves (fsync(2)).
pub(super) fn sync_name(path: &Path) -> std::io::Result<()> {
    std::fs::File::open(folder_of(path))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_name_stands_in_the_folder_where_the_program_runs() {
        assert_eq!(folder_of(Path::new("city.key")), Path::new("."));
        assert_eq!(folder_of(Path::new("keys/city.key")), Path::new("keys"));
        sync_name(Path::new("Cargo.toml")).unwrap();
    }
}
