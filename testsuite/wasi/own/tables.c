// SPDX-License-Identifier: GPL-2.0
/* tables.c - on the host: the conversion of errors, and the rights of each type of file */
#include <errno.h>
#include <stdbool.h>

#include "../../harness.h"
#include "../../../wasi-kernel/errno.h"
#include "../../../wasi-kernel/rights.h"

TEST(no_error_number_leaks)
{
	long err;

	for (err = -5000; err < 0; err++) {
		ASSERT_TRUE(wasi_errno(err) > 0);
		ASSERT_TRUE(wasi_errno(err) <= 76);
	}
	for (err = 0; err < 5000; err++)
		ASSERT_EQ(0, wasi_errno(err));
}

TEST(every_linux_number_is_mapped)
{
	/* "io" is the answer for what nobody thought of, so each that means it is listed */
	static const int io[] = {
		EIO, EADV, EBFONT, ECOMM, EDOTDOT, EHWPOISON, EL2HLT, EL2NSYNC, EL3HLT, EL3RST, EMEDIUMTYPE,
		ENAVAIL, ENOCSI, ENOTNAM, EREMCHG, EREMOTE, EREMOTEIO, ESRMNT, EUCLEAN, EUNATCH,
	};
	int err;
	size_t i;

	for (err = 1; err <= EHWPOISON; err++) {
		bool meant = err == 41 || err == 58;	/* not assigned on Linux */

		for (i = 0; i < ARRAY_SIZE(io); i++)
			meant |= err == io[i];
		if (!meant)
			ASSERT_NE(WASI_ERRNO_IO, wasi_errno(-err));
	}
}

TEST(kernel_internal_numbers_are_mapped)
{
	ASSERT_EQ(WASI_ERRNO_INTR, wasi_errno(-512));	/* ERESTARTSYS */
	ASSERT_EQ(WASI_ERRNO_INTR, wasi_errno(-513));
	ASSERT_EQ(WASI_ERRNO_INTR, wasi_errno(-514));
	ASSERT_EQ(WASI_ERRNO_INTR, wasi_errno(-516));
	ASSERT_EQ(WASI_ERRNO_NOTSUP, wasi_errno(-524));	/* ENOTSUPP */
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, wasi_errno(-WASI_ENOTCAPABLE));
}

TEST(numbers_are_those_of_the_specification)
{
	ASSERT_EQ(2, WASI_ERRNO_ACCES);
	ASSERT_EQ(6, WASI_ERRNO_AGAIN);
	ASSERT_EQ(8, WASI_ERRNO_BADF);
	ASSERT_EQ(20, WASI_ERRNO_EXIST);
	ASSERT_EQ(25, WASI_ERRNO_ILSEQ);
	ASSERT_EQ(27, WASI_ERRNO_INTR);
	ASSERT_EQ(28, WASI_ERRNO_INVAL);
	ASSERT_EQ(31, WASI_ERRNO_ISDIR);
	ASSERT_EQ(33, WASI_ERRNO_MFILE);
	ASSERT_EQ(42, WASI_ERRNO_NOBUFS);
	ASSERT_EQ(44, WASI_ERRNO_NOENT);
	ASSERT_EQ(48, WASI_ERRNO_NOMEM);
	ASSERT_EQ(52, WASI_ERRNO_NOSYS);
	ASSERT_EQ(54, WASI_ERRNO_NOTDIR);
	ASSERT_EQ(57, WASI_ERRNO_NOTSOCK);
	ASSERT_EQ(58, WASI_ERRNO_NOTSUP);
	ASSERT_EQ(63, WASI_ERRNO_PERM);
	ASSERT_EQ(64, WASI_ERRNO_PIPE);
	ASSERT_EQ(70, WASI_ERRNO_SPIPE);
	ASSERT_EQ(75, WASI_ERRNO_XDEV);
	ASSERT_EQ(76, WASI_ERRNO_NOTCAPABLE);
}

TEST(a_terminal_can_neither_seek_nor_tell)
{
	const u64 seek = WASI_RIGHTS_FD_SEEK | WASI_RIGHTS_FD_TELL;

	ASSERT_EQ(0, wasi_rights_of(WASI_FILETYPE_CHARACTER_DEVICE, false).base & seek);
	ASSERT_EQ(seek, wasi_rights_of(WASI_FILETYPE_CHARACTER_DEVICE, true).base & seek);
}

TEST(only_directories_pass_everything_on)
{
	u8 type;

	for (type = 0; type <= WASI_FILETYPE_SYMBOLIC_LINK; type++) {
		struct wasi_rights_pair rights = wasi_rights_of(type, true);

		ASSERT_EQ(0, rights.base & ~(u64)WASI_RIGHTS_ALL);
		ASSERT_EQ(type == WASI_FILETYPE_DIRECTORY, rights.inheriting == WASI_RIGHTS_ALL);
		ASSERT_EQ(type == WASI_FILETYPE_DIRECTORY, !!(rights.base & WASI_RIGHTS_PATH_OPEN));
		ASSERT_EQ(type != WASI_FILETYPE_DIRECTORY, !!(rights.base & WASI_RIGHTS_FD_WRITE));
	}
}

TEST(creating_and_truncating_need_rights_on_the_directory)
{
	ASSERT_EQ(WASI_RIGHTS_PATH_OPEN, wasi_rights_to_open(WASI_OFLAGS_DIRECTORY));
	ASSERT_EQ(WASI_RIGHTS_PATH_OPEN | WASI_RIGHTS_PATH_CREATE_FILE,
		  wasi_rights_to_open(WASI_OFLAGS_CREAT | WASI_OFLAGS_EXCL));
	ASSERT_EQ(WASI_RIGHTS_PATH_OPEN | WASI_RIGHTS_PATH_FILESTAT_SET_SIZE,
		  wasi_rights_to_open(WASI_OFLAGS_TRUNC));
}

TEST_MAIN()
