// SPDX-License-Identifier: GPL-2.0
/*
 * lists.c - the longest lists of strings that /dev/kwasm takes, given to a WASI app
 *
 *	lists APP	a command that uses a descriptor and ends well
 *
 * A list of 1 MiB has half a million strings. To go through it once takes milliseconds; what begins
 * at the front again for each of them takes minutes, inside the kernel.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include "harness.h"
#include "types.h"
#include "kwasm_abi.h"
#include "uapi/kwasm.h"

#define SECONDS_MAX	60	/* for the slowest machine */

static char strings[KWASM_STRINGS_MAX];

/* Run the app with one list full of @string: its exit code, or -errno of what it was given */
static int run_with(uint32_t list, const char *string)
{
	size_t step = strlen(string) + 1, nr = KWASM_STRINGS_MAX / step, i;
	struct kwasm_trap_info report = { .size = sizeof(report) };
	struct kwasm_run arg = {
		.size = sizeof(arg), .app = (uintptr_t)"exit0", .report = (uintptr_t)&report,
	};
	time_t start = time(NULL);
	int fd = open("/dev/kwasm", O_RDWR | O_CLOEXEC), ret;

	ASSERT_TRUE(fd >= 0);
	for (i = 0; i < nr; i++)
		memcpy(strings + i * step, string, step);
	arg.surroundings.lists[list].data = (uintptr_t)strings;
	arg.surroundings.lists[list].bytes = nr * step;
	ret = ioctl(fd, KWASM_IOC_RUN, &arg);
	if (ret < 0)
		ret = -errno;
	close(fd);
	ASSERT_TRUE(time(NULL) - start < SECONDS_MAX);
	if (ret == KWASM_TRAP_host_error)
		return -report.detail;
	return ret ? ret : arg.exit_code;
}

TEST(half_a_million_arguments_are_passed)
{
	ASSERT_EQ(0, run_with(KWASM_LIST_ARGS, ""));
}

TEST(half_a_million_variables_are_passed)
{
	ASSERT_EQ(0, run_with(KWASM_LIST_ENV, ""));
}

TEST(a_quarter_of_a_million_descriptors_become_one)
{
	ASSERT_EQ(0, run_with(KWASM_LIST_FDS, "1:1"));
}

TEST(half_a_million_descriptors_are_too_many)
{
	ASSERT_EQ(-EMFILE, run_with(KWASM_LIST_FDS, "1"));
}

TEST(half_a_million_directories_are_too_many)
{
	ASSERT_EQ(-EMFILE, run_with(KWASM_LIST_DIRS, "/"));
}

TEST(half_a_million_rules_are_too_many)
{
	ASSERT_EQ(-E2BIG, run_with(KWASM_LIST_NET, "x"));
}

TEST(a_directory_s_name_of_a_mebibyte_is_too_long)
{
	static char name[KWASM_STRINGS_MAX];

	memset(name, 'x', sizeof(name) - 1);
	ASSERT_EQ(-ENAMETOOLONG, run_with(KWASM_LIST_DIRS, name));
}

TEST_MAIN()
