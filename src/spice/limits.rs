//! What a worker may use, and its end with all that it started.

use std::process::Child;

/// The memory that a worker may use where nothing else is said: 4 GiB. The largest of our decks takes
/// some 50 MiB.
pub(super) const MEMORY: u64 = 4 << 30;
/// The largest file that a worker may write.
#[cfg(unix)]
const FILE: u64 = 256 << 20;

/// Bounds this process, and with it all that it will start. Systems without such bounds go without.
#[cfg(unix)]
pub(super) fn bound_self(memory: u64) {
    let set = |what, value: u64| {
        let limit = libc::rlimit { rlim_cur: value as libc::rlim_t, rlim_max: value as libc::rlim_t };
        // SAFETY: a resource of this system and a struct that lives through the call.
        let _ = unsafe { libc::setrlimit(what, &limit) };
    };
    set(libc::RLIMIT_AS, memory);
    set(libc::RLIMIT_FSIZE, FILE);
    // the program itself goes on; a worker that writes without end is to end
    // SAFETY: no handler of ours is called, the system's own is set.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_DFL);
    }
    // a crash of ngspice is no news to keep
    set(libc::RLIMIT_CORE, 0);
}

#[cfg(not(unix))]
pub(super) fn bound_self(_memory: u64) {}

/// Ends a worker that leads a process group of its own, and all that it started.
pub(super) fn end(child: &mut Child) {
    #[cfg(unix)]
    if let Ok(id) = libc::pid_t::try_from(child.id()) {
        // SAFETY: no memory is touched. The child has not been waited for, so its number is its own
        // still, and the group's too.
        let _ = unsafe { libc::kill(-id, libc::SIGKILL) };
    }
    let _ = child.kill();
}

/// Ends this process with all that it started, where it leads a process group of its own.
pub(super) fn end_own_group() -> ! {
    #[cfg(unix)]
    // SAFETY: no memory is touched; the group is checked to be this process's own.
    unsafe {
        if libc::getpgrp() == libc::getpid() {
            libc::kill(0, libc::SIGKILL);
        }
    }
    std::process::exit(0)
}

/// This process's stdin and stdout, kept from what it starts: they now are the null device.
///
/// # Errors
/// The system's.
#[cfg(unix)]
pub(super) fn own_pipes() -> std::io::Result<(std::fs::File, std::fs::File)> {
    use std::os::fd::{AsFd, AsRawFd};
    // close-on-exec, which the standard library sees to
    let requests = std::fs::File::from(std::io::stdin().as_fd().try_clone_to_owned()?);
    let replies = std::fs::File::from(std::io::stdout().as_fd().try_clone_to_owned()?);
    let null = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null")?;
    for standard in [libc::STDIN_FILENO, libc::STDOUT_FILENO] {
        // SAFETY: two open descriptors.
        if unsafe { libc::dup2(null.as_raw_fd(), standard) } < 0 {
            return Err(std::io::Error::last_os_error());
        }
    }
    Ok((requests, replies))
}

#[cfg(not(unix))]
pub(super) fn own_pipes() -> std::io::Result<(std::io::Stdin, std::io::Stdout)> {
    Ok((std::io::stdin(), std::io::stdout()))
}
