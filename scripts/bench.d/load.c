// Makes the work that the benchmarked programs watch. Times are CLOCK_MONOTONIC in ns, as those of mark.c are.
//
//   load tree DIR A B C                     A * B * C directories, three levels deep
//   load flow DIR EVENTS FILES [PID:FD...]  opens, writes and closes FILES files in turn: three events each time. After each burst it
//                                           waits until the inotify queues PID:FD are empty: none overflows, however slow its reader is
//   load spread DIR DIRS TIMES [PID:FD...]  the same with one file in each of the directories DIR/0 ... DIR/DIRS-1, TIMES times altogether
//   load files DIR N [GAP_US]               N new files; prints "BEFORE_CLOSE NAME" of each
//   load race DIR TREES FILES GAP_US        TREES new trees five levels deep, FILES files in the deepest directory at once
//   load debounce DIR N [PID:FD...]         N files written twice, every second one deleted, with flow control; prints
//                                           "LAST_CLOSE NAME" of those that stay
//   load pend DIR N [PID:FD...]             N files of 100 directories written once, with flow control
//   load cancel DIR N [PID:FD...]           deletes those files, with flow control
//   load rename FROM TO                     renames every file of FROM into TO
// The last line is "BEGIN END".
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { BURST = 9000 };

static int queues[64];
static int queue_count;

static long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void nap(long us)
{
	struct timespec t = { us / 1000000, us % 1000000 * 1000 };
	nanosleep(&t, NULL);
}

static void take_queues(char **arguments)
{
	for (; *arguments; arguments++) {
		int pid, fd;
		if (sscanf(*arguments, "%d:%d", &pid, &fd) != 2 || queue_count == 64)
			die("queue");
		int handle = syscall(SYS_pidfd_open, pid, 0);
		queues[queue_count] = handle < 0 ? -1 : syscall(SYS_pidfd_getfd, handle, fd, 0);
		if (queues[queue_count++] < 0)
			die("pidfd_getfd");
		close(handle);
	}
}

static void drain(void)
{
	long last = -1, since = now();
	for (;;) {
		long depth = 0;
		for (int i = 0; i < queue_count; i++) {
			int bytes = 0;
			if (!ioctl(queues[i], FIONREAD, &bytes))
				depth += bytes;
		}
		if (depth == 0)
			return;
		if (depth != last) {
			last = depth;
			since = now();
		} else if (now() - since > 20000000000L) {
			fprintf(stderr, "load: the queue stays at %ld bytes\n", depth);
			exit(3);
		}
		nap(200);
	}
}

static long events;
static void made(int count)
{
	events += count;
	if (events >= BURST) {
		drain();
		events = 0;
	}
}

// Returns the time just before close(2).
static long touch(const char *name)
{
	int file = open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	if (file < 0 || write(file, "x", 1) != 1)
		die(name);
	long before = now();
	close(file);
	return before;
}

static void enter(const char *name)
{
	if (mkdir(name, 0755) || chdir(name))
		die(name);
}

static void leave(void)
{
	if (chdir(".."))
		die("..");
}

static void tree(const int *widths, int levels)
{
	char name[32];
	for (int i = 0; i < widths[0]; i++) {
		sprintf(name, "%c%d", 'a' + levels, i);
		if (levels == 1) {
			if (mkdir(name, 0755))
				die(name);
			continue;
		}
		enter(name);
		tree(widths + 1, levels - 1);
		leave();
	}
}

static void debounce(long n)
{
	char name[32];
	enum { PART = 1000 };
	for (long start = 0; start < n; start += PART) {
		long end = start + PART < n ? start + PART : n;
		for (int twice = 0; twice < 2; twice++)
			for (long i = start; i < end; i++) {
				sprintf(name, "d%06ld.dat", i);
				long closed = touch(name);
				if (twice && i % 2 == 0)
					printf("%ld %s\n", closed, name);
			}
		for (long i = start + 1; i < end; i += 2) {
			sprintf(name, "d%06ld.dat", i);
			if (unlink(name))
				die(name);
		}
		drain();
	}
}

static void race(long trees, long files, long gap)
{
	char name[128];
	for (long i = 0; i < trees; i++) {
		int length = sprintf(name, "t%05ld", i);
		if (mkdir(name, 0755))
			die(name);
		for (int level = 1; level < 5; level++) {
			length += sprintf(name + length, "/l%d", level);
			if (mkdir(name, 0755))
				die(name);
		}
		for (long k = 0; k < files; k++) {
			sprintf(name + length, "/r%05ld_%ld.dat", i, k);
			touch(name);
		}
		if (gap)
			nap(gap);
	}
}

static void rename_all(const char *from, const char *to)
{
	char **names = NULL;
	long count = 0, room = 0;
	DIR *source = opendir(from);
	int target = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!source || target < 0)
		die(from);
	struct dirent *entry;
	while ((entry = readdir(source)) != NULL)
		if (entry->d_name[0] != '.') {
			if (count == room)
				names = realloc(names, (room = room * 2 + 64) * sizeof *names);
			names[count++] = strdup(entry->d_name);
		}
	long begin = now();
	for (long i = 0; i < count; i++)
		if (renameat(dirfd(source), names[i], target, names[i]))
			die(names[i]);
	printf("%ld %ld\n", begin, now());
}

int main(int argc, char **argv)
{
	char name[64];
	long n = argc > 3 ? atol(argv[3]) : 0;
	if (argc < 4)
		return 2;
	if (!strcmp(argv[1], "rename")) {
		rename_all(argv[2], argv[3]);
		return 0;
	}
	if (chdir(argv[2]))
		die(argv[2]);
	long begin = now();
	if (!strcmp(argv[1], "tree")) {
		int widths[3] = { n, atoi(argv[4]), atoi(argv[5]) };
		tree(widths, 3);
	} else if (!strcmp(argv[1], "flow")) {
		long files = atol(argv[4]);
		take_queues(argv + 5);
		for (long i = 0; i * 3 < n; i++) {
			sprintf(name, "f%ld", i % files);
			touch(name);
			made(3);
		}
	} else if (!strcmp(argv[1], "spread")) {
		long times = atol(argv[4]);
		take_queues(argv + 5);
		for (long i = 0; i < times; i++) {
			sprintf(name, "%ld/f", i % n);
			touch(name);
			made(3);
		}
	} else if (!strcmp(argv[1], "files")) {
		long gap = argc > 4 ? atol(argv[4]) : 0;
		for (long i = 0; i < n; i++) {
			if (gap)
				nap(gap);
			sprintf(name, "s%06ld.dat", i);
			long closed = touch(name);
			printf("%ld %s\n", closed, name);
		}
	} else if (!strcmp(argv[1], "race")) {
		race(n, atol(argv[4]), atol(argv[5]));
	} else if (!strcmp(argv[1], "debounce")) {
		take_queues(argv + 4);
		debounce(n);
	} else if (!strcmp(argv[1], "pend") || !strcmp(argv[1], "cancel")) {
		take_queues(argv + 4);
		for (long i = 0; i < n; i++) {
			sprintf(name, "%ld/p%07ld.dat", i % 100, i);
			if (argv[1][0] == 'p')
				touch(name);
			else if (unlink(name))
				die(name);
			made(3);
		}
	} else
		return 2;
	drain();
	printf("%ld %ld\n", begin, now());
	return 0;
}
