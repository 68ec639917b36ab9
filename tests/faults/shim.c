/* Preloaded into a process, it counts every call that changes a file below $FAULT_ROOT, and spoils the one numbered
 * $FAULT_AT in the way of $FAULT_MODE: `kill` dies before it, `half` dies after half of a write, a number makes the
 * call fail with that errno. Each call is a line of $FAULT_LOG. Raw system calls are used inside, so none counts itself. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static int calls;

static int spoiled(const char *call, const char *path, int fd, const void *data, size_t size) {
    const char *root = getenv("FAULT_ROOT"), *at = getenv("FAULT_AT"), *mode = getenv("FAULT_MODE"), *log = getenv("FAULT_LOG");
    char full[4096], link[64], line[4300];
    if (!root) return 0;
    if (path) {
        snprintf(full, sizeof full, "%s", path);
    } else {
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, full, sizeof full - 1);
        full[length < 0 ? 0 : length] = 0;
    }
    if (strncmp(full, root, strlen(root))) return 0;
    calls++;
    if (log) {
        int out = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        int length = snprintf(line, sizeof line, "%s %s\n", call, full);
        syscall(SYS_write, out, line, length);
        syscall(SYS_close, out);
    }
    if (!at || atoi(at) != calls) return 0;
    if (!strcmp(mode, "half") && data) syscall(SYS_write, fd, data, size / 2);
    if (!strcmp(mode, "half") || !strcmp(mode, "kill")) syscall(SYS_kill, getpid(), SIGKILL);
    errno = atoi(mode);
    return 1;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define ON_PATH(type, name, path, args, ...) \
    type name args { return spoiled(#name, path, -1, NULL, 0) ? -1 : NEXT(name)(__VA_ARGS__); }
#define ON_FD(type, name, data, size, args, ...) \
    type name args { return spoiled(#name, NULL, fd, data, size) ? -1 : NEXT(name)(__VA_ARGS__); }
#define OPENING(name, args, ...) \
    int name args { \
        va_list rest; va_start(rest, flags); mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0; va_end(rest); \
        return flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC) && spoiled(#name, path, -1, NULL, 0) ? -1 : NEXT(name)(__VA_ARGS__, flags, mode); \
    }

OPENING(open, (const char *path, int flags, ...), path)
OPENING(open64, (const char *path, int flags, ...), path)
OPENING(openat, (int at, const char *path, int flags, ...), at, path)
OPENING(openat64, (int at, const char *path, int flags, ...), at, path)
ON_FD(ssize_t, write, data, size, (int fd, const void *data, size_t size), fd, data, size)
ON_FD(ssize_t, pwrite, data, size, (int fd, const void *data, size_t size, off_t at), fd, data, size, at)
ON_FD(ssize_t, pwrite64, data, size, (int fd, const void *data, size_t size, off64_t at), fd, data, size, at)
ON_FD(ssize_t, writev, NULL, 0, (int fd, const struct iovec *data, int count), fd, data, count)
ON_FD(int, fsync, NULL, 0, (int fd), fd)
ON_FD(int, fdatasync, NULL, 0, (int fd), fd)
ON_FD(int, ftruncate, NULL, 0, (int fd, off_t size), fd, size)
ON_FD(int, ftruncate64, NULL, 0, (int fd, off64_t size), fd, size)
ON_FD(int, fchmod, NULL, 0, (int fd, mode_t mode), fd, mode)
ON_FD(int, fchown, NULL, 0, (int fd, uid_t user, gid_t group), fd, user, group)
ON_PATH(int, rename, to, (const char *from, const char *to), from, to)
ON_PATH(int, renameat, to, (int a, const char *from, int b, const char *to), a, from, b, to)
ON_PATH(int, link, to, (const char *from, const char *to), from, to)
ON_PATH(int, symlink, to, (const char *from, const char *to), from, to)
ON_PATH(int, unlink, path, (const char *path), path)
ON_PATH(int, unlinkat, path, (int at, const char *path, int flags), at, path, flags)
ON_PATH(int, mkdir, path, (const char *path, mode_t mode), path, mode)
ON_PATH(int, mkdirat, path, (int at, const char *path, mode_t mode), at, path, mode)
ON_PATH(int, rmdir, path, (const char *path), path)
ON_PATH(int, truncate, path, (const char *path, off_t size), path, size)
ON_PATH(int, chmod, path, (const char *path, mode_t mode), path, mode)
ON_PATH(int, fchmodat, path, (int at, const char *path, mode_t mode, int flags), at, path, mode, flags)
ON_PATH(int, chown, path, (const char *path, uid_t user, gid_t group), path, user, group)
ON_PATH(int, utimensat, path, (int at, const char *path, const struct timespec times[2], int flags), at, path, times, flags)
ON_PATH(int, setxattr, path, (const char *path, const char *name, const void *value, size_t size, int flags), path, name, value, size, flags)
