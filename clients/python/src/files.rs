//! Opening a node's files: no symbolic link is followed, none is inherited, and each is looked at
//! before it is believed.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::memory::{Mapping, PrivateMapping};

/// A folder held open: what is opened inside is inside of this very folder, whatever becomes of its
/// path.
pub struct Folder {
    fd: OwnedFd,
    owner: libc::uid_t,
}

pub struct File {
    fd: OwnedFd,
}

fn open_at(parent: libc::c_int, name: &[u8], flags: libc::c_int) -> io::Result<OwnedFd> {
    let name = CString::new(name).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    // SAFETY: the name ends with 0; the result is checked.
    let fd = unsafe {
        libc::openat(
            parent,
            name.as_ptr(),
            flags | libc::O_NOFOLLOW | libc::O_CLOEXEC,
        )
    };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: just opened, and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn status(fd: &OwnedFd) -> io::Result<libc::stat> {
    // SAFETY: a struct of integers, filled by the kernel.
    let mut status = unsafe { std::mem::zeroed() };
    // SAFETY: open descriptor, valid target.
    if unsafe { libc::fstat(fd.as_raw_fd(), &mut status) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(status)
}

impl Folder {
    pub fn open(path: &Path) -> io::Result<Folder> {
        Folder::of(open_at(
            libc::AT_FDCWD,
            path.as_os_str().as_bytes(),
            libc::O_DIRECTORY | libc::O_PATH,
        )?)
    }

    fn of(fd: OwnedFd) -> io::Result<Folder> {
        let owner = status(&fd)?.st_uid;
        Ok(Folder { fd, owner })
    }

    /// A folder inside, which need not be readable to be passed.
    pub fn inside(&self, name: &str) -> io::Result<Folder> {
        Folder::of(open_at(
            self.fd.as_raw_fd(),
            name.as_bytes(),
            libc::O_DIRECTORY | libc::O_PATH,
        )?)
    }

    /// Opens a regular file of the folder's owner with exactly that length, bytes.
    pub fn file(&self, name: &str, len: u64, writable: bool) -> io::Result<File> {
        let flags = if writable {
            libc::O_RDWR
        } else {
            libc::O_RDONLY
        };
        let fd = open_at(
            self.fd.as_raw_fd(),
            name.as_bytes(),
            flags | libc::O_NONBLOCK,
        )?;
        let found = status(&fd)?;
        if found.st_mode & libc::S_IFMT != libc::S_IFREG
            || found.st_uid != self.owner
            || found.st_size as u64 != len
        {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!(
                    "{name} is no file of {len} bytes of user {}: {} bytes, user {}, mode {:o}",
                    self.owner, found.st_size, found.st_uid, found.st_mode
                ),
            ));
        }
        Ok(File { fd })
    }
}

impl File {
    pub fn map(&self, len: u64, writable: bool) -> io::Result<Mapping> {
        Mapping::of(self.fd.as_fd(), len as usize, writable)
    }

    pub fn map_private(&self, offset: u64, len: u64) -> io::Result<Option<PrivateMapping>> {
        PrivateMapping::of(self.fd.as_fd(), offset, len)
    }

    /// Takes the open-file-description lock of the whole file: it ends with the last copy of the
    /// descriptor in this process and its children, and with nothing else.
    pub fn try_lock(&self) -> io::Result<bool> {
        // SAFETY: a struct of integers.
        let mut lock: libc::flock = unsafe { std::mem::zeroed() };
        lock.l_type = libc::F_WRLCK as libc::c_short;
        lock.l_whence = libc::SEEK_SET as libc::c_short;
        // SAFETY: open descriptor, valid argument.
        if unsafe { libc::fcntl(self.fd.as_raw_fd(), libc::F_OFD_SETLK, &lock) } == 0 {
            return Ok(true);
        }
        let failure = io::Error::last_os_error();
        match failure.raw_os_error() {
            Some(libc::EAGAIN | libc::EACCES) => Ok(false),
            _ => Err(failure),
        }
    }

    /// Gives a part of the file its blocks, so that touching it cannot fail.
    pub fn allocate(&self, offset: u64, len: u64) -> io::Result<()> {
        // SAFETY: open descriptor.
        match unsafe { libc::posix_fallocate(self.fd.as_raw_fd(), offset as i64, len as i64) } {
            0 => Ok(()),
            code => Err(io::Error::from_raw_os_error(code)),
        }
    }
}
