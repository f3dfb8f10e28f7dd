// The least that a C program does for the result of each scenario: what the others are divided by. No configuration, no log, no error message.
//
//   floor ingest DIR [NAP_US]              reads events of every type, looks at each, drops it; sleeps so long before each read
//   floor match DIR REGEX PROGRAM MARKS    the same with regexec(3) on each path; runs the program for those that do not match
//   floor setup DIR [MASK]                 watches every directory and keeps its path; drops the events
//   floor spawn DIR PROGRAM MARKS          runs PROGRAM MARKS PATH for each file that is closed after writing
//   floor debounce DIR SECONDS PROGRAM MARKS   so long after the last close; deletion cancels
//   floor race DIR PROGRAM MARKS           spawn for a whole tree: what is in a new directory is listed, after an overflow everything is
//   floor copy|move DIR TARGET             copies or renames each file that is closed after writing or moved in
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <regex.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static int in;
static char buffer[65536] __attribute__((aligned(8)));

static long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

// ---- files by path: open addressing, a file stays once it is known

struct file {
	char *path;
	long due; // 0: nothing is pending
	int seen;
};

static struct file **table;
static size_t table_size, table_count;

static struct file *find(const char *path)
{
	if (table_count * 2 >= table_size) {
		size_t old_size = table_size;
		struct file **old = table;
		table_size = table_size ? table_size * 2 : 1024;
		table = calloc(table_size, sizeof *table);
		table_count = 0;
		for (size_t i = 0; i < old_size; i++)
			if (old[i]) {
				uint64_t hash = 1469598103934665603ULL;
				for (const char *p = old[i]->path; *p; p++)
					hash = (hash ^ (unsigned char)*p) * 1099511628211ULL;
				size_t at = (hash ^ hash >> 29) & (table_size - 1);
				while (table[at])
					at = (at + 1) & (table_size - 1);
				table[at] = old[i];
				table_count++;
			}
		free(old);
	}
	uint64_t hash = 1469598103934665603ULL;
	for (const char *p = path; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 1099511628211ULL;
	size_t at = (hash ^ hash >> 29) & (table_size - 1);
	while (table[at] && strcmp(table[at]->path, path))
		at = (at + 1) & (table_size - 1);
	if (!table[at]) {
		size_t length = strlen(path) + 1;
		struct file *file = malloc(sizeof *file + length); // one allocation a file
		*file = (struct file){ .path = memcpy(file + 1, path, length) };
		table[at] = file;
		table_count++;
	}
	return table[at];
}

// ---- directories by watch descriptor

static char **directories;
static int directory_room;

static void watch(const char *path, uint32_t mask)
{
	int wd = inotify_add_watch(in, path, mask);
	if (wd < 0)
		return;
	if (wd >= directory_room) {
		int room = wd * 2 + 64;
		directories = realloc(directories, room * sizeof *directories);
		memset(directories + directory_room, 0, (room - directory_room) * sizeof *directories);
		directory_room = room;
	}
	free(directories[wd]);
	directories[wd] = strdup(path);
}

static char full[8192];
static char *path_of(const struct inotify_event *event)
{
	const char *directory = event->wd >= 0 && event->wd < directory_room && directories[event->wd] ? directories[event->wd] : "?";
	size_t length = strlen(directory);
	memcpy(full, directory, length + 1);
	if (event->len) {
		full[length] = '/';
		strcpy(full + length + 1, event->name);
	}
	return full;
}

// ---- children

static char *program, *marks;
static long running;

static void reap(void)
{
	while (running && waitpid(-1, NULL, WNOHANG) > 0)
		running--;
}

static void spawn(char *path)
{
	pid_t pid;
	char *arguments[] = { program, marks, path, NULL };
	if (!posix_spawn(&pid, program, NULL, NULL, arguments, environ))
		running++;
	reap();
}

static void spawn_once(char *path)
{
	struct file *file = find(path);
	if (!file->seen)
		spawn(path);
	file->seen = 1;
}

// ---- the walk

struct entry {
	unsigned long ino;
	long off;
	unsigned short len;
	unsigned char type;
	char name[];
};

static void walk(char *path, size_t length, uint32_t mask, int files, int depth)
{
	watch(path, mask);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	size_t room = depth == 0 ? 32768 : 8192;
	char *list = malloc(room);
	long n;
	while ((n = syscall(SYS_getdents64, fd, list, room)) > 0)
		for (char *p = list; p < list + n;) {
			struct entry *entry = (void *)p;
			p += entry->len;
			if (!strcmp(entry->name, ".") || !strcmp(entry->name, ".."))
				continue;
			size_t name = strlen(entry->name);
			path[length] = '/';
			memcpy(path + length + 1, entry->name, name + 1);
			if (entry->type == DT_DIR)
				walk(path, length + 1 + name, mask, files, depth + 1);
			else if (files)
				spawn_once(path);
			path[length] = 0;
		}
	free(list);
	close(fd);
}

static void walk_from(const char *path, uint32_t mask, int files)
{
	static char start[8192];
	strcpy(start, path);
	walk(start, strlen(start), mask, files, 0);
}

// ---- a heap of deadlines; what was moved on or cancelled is noticed when it comes up

struct deadline {
	long due;
	struct file *file;
};

static struct deadline *heap;
static size_t heap_count, heap_room;

static void push(long due, struct file *file)
{
	if (heap_count == heap_room)
		heap = realloc(heap, (heap_room = heap_room * 2 + 1024) * sizeof *heap);
	size_t i = heap_count++;
	for (; i && heap[(i - 1) / 2].due > due; i = (i - 1) / 2)
		heap[i] = heap[(i - 1) / 2];
	heap[i] = (struct deadline){ due, file };
}

static struct file *pop(void)
{
	struct file *first = heap[0].file;
	struct deadline last = heap[--heap_count];
	size_t i = 0;
	for (size_t child; (child = 2 * i + 1) < heap_count; i = child) {
		if (child + 1 < heap_count && heap[child + 1].due < heap[child].due)
			child++;
		if (heap[child].due >= last.due)
			break;
		heap[i] = heap[child];
	}
	if (heap_count)
		heap[i] = last;
	return first;
}

// ---- the scenarios

#define EACH_EVENT(size, event) \
	for (struct inotify_event *event = (void *)buffer; (char *)event < buffer + (size); event = (void *)((char *)(event + 1) + event->len))

static void ingest(const char *directory, long nap_us)
{
	long sum = 0, size;
	struct pollfd ready = { in, POLLIN, 0 };
	struct timespec nap = { 0, nap_us * 1000 };
	watch(directory, IN_ALL_EVENTS);
	for (;;) {
		if (nap_us && poll(&ready, 1, -1) == 1)
			nanosleep(&nap, NULL);
		if ((size = read(in, buffer, sizeof buffer)) <= 0)
			break;
		EACH_EVENT(size, event)
			sum += event->mask + (event->len ? event->name[0] : 0);
	}
	printf("%ld\n", sum); // so that the loop is not optimised away
}

static void match(const char *directory, const char *expression)
{
	regex_t regex;
	if (regcomp(&regex, expression, REG_EXTENDED | REG_NOSUB))
		_exit(2);
	watch(directory, IN_ALL_EVENTS);
	for (long size; (size = read(in, buffer, sizeof buffer)) > 0;)
		EACH_EVENT(size, event)
			if (regexec(&regex, path_of(event), 0, NULL, 0))
				spawn(full);
}

static void spawn_all(const char *directory)
{
	struct pollfd ready = { in, POLLIN, 0 };
	watch(directory, IN_CLOSE_WRITE);
	for (;;) {
		int count = poll(&ready, 1, running ? 20 : -1);
		reap();
		if (count <= 0)
			continue;
		long size = read(in, buffer, sizeof buffer);
		EACH_EVENT(size, event)
			spawn(path_of(event));
	}
}

static void debounce(const char *directory, double seconds)
{
	long delay = seconds * 1e9;
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	struct pollfd ready[2] = { { in, POLLIN, 0 }, { timer, POLLIN, 0 } };
	walk_from(directory, IN_CLOSE_WRITE | IN_DELETE, 0);
	for (;;) {
		struct itimerspec next = { 0 };
		if (heap_count) {
			next.it_value.tv_sec = heap[0].due / 1000000000L;
			next.it_value.tv_nsec = heap[0].due % 1000000000L;
		}
		timerfd_settime(timer, TFD_TIMER_ABSTIME, &next, NULL);
		int count = poll(ready, 2, running ? 20 : -1);
		reap();
		if (count <= 0)
			continue;
		if (ready[1].revents) {
			long time = now();
			while (heap_count && heap[0].due <= time) {
				long due = heap[0].due;
				struct file *file = pop();
				if (file->due == due) {
					file->due = 0;
					spawn(file->path);
				} else if (file->due)
					push(file->due, file);
			}
		}
		if (!(ready[0].revents & POLLIN))
			continue;
		long size = read(in, buffer, sizeof buffer), time = now();
		EACH_EVENT(size, event) {
			struct file *file = find(path_of(event));
			int queued = file->due != 0;
			file->due = event->mask & IN_DELETE ? 0 : time + delay;
			if (file->due && !queued)
				push(file->due, file);
		}
	}
}

static void race(const char *directory)
{
	uint32_t mask = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_ONLYDIR | IN_EXCL_UNLINK;
	struct pollfd ready = { in, POLLIN, 0 };
	walk_from(directory, mask, 0);
	for (;;) {
		int count = poll(&ready, 1, running ? 20 : -1);
		reap();
		if (count <= 0)
			continue;
		long size = read(in, buffer, sizeof buffer);
		EACH_EVENT(size, event)
			if (event->mask & IN_Q_OVERFLOW)
				walk_from(directory, mask, 1);
			else if (!event->len)
				continue;
			else if (!(event->mask & IN_ISDIR)) {
				if (event->mask & (IN_CLOSE_WRITE | IN_MOVED_TO))
					spawn_once(path_of(event));
			} else if (event->mask & (IN_CREATE | IN_MOVED_TO))
				walk_from(path_of(event), mask, 1);
	}
}

static void copy(const char *source, const char *target)
{
	struct stat st;
	int from = open(source, O_RDONLY | O_CLOEXEC);
	if (from < 0 || fstat(from, &st))
		return;
	int to = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, st.st_mode & 07777);
	for (off_t left = st.st_size; left > 0;) {
		ssize_t n = copy_file_range(from, NULL, to, NULL, left, 0);
		if (n <= 0)
			break;
		left -= n;
	}
	fchmod(to, st.st_mode & 07777);
	struct timespec times[2] = { st.st_atim, st.st_mtim };
	futimens(to, times);
	close(from);
	close(to);
}

static void files(const char *directory, const char *target, int move)
{
	char name[8192];
	watch(directory, IN_CLOSE_WRITE | IN_MOVED_TO);
	for (long size; (size = read(in, buffer, sizeof buffer)) > 0;)
		EACH_EVENT(size, event) {
			snprintf(name, sizeof name, "%s/%s", target, event->name);
			if (move)
				rename(path_of(event), name);
			else
				copy(path_of(event), name);
		}
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	char *mode = argv[1], *directory = argv[2];
	in = inotify_init1(IN_CLOEXEC);
	if (argc > 4) {
		program = argv[argc - 2];
		marks = argv[argc - 1];
	}
	if (!strcmp(mode, "ingest"))
		ingest(directory, argc > 3 ? atol(argv[3]) : 0);
	else if (!strcmp(mode, "setup")) {
		walk_from(directory, argc > 3 ? strtoul(argv[3], NULL, 0) : IN_ALL_EVENTS, 0);
		ingest("/nonexistent", 0);
	} else if (!strcmp(mode, "match") && argc == 6)
		match(directory, argv[3]);
	else if (!strcmp(mode, "spawn") && argc == 5)
		spawn_all(directory);
	else if (!strcmp(mode, "debounce") && argc == 6)
		debounce(directory, atof(argv[3]));
	else if (!strcmp(mode, "race") && argc == 5)
		race(directory);
	else if ((!strcmp(mode, "copy") || !strcmp(mode, "move")) && argc == 4)
		files(directory, argv[3], mode[0] == 'm');
	else
		return 2;
}
