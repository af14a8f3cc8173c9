/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What init.c in the guest and collect.c on the host say to each other over
 * QEMU's debug port: a sequence of frames, each a header and @len bytes.
 * The guest only sends, the host only listens. A damaged or missing frame
 * makes the whole run a failure; nothing is repeated.
 */
#ifndef TESTSUITE_VM_FRAME_H
#define TESTSUITE_VM_FRAME_H

#include "types.h"

#define FRAME_MAGIC	0x4d56574bu	/* "KWVM" */
#define FRAME_MAX	(64u << 10)	/* payload; bounds the host's buffer */

enum frame_type {
	FRAME_BEGIN	= 'B',	/* a job starts; no payload */
	FRAME_STDOUT	= 'O',	/* what it wrote, as it comes */
	FRAME_STDERR	= 'E',
	FRAME_DIR	= 'd',	/* a folder below /out: path */
	FRAME_FILE	= 'F',	/* a file below /out: u32 mode, then its path */
	FRAME_DATA	= 'D',	/* the next part of that file */
	FRAME_KLOG	= 'K',	/* kernel log since the job before, as text */
	FRAME_END	= 'X',	/* struct frame_end */
	FRAME_DONE	= 'Z',	/* all jobs ended and the guest is about to power off */
};

struct frame {
	u32 magic;
	u32 seq;	/* counts from 0: tells a lost frame */
	u32 type;	/* enum frame_type */
	u32 job;	/* index into the list of jobs */
	u32 len;	/* bytes of payload, at most FRAME_MAX */
	u32 crc;	/* of the payload */
};

struct frame_end {
	s32 wait_status;	/* as from waitpid() */
	u32 timed_out;	/* killed because its time was over */
	u64 taint;		/* /proc/sys/kernel/tainted after the job */
	u64 msec;
};

/* The CRC-32 of zlib and cksum's relatives, reflected 0x04c11db7. */
static inline u32 frame_crc(const void *data, size_t len)
{
	static u32 table[256];
	const u8 *p = data;
	u32 crc = ~0u;

	if (!table[1]) {
		for (u32 i = 0; i < 256; i++) {
			table[i] = i;
			for (int bit = 0; bit < 8; bit++)
				table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320u : 0);
		}
	}
	while (len--)
		crc = crc >> 8 ^ table[(u8)(crc ^ *p++)];
	return ~crc;
}

#endif
