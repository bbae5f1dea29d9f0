"""The system calls that a box may make: what is not listed here fails with an error, and kills nobody.

The list was taken from what the notebooks of the course, the tests' honest ones, NumPy, matplotlib and torch do on
x86-64, and completed within each group: all of a group are as harmless as the one that was seen. Names that a machine
does not have are passed over, so that it also serves aarch64, where the older names are missing.
"""

import contextlib
import errno
import tempfile

ALLOWED = """
read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek close close_range
open openat openat2 creat access faccessat faccessat2 stat fstat lstat newfstatat statx statfs fstatfs readlink
readlinkat getdents getdents64 getcwd chdir fchdir umask truncate ftruncate fallocate fadvise64 readahead
mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 link linkat symlink symlinkat
chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes utimensat futimesat
getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr fsync fdatasync sync_file_range
dup dup2 dup3 fcntl ioctl pipe pipe2 sendfile copy_file_range splice tee
mmap munmap mremap mprotect madvise brk msync mincore munlock munlockall pkey_alloc pkey_free pkey_mprotect
clone fork vfork execve execveat exit exit_group wait4 waitid kill tkill tgkill
rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend rt_sigtimedwait rt_sigqueueinfo rt_tgsigqueueinfo
sigaltstack pause restart_syscall signalfd signalfd4 pidfd_send_signal alarm getitimer setitimer
timer_create timer_settime timer_gettime timer_getoverrun timer_delete timerfd_create timerfd_settime timerfd_gettime
time gettimeofday clock_gettime clock_getres clock_nanosleep nanosleep times
futex futex_waitv futex_wake futex_wait futex_requeue set_robust_list set_tid_address rseq
arch_prctl prctl
getpid getppid gettid getpgid getpgrp getsid setpgid setsid getuid geteuid getgid getegid getresuid getresgid getgroups
capget uname sysinfo getrusage getrlimit setrlimit prlimit64 getpriority setpriority getrandom getcpu
sched_yield sched_getaffinity sched_setaffinity sched_getparam sched_setparam sched_getscheduler sched_setscheduler
sched_getattr sched_setattr sched_get_priority_max sched_get_priority_min sched_rr_get_interval ioprio_get ioprio_set
get_mempolicy
poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd2
socketpair sendto recvfrom recvmsg recvmmsg shutdown getsockopt getsockname getpeername
"""
CLONE_FLAGS = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)  # new namespaces
# Calls that are allowed, but not with one of their arguments so: (name, which argument, mask, what it then is).
DENIED_FOR = (
    *(("clone", 0, flag, flag) for flag in CLONE_FLAGS),
    *(("ioctl", 1, 0xFFFFFFFF, request) for request in (0x5412, 0x541C)),  # TIOCSTI, TIOCLINUX: another's terminal
    # F_SETLEASE, F_NOTIFY: who owns a file can make everybody wait who opens it. F_SETPIPE_SZ: the pages of all pipes
    # of a user are counted together
    *(("fcntl", 1, 0xFFFFFFFF, request) for request in (1024, 1026, 1031)),
    # PR_SET_SECCOMP could fill the kernel's log, PR_SCHED_CORE keeps others off half of a core
    *(("prctl", 0, 0xFFFFFFFF, option) for option in (22, 62)),
    # MAP_SHARED with MAP_ANONYMOUS: memory that no process is charged for, once it is out of its page tables
    ("mmap", 3, 0x21, 0x21),
    ("mmap", 3, 0x40000, 0x40000),  # MAP_HUGETLB: pages that were set aside for somebody
    # RLIMIT_CORE keeps its one byte (``confinement``): with any other limit a crash may start a program of the host
    ("setrlimit", 0, 0xFFFFFFFF, 4),
    ("prlimit64", 1, 0xFFFFFFFF, 4),
)
NUMBERS = range(1024)  # where the calls of x86-64 and aarch64 lie


def programs():
    """Two filters for this machine, as BPF programs; a process gets both, in this order.

    What is denied fails with EPERM, which people can read; what this libseccomp does not know, and clone3, whose flags
    are out of a filter's sight, with ENOSYS, upon which the C library does without.
    """
    import pyseccomp as seccomp

    names, allowed = calls(seccomp.system_arch()), set(ALLOWED.split())
    listed = seccomp.SyscallFilter(seccomp.ERRNO(errno.ENOSYS))
    for number, name in names.items():
        if name != "clone3":
            listed.add_rule(seccomp.ALLOW if name in allowed else seccomp.ERRNO(errno.EPERM), number)
    arguments = seccomp.SyscallFilter(seccomp.ALLOW)  # one filter cannot both allow a call and deny it for an argument
    for name, place, mask, value in DENIED_FOR:
        if name in names.values():
            arguments.add_rule(seccomp.ERRNO(errno.EPERM), name, seccomp.Arg(place, seccomp.MASKED_EQ, mask, value))
    return [_exported(rules) for rules in (listed, arguments)]


def calls(architecture):
    """{number: name} of the system calls of an architecture, as far as this libseccomp knows them."""
    import pyseccomp as seccomp

    names = {}
    for number in NUMBERS:
        with contextlib.suppress(ValueError):  # there is no such call
            names[number] = seccomp.resolve_syscall(architecture, number).decode()
    return names


def _exported(rules):
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()
