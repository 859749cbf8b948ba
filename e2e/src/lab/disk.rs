//! The modelled disk: it follows the log line by line, and at any moment tells what a power loss could leave.
//!
//! A file's content and length are durable once it is synced; its name, once the folder is. A rename is one change: the new
//! name and the old one, or neither. Names that were not synced may come undone each for itself.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::file::{Fate, File, Loss};
use super::log::Line;
use crate::chance::Chance;

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    File(usize),
    Folder,
}

/// A change of names that no sync of a folder has reached.
#[derive(Debug, Clone)]
struct NameChange {
    number: u64,
    added: Option<(PathBuf, Node)>,
    removed: Option<PathBuf>,
}

impl NameChange {
    fn is_in(&self, folder: &Path) -> bool {
        let added = self.added.as_ref().map(|(path, _)| path);
        [added, self.removed.as_ref()]
            .into_iter()
            .flatten()
            .any(|path| path.parent() == Some(folder))
    }

    fn apply(&self, names: &mut BTreeMap<PathBuf, Node>) {
        if let Some(path) = &self.removed {
            names.remove(path);
        }
        if let Some((path, node)) = &self.added {
            names.insert(path.clone(), node.clone());
        }
    }
}

/// A sync that has begun.
#[derive(Debug, Clone)]
enum Sync {
    File { file: usize, reach: u64 },
    Folder { path: PathBuf, reach: u64 },
}

/// The disk under one folder.
#[derive(Debug, Clone)]
pub struct Disk {
    root: PathBuf,
    files: Vec<File>,
    durable: BTreeMap<PathBuf, Node>,
    undone: Vec<NameChange>,
    now: BTreeMap<PathBuf, Node>,
    named: u64,
    inodes: HashMap<u64, usize>,
    folders: HashMap<u64, PathBuf>,
    syncs: HashMap<u64, Sync>,
}

impl Disk {
    /// The disk as a folder lies there, all of it durable.
    pub fn of(root: &Path) -> Result<Self> {
        let mut disk = Self::empty(root);
        disk.take_in(root)?;
        disk.now = disk.durable.clone();
        Ok(disk)
    }

    fn empty(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
            files: Vec::new(),
            durable: BTreeMap::new(),
            undone: Vec::new(),
            now: BTreeMap::new(),
            named: 0,
            inodes: HashMap::new(),
            folders: HashMap::new(),
            syncs: HashMap::new(),
        }
    }

    fn take_in(&mut self, folder: &Path) -> Result<()> {
        for item in fs::read_dir(folder)? {
            let path = item?.path();
            if path.is_dir() {
                self.durable.insert(path.clone(), Node::Folder);
                self.take_in(&path)?;
                continue;
            }
            let inode = fs::metadata(&path)?.ino();
            self.inodes.insert(inode, self.files.len());
            self.durable.insert(path.clone(), Node::File(self.files.len()));
            self.files.push(File::durable(fs::read(&path)?));
        }
        Ok(())
    }

    /// The next line happens.
    pub fn take(&mut self, line: &Line) {
        match line {
            Line::Started => self.syncs.clear(),
            Line::Opened {
                inode,
                is_new,
                is_emptied,
                is_folder,
                path,
            } => {
                if *is_folder {
                    self.folders.insert(*inode, path.clone());
                } else {
                    self.open(*inode, path, *is_new, *is_emptied);
                }
            }
            Line::Wrote { inode, offset, bytes } => {
                if let Some(file) = self.file(*inode) {
                    file.write(*offset, bytes);
                }
            }
            Line::Resized { inode, length } => {
                if let Some(file) = self.file(*inode) {
                    file.resize(*length);
                }
            }
            Line::Renamed { from, to } => {
                let node = self.now.get(from).cloned();
                self.name(node.map(|node| (to.clone(), node)), Some(from.clone()));
            }
            Line::Removed(path) => self.name(None, Some(path.clone())),
            Line::FolderMade(path) => self.name(Some((path.clone(), Node::Folder)), None),
            Line::SyncBegan { inode, number } => self.begin(*inode, *number),
            Line::SyncEnded { number, is_done } => self.end(*number, *is_done),
            Line::Sent { .. } | Line::Heard { .. } => {}
        }
    }

    fn open(&mut self, inode: u64, path: &Path, is_new: bool, is_emptied: bool) {
        if is_new || !self.now.contains_key(path) {
            self.files.push(File::default());
            self.inodes.insert(inode, self.files.len() - 1);
            let node = Node::File(self.files.len() - 1);
            self.name(Some((path.to_path_buf(), node)), None);
        } else if let Some(Node::File(file)) = self.now.get(path) {
            self.inodes.insert(inode, *file);
            if is_emptied {
                self.files[*file].resize(0);
            }
        }
    }

    fn file(&mut self, inode: u64) -> Option<&mut File> {
        let file = *self.inodes.get(&inode)?;
        self.files.get_mut(file)
    }

    fn name(&mut self, added: Option<(PathBuf, Node)>, removed: Option<PathBuf>) {
        self.named += 1;
        let change = NameChange {
            number: self.named,
            added,
            removed,
        };
        change.apply(&mut self.now);
        self.undone.push(change);
    }

    fn begin(&mut self, inode: u64, number: u64) {
        let sync = match (self.folders.get(&inode), self.inodes.get(&inode)) {
            (Some(path), _) => Sync::Folder {
                path: path.clone(),
                reach: self.named,
            },
            (None, Some(file)) => Sync::File {
                file: *file,
                reach: self.files[*file].reach(),
            },
            (None, None) => return,
        };
        self.syncs.insert(number, sync);
    }

    fn end(&mut self, number: u64, is_done: bool) {
        match self.syncs.remove(&number) {
            Some(Sync::File { file, reach }) if is_done => self.files[file].sync(reach),
            Some(Sync::File { file, reach }) => self.files[file].fail(reach),
            Some(Sync::Folder { path, reach }) if is_done => {
                let durable = &mut self.durable;
                self.undone.retain(|change| {
                    let reached = change.number <= reach && change.is_in(&path);
                    if reached {
                        change.apply(durable);
                    }
                    !reached
                });
            }
            Some(Sync::Folder { .. }) | None => {}
        }
    }

    /// Names of files, from the root, that have something not synced.
    pub fn dirty(&self) -> impl Iterator<Item = &Path> {
        self.now.iter().filter_map(|(path, node)| match node {
            Node::File(file) if self.files[*file].is_dirty() => path.strip_prefix(&self.root).ok(),
            _ => None,
        })
    }

    /// Names, from the root, that are new and that no sync has reached.
    pub fn unnamed(&self) -> impl Iterator<Item = &Path> {
        let added = self.undone.iter().filter_map(|change| change.added.as_ref());
        added.filter_map(|(path, _)| path.strip_prefix(&self.root).ok())
    }

    /// Builds one disk that a power loss could leave now.
    pub fn leave(&self, target: &Path, fate: Fate, chance: &mut Chance) -> Result<Loss> {
        let (names, mut loss) = self.names_after(fate, chance);
        for (path, node) in &names {
            let Some(place) = place(&self.root, path, &names, target) else {
                continue;
            };
            match node {
                Node::Folder => fs::create_dir_all(&place)?,
                Node::File(file) => {
                    let (bytes, lost) = self.files[*file].after(fate, chance);
                    loss += lost;
                    fs::write(&place, bytes)
                        .with_context(|| format!("could not write {}", place.display()))?;
                }
            }
        }
        Ok(loss)
    }

    fn names_after(&self, fate: Fate, chance: &mut Chance) -> (BTreeMap<PathBuf, Node>, Loss) {
        let (mut names, mut loss) = (self.durable.clone(), Loss::default());
        for change in &self.undone {
            let kept = match fate {
                Fate::Lost => false,
                Fate::Kept => true,
                _ => chance.coin(),
            };
            if kept {
                change.apply(&mut names);
            } else {
                loss.names_undone += 1;
            }
        }
        (names, loss)
    }
}

/// Where a name lies in the target; nowhere where a folder above it is gone.
fn place(root: &Path, path: &Path, names: &BTreeMap<PathBuf, Node>, target: &Path) -> Option<PathBuf> {
    let inside = path.strip_prefix(root).ok()?;
    let mut above = path.ancestors().skip(1).take_while(|folder| *folder != root);
    above
        .all(|folder| names.get(folder) == Some(&Node::Folder))
        .then(|| target.join(inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "/disk";

    /// A file written aside, synced, and renamed.
    fn renamed(folder_is_synced: bool) -> Disk {
        let path = |name: &str| PathBuf::from(ROOT).join(name);
        let mut disk = Disk::empty(Path::new(ROOT));
        let opened = |inode, is_folder: bool, path| Line::Opened {
            inode,
            is_new: !is_folder,
            is_emptied: false,
            is_folder,
            path,
        };
        let mut lines = vec![
            opened(1, false, path("part")),
            Line::Wrote {
                inode: 1,
                offset: 0,
                bytes: b"whole".to_vec(),
            },
            Line::SyncBegan { inode: 1, number: 1 },
            Line::SyncEnded {
                number: 1,
                is_done: true,
            },
            Line::Renamed {
                from: path("part"),
                to: path("name"),
            },
            opened(2, true, ROOT.into()),
        ];
        if folder_is_synced {
            lines.push(Line::SyncBegan { inode: 2, number: 2 });
            lines.push(Line::SyncEnded {
                number: 2,
                is_done: true,
            });
        }
        lines.iter().for_each(|line| disk.take(line));
        disk
    }

    fn left(disk: &Disk, fate: Fate) -> Option<Vec<u8>> {
        let target = tempfile::tempdir().expect("a folder");
        disk.leave(target.path(), fate, &mut Chance::of(1))
            .expect("built");
        fs::read(target.path().join("name")).ok()
    }

    #[test]
    fn a_name_is_durable_only_when_its_folder_is_synced() {
        assert_eq!(left(&renamed(true), Fate::Lost), Some(b"whole".to_vec()));
        assert_eq!(left(&renamed(false), Fate::Lost), None);
        assert_eq!(left(&renamed(false), Fate::Kept), Some(b"whole".to_vec()));
    }
}
