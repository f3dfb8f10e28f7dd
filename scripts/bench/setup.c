// The least that a C program does to watch every directory of a tree: list it, watch it, go into what is a directory.
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

static int fd;
static long watches;

static void walk(char *path, size_t length)
{
	if (inotify_add_watch(fd, path, IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_MOVE_SELF | IN_DELETE_SELF | IN_ONLYDIR) < 0)
		return;
	watches++;
	DIR *dir = opendir(path);
	if (!dir)
		return;
	struct dirent *entry;
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_type != DT_DIR || !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		size_t n = strlen(entry->d_name);
		path[length] = '/';
		memcpy(path + length + 1, entry->d_name, n + 1);
		walk(path, length + 1 + n);
		path[length] = 0;
	}
	closedir(dir);
}

int main(int argc, char **argv)
{
	static char path[65536];
	if (argc != 2)
		return 2;
	fd = inotify_init1(IN_CLOEXEC);
	strcpy(path, argv[1]);
	walk(path, strlen(path));
	fprintf(stderr, "ready, watching %ld directories\n", watches);
	pause();
}
