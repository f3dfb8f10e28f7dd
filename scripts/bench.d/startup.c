// startup CGROUP DEVICE:INODE TIMEOUT_MS ARGV...: starts ARGV in a cgroup (v2), prints the nanoseconds from just before execve(2) until a
// process in it has an inotify watch on that directory (-1: it has none in time), and leaves it running. Works for every program alike: the
// watched inode is in /proc/PID/fdinfo. DEVICE is in hexadecimal as the kernel prints it there, INODE too.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static char text[1 << 16];
static char wanted[80];

static long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

static int slurp(const char *path, char *into, long room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	long length = 0, n;
	if (fd < 0)
		return 0;
	while (length < room - 1 && (n = read(fd, into + length, room - 1 - length)) > 0)
		length += n;
	close(fd);
	into[length] = 0;
	return length > 0;
}

static int watches(int pid)
{
	char path[300], link[64];
	snprintf(path, sizeof path, "/proc/%d/fd", pid);
	DIR *dir = opendir(path);
	int found = 0;
	if (!dir)
		return 0;
	for (struct dirent *entry; !found && (entry = readdir(dir));) {
		snprintf(path, sizeof path, "/proc/%d/fd/%s", pid, entry->d_name);
		long n = readlink(path, link, sizeof link - 1);
		if (n < 0)
			continue;
		link[n] = 0;
		snprintf(path, sizeof path, "/proc/%d/fdinfo/%s", pid, entry->d_name);
		found = strstr(link, "inotify") && slurp(path, text, sizeof text) && strstr(text, wanted);
	}
	closedir(dir);
	return found;
}

int main(int argc, char **argv)
{
	static char processes[1 << 14];
	char path[512];
	unsigned long device, inode;
	if (argc < 5 || sscanf(argv[2], "%lx:%lx", &device, &inode) != 2)
		return 2;
	snprintf(wanted, sizeof wanted, " ino:%lx sdev:%lx ", inode, device);
	snprintf(path, sizeof path, "%s/cgroup.procs", argv[1]);
	long limit = atol(argv[3]) * 1000000;
	long *begin = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fork() == 0) {
		int group = open(path, O_WRONLY | O_CLOEXEC), null = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (write(group, "0", 1) != 1)
			_exit(126);
		setsid();
		dup2(null, 1);
		dup2(null, 2);
		*begin = now();
		execvp(argv[4], argv + 4);
		_exit(127);
	}
	struct timespec nap = { 0, 100000 };
	for (long start = now(); now() - start < limit; nanosleep(&nap, NULL)) {
		if (!slurp(path, processes, sizeof processes))
			continue;
		for (char *line = processes; *line; line = strchr(line, '\n') + 1)
			if (watches(atoi(line))) {
				printf("%ld\n", now() - *begin);
				return 0;
			}
	}
	puts("-1");
}
