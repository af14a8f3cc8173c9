// SPDX-License-Identifier: GPL-2.0
/*
 * The variable-length integers, at their edges
 */
#include "../harness.h"
#include "../../compiler/leb128.h"

struct seen {
	int err;
	u64 value;
	long used;
};

static struct seen read_unsigned(unsigned int bits, const u8 *bytes, size_t size)
{
	const u8 *pos = bytes;
	struct seen seen = { 0 };

	seen.err = leb128_unsigned(&pos, bytes + size, bits, &seen.value);
	seen.used = pos - bytes;
	return seen;
}

static struct seen read_signed(unsigned int bits, const u8 *bytes, size_t size)
{
	const u8 *pos = bytes;
	struct seen seen = { 0 };
	s64 value = 0;

	seen.err = leb128_signed(&pos, bytes + size, bits, &value);
	seen.value = (u64)value;
	seen.used = pos - bytes;
	return seen;
}

#define UNSIGNED(bits, ...)						\
	read_unsigned(bits, (const u8[]){ __VA_ARGS__ }, sizeof((const u8[]){ __VA_ARGS__ }))
#define SIGNED(bits, ...)						\
	read_signed(bits, (const u8[]){ __VA_ARGS__ }, sizeof((const u8[]){ __VA_ARGS__ }))

TEST(one_byte_is_its_own_value)
{
	ASSERT_EQ(0u, UNSIGNED(32, 0x00).value);
	ASSERT_EQ(127u, UNSIGNED(32, 0x7f).value);
	ASSERT_EQ(1, UNSIGNED(32, 0x7f, 0x01).used);
}

TEST(sign_is_bit_six_of_the_last_byte)
{
	ASSERT_EQ(63, (s64)SIGNED(32, 0x3f).value);
	ASSERT_EQ(-64, (s64)SIGNED(32, 0x40).value);
	ASSERT_EQ(-1, (s64)SIGNED(64, 0x7f).value);
	ASSERT_EQ(-128, (s64)SIGNED(32, 0x80, 0x7f).value);
}

TEST(extremes_are_read_exactly)
{
	ASSERT_EQ(0xffffffffull, UNSIGNED(32, 0xff, 0xff, 0xff, 0xff, 0x0f).value);
	ASSERT_EQ(~0ull, UNSIGNED(64, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
				  0x01).value);
	ASSERT_EQ(-2147483647ll - 1, (s64)SIGNED(32, 0x80, 0x80, 0x80, 0x80, 0x78).value);
	ASSERT_EQ(2147483647ll, (s64)SIGNED(32, 0xff, 0xff, 0xff, 0xff, 0x07).value);
	ASSERT_EQ(0x8000000000000000ull, SIGNED(64, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
						0x80, 0x80, 0x7f).value);
	ASSERT_EQ(0x7fffffffffffffffull, SIGNED(64, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
						0xff, 0xff, 0x00).value);
	ASSERT_EQ(0xffffffffull, SIGNED(33, 0xff, 0xff, 0xff, 0xff, 0x0f).value);
}

TEST(padding_to_the_maximum_length_is_allowed)
{
	ASSERT_EQ(0, UNSIGNED(32, 0x83, 0x80, 0x80, 0x80, 0x00).err);
	ASSERT_EQ(3u, UNSIGNED(32, 0x83, 0x80, 0x80, 0x80, 0x00).value);
	ASSERT_EQ(-1, (s64)SIGNED(32, 0xff, 0xff, 0xff, 0xff, 0x7f).value);
}

TEST(one_byte_more_is_too_long)
{
	ASSERT_EQ(-E2BIG, UNSIGNED(32, 0x83, 0x80, 0x80, 0x80, 0x80, 0x00).err);
	ASSERT_EQ(-E2BIG, SIGNED(32, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f).err);
	ASSERT_EQ(-E2BIG, SIGNED(64, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
				 0x00).err);
}

TEST(unused_bits_must_be_copies_of_the_sign)
{
	ASSERT_EQ(-ERANGE, UNSIGNED(32, 0x80, 0x80, 0x80, 0x80, 0x10).err);
	ASSERT_EQ(-ERANGE, UNSIGNED(64, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
				    0x02).err);
	ASSERT_EQ(-ERANGE, SIGNED(32, 0x80, 0x80, 0x80, 0x80, 0x08).err);
	ASSERT_EQ(-ERANGE, SIGNED(32, 0xff, 0xff, 0xff, 0xff, 0x77).err);
	ASSERT_EQ(-ERANGE, SIGNED(64, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
				  0x01).err);
}

TEST(bytes_that_end_are_noticed)
{
	u32 value;
	const u8 *pos = NULL;

	ASSERT_EQ(-ENODATA, UNSIGNED(32, 0x80).err);
	ASSERT_EQ(-ENODATA, SIGNED(64, 0xff, 0xff).err);
	ASSERT_EQ(-ENODATA, leb128_u32(&pos, NULL, &value));
}

TEST_MAIN()
