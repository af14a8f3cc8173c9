// SPDX-License-Identifier: GPL-2.0
/*
 * cat - copy files, or standard input, to standard output
 *
 * A program sees the folders that it is given and nothing else: "dirs=" when it
 * is loaded, "--dir" when it is run, as host:guest. A file that cannot be opened
 * makes the exit status 1, and insmod fails and leaves nothing loaded.
 *
 *	# mkdir /tmp/poems
 *	# echo "so much depends" > /tmp/poems/one
 *	# echo "upon a red wheel barrow" > /tmp/poems/two
 *	# insmod cat.ko 'args="/poems/one /poems/two"' dirs=/tmp/poems:/poems
 *	so much depends
 *	upon a red wheel barrow
 *	# echo "through a pipe" | kwasm run cat
 *	through a pipe
 *	# kwasm run --dir /tmp/poems:/poems cat -- /poems/../../etc/passwd || echo "status $?"
 *	cat: /poems/../../etc/passwd: Capabilities insufficient
 *	status 1
 *	# rmmod cat
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char buffer[65536];

static int copy(int fd)
{
	ssize_t nr, done, n;

	while ((nr = read(fd, buffer, sizeof(buffer))) > 0) {
		for (done = 0; done < nr; done += n) {
			n = write(STDOUT_FILENO, buffer + done, nr - done);
			if (n < 0)
				return -1;
		}
	}
	return nr;
}

static int copy_file(const char *path)
{
	int fd = open(path, O_RDONLY);
	int err = fd < 0 ? -1 : copy(fd);

	if (err)
		fprintf(stderr, "cat: %s: %s\n", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return err;
}

int main(int argc, char **argv)
{
	int i, status = 0;

	if (argc < 2)
		return copy(STDIN_FILENO) != 0;
	for (i = 1; i < argc; i++)
		if (copy_file(argv[i]))
			status = 1;
	return status;
}
