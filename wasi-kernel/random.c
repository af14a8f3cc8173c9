// SPDX-License-Identifier: GPL-2.0
/* random.c - random bytes, from the kernel's generator straight into linear memory */
#include <linux/minmax.h>
#include <linux/random.h>
#include <linux/sched.h>
#include "wasi.h"

#define CHUNK	65536u	/* between looks at whether to stop: some 100 us */

int wasi_do_random_get(struct wasi *w, u32 buf, u32 len)
{
	u8 *p = wasi_guest(w, buf, len);

	if (!p)
		return -EFAULT;
	/* As getrandom(2): early in boot, wait until the generator has been seeded. */
	while (!rng_is_initialized()) {
		if (kwasm_should_stop(w->ctx))
			return -EINTR;
		if (wait_for_random_bytes())
			schedule_timeout_killable(HZ / 50);	/* a signal that does not kill */
	}
	while (len) {
		u32 n = min(len, CHUNK);

		get_random_bytes(p, n);
		p += n;
		len -= n;
		if (!len)
			break;
		if (kwasm_should_stop(w->ctx))
			return -EINTR;
		cond_resched();
	}
	return 0;
}
