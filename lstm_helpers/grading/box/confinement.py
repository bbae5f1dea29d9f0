"""Runs in the box, between the fork and the first cell: gives up everything that a notebook does not need.

Only what the C library offers, called by ctypes: this module is staged into the box, where there is little else.
"""

import ctypes
import os
import resource
import struct
import sys

SCRATCH = "/scratch"
NEWNS, NEWIPC, NEWUSER, NEWPID = 0x20000, 0x8000000, 0x10000000, 0x20000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = (
    *(1, 2, 4, 8, 1 << 5),
    *(1 << 12, 1 << 14, 1 << 18),
)
PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 1, 22, 24, 38, 47
MADV_COLLAPSE, HUGE = 25, 1 << 21
SECCOMP_MODE_FILTER, PR_CAP_AMBIENT_CLEAR_ALL, CAPABILITY_VERSION_3, KILL = 2, 4, 0x20080522, 9

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result, what):
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _prctl(option, *arguments):
    values = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in (*arguments, 0, 0, 0, 0)[:4]]
    _check(_libc.prctl(option, *values), f"prctl {option}")


def _mount(kind, where, flags, options=""):
    arguments = (kind.encode(), where.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode())
    _check(_libc.mount(*arguments), f"mount {kind} on {where}")


def use_huge_pages():
    """Put the memory of this process into huge pages where the kernel can: a fork then copies and frees far less.

    Older kernels refuse, and nothing is lost.
    """
    with open("/proc/self/maps") as file:
        lines = [line.split() for line in file]
    for span, rights, _, _, inode, *_ in lines:
        if rights == "rw-p" and inode == "0":
            low, high = (int(address, 16) for address in span.split("-"))
            for start in range(-(-low // HUGE) * HUGE, high - HUGE + 1, HUGE):
                _libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(HUGE), MADV_COLLAPSE)


def enter_namespaces():
    """Enter namespaces of one's own, with all rights in them; the next fork is the first process of its own tree."""
    user, group = os.getuid(), os.getgid()
    _check(_libc.unshare(NEWUSER | NEWNS | NEWPID), "unshare")
    for name, text in (("setgroups", "deny"), ("uid_map", f"1000 {user} 1"), ("gid_map", f"1000 {group} 1")):
        file = os.open(f"/proc/self/{name}", os.O_WRONLY)
        os.write(file, text.encode())
        os.close(file)


def fork_apart():
    """os.fork(), and the child is the first process of its own process tree: when it ends, all of that ends."""
    home = os.open("/proc/self/ns/pid", os.O_RDONLY)
    try:
        _check(_libc.unshare(NEWPID), "unshare")
        child = os.fork()
        if child:
            _check(_libc.setns(home, NEWPID), "setns")
        return child
    finally:
        os.close(home)


def mount_private_places(disk):
    """Private places to write, of this many bytes, and a /proc of its own."""
    _prctl(PR_SET_PDEATHSIG, KILL)
    _check(_libc.unshare(NEWNS | NEWIPC), "unshare")
    _check(_libc.mount(b"none", b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None), "make mounts private")
    safe = MS_NOSUID | MS_NODEV
    _mount("tmpfs", SCRATCH, safe, f"size={disk},nr_inodes=4096,mode=700")
    _mount("tmpfs", "/dev/shm", safe, f"size={disk // 4},nr_inodes=256,mode=700")
    _mount("tmpfs", "/dev/pts", safe | MS_RDONLY, "size=4k")
    if any(path.startswith("/tmp/") for path in (sys.prefix, sys.base_prefix)):  # the Python in use lies there
        flags = ctypes.c_ulong(MS_REMOUNT | MS_BIND | MS_RDONLY | safe)
        _check(_libc.mount(None, b"/tmp", None, flags, None), "make /tmp read-only")
    else:
        _mount("tmpfs", "/tmp", safe | MS_RDONLY, "size=4k")
    _mount("proc", "/proc", safe | MS_NOEXEC)
    os.chdir(SCRATCH)


def give_up_rights(limits, filters):
    """Set limits, give up all capabilities and most system calls. There is no way back.

    limits: {"memory", "disk": bytes, "processes", "seconds"}; filters: BPF programs, each of which is asked.
    """
    _set_limits(limits)
    for capability in range(64):
        if _libc.prctl(PR_CAPBSET_DROP, *map(ctypes.c_ulong, (capability, 0, 0, 0))) == -1:
            break  # past the last one that this kernel knows
    _prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    _check(_libc.capset(struct.pack("<Ii", CAPABILITY_VERSION_3, 0), bytes(24)), "give up capabilities")
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    for bpf in filters:
        program = ctypes.create_string_buffer(bpf, len(bpf))
        header = ctypes.create_string_buffer(struct.pack("@HP", len(bpf) // 8, ctypes.addressof(program)))
        _prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.cast(header, ctypes.c_void_p))


def _set_limits(limits):
    with open("/proc/self/statm") as file:
        mapped = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    wanted = {
        "AS": mapped + limits["memory"],
        "CPU": limits["seconds"],
        "NPROC": limits["processes"],
        "FSIZE": limits["disk"],
        "NOFILE": 64,  # with as many processes, what sockets hold back stays below the limit of memory
        "CORE": 1,  # 0 keeps the kernel from writing a file, and 1 also from piping the core into a program
        "MEMLOCK": 0,  # this and the next are counted for all of a user's boxes together
        "MSGQUEUE": 0,
        "SIGPENDING": 256,  # also timers: each takes the kernel's memory
        "RTPRIO": 0,
        "NICE": 0,
    }
    for name, value in wanted.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
