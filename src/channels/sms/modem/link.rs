//! The port of a modem: a serial line or a connection, read and written without waiting for longer than
//! said.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::termios::{
    ControlModes, OptionalActions, QueueSelector, ioctl_tiocexcl, tcflush, tcgetattr, tcsetattr,
};
use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long the other end of a connection may take to be there.
pub const OPEN_SECONDS_MAX: u64 = 10;
/// How long a port may take for what is written to it.
const WRITE: Duration = Duration::from_secs(10);

/// Where a modem is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A serial port, with its bits per second.
    Serial(PathBuf, u32),
    /// A modem in the network.
    Tcp(SocketAddr),
}

/// An open port.
pub(super) enum Port {
    Serial(File),
    Tcp(TcpStream),
}

impl Line {
    pub(super) fn open(&self) -> Result<Port, Error> {
        match self {
            Self::Serial(path, speed) => open_serial(path, *speed).map(Port::Serial),
            Self::Tcp(address) => {
                let limit = Duration::from_secs(OPEN_SECONDS_MAX);
                let stream = TcpStream::connect_timeout(address, limit)?;
                stream.set_nodelay(true)?;
                stream.set_nonblocking(true)?;
                Ok(Port::Tcp(stream))
            }
        }
    }
}

/// Raw, without control of the flow, and ours alone.
fn open_serial(path: &Path, speed: u32) -> Result<File, Error> {
    let flags = OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let flags = i32::try_from(flags.bits()).map_err(|_| ErrorKind::InvalidInput)?;
    let file = OpenOptions::new().read(true).write(true).custom_flags(flags).open(path)?;
    let mut settings = tcgetattr(&file)?;
    settings.make_raw();
    settings.control_modes |= ControlModes::CLOCAL | ControlModes::CREAD;
    settings.control_modes -= ControlModes::CRTSCTS;
    settings.set_speed(speed)?;
    tcsetattr(&file, OptionalActions::Now, &settings)?;
    ioctl_tiocexcl(&file)?;
    // What the modem said to nobody.
    tcflush(&file, QueueSelector::IFlush)?;
    Ok(file)
}

impl Port {
    fn fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Serial(file) => file.as_fd(),
            Self::Tcp(stream) => stream.as_fd(),
        }
    }

    /// Whether it is ready for it within that time.
    fn is_ready(&self, flags: PollFlags, within: Duration) -> Result<bool, Error> {
        let within = Timespec::try_from(within).map_err(|_| ErrorKind::InvalidInput)?;
        let mut waited = [PollFd::from_borrowed_fd(self.fd(), flags)];
        match poll(&mut waited, Some(&within)) {
            Ok(ready) => Ok(ready > 0),
            Err(Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// What is there, or comes within that time; nothing when nothing does.
    pub(super) fn read<'a>(
        &mut self,
        buffer: &'a mut [u8],
        within: Duration,
    ) -> Result<&'a [u8], Error> {
        if !self.is_ready(PollFlags::IN, within)? {
            return Ok(&[]);
        }
        let read = match self {
            Self::Serial(file) => file.read(buffer),
            Self::Tcp(stream) => stream.read(buffer),
        };
        match read {
            Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
            Ok(read) => Ok(buffer.get(..read).unwrap_or_default()),
            Err(error) if is_for_now(&error) => Ok(&[]),
            Err(error) => Err(error),
        }
    }

    /// All of it, or the port is of no use any more.
    pub(super) fn write(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        while !bytes.is_empty() {
            if !self.is_ready(PollFlags::OUT, WRITE)? {
                return Err(ErrorKind::TimedOut.into());
            }
            let written = match self {
                Self::Serial(file) => file.write(bytes),
                Self::Tcp(stream) => stream.write(bytes),
            };
            match written {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
                Err(error) if is_for_now(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

fn is_for_now(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
