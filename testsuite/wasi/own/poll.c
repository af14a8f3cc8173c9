// SPDX-License-Identifier: GPL-2.0
/* poll.c - poll_oneoff over clocks, files and standard input (a pipe: first silent, see run) */
#include "guest.h"

#define MS 1000000ull

static struct wasi_subscription on_clock(uint64_t userdata, uint32_t id, uint64_t timeout, uint16_t flags)
{
	struct wasi_subscription s = { .userdata = userdata, .tag = WASI_EVENTTYPE_CLOCK };

	s.clock.id = id;
	s.clock.timeout = timeout;
	s.clock.flags = flags;
	return s;
}

static struct wasi_subscription on_fd(uint64_t userdata, uint8_t type, uint32_t fd)
{
	struct wasi_subscription s = { .userdata = userdata, .tag = type };

	s.fd = fd;
	return s;
}

static uint64_t now(uint32_t id)
{
	uint64_t ns = 0;

	w_clock_time_get(id, 0, &ns);
	return ns;
}

TEST(no_subscription_is_inval)
{
	struct wasi_subscription s = on_clock(1, 1, 0, 0);
	struct wasi_event e;
	uint32_t n;

	ASSERT_EQ(WASI_ERRNO_INVAL, w_poll_oneoff(&s, &e, 0, &n));
	ASSERT_EQ(WASI_ERRNO_INVAL, w_poll_oneoff(&s, &e, 0xffffffffu, &n));
}

TEST(relative_and_absolute_clocks_wait_as_long_as_asked)
{
	for (uint32_t id = 0; id < 2; id++) {
		for (uint16_t flags = 0; flags < 2; flags++) {
			uint64_t start = now(1);
			struct wasi_subscription s =
				on_clock(42, id, 30 * MS + (flags ? now(id) : 0), flags);
			struct wasi_event e;
			uint32_t n;
			uint64_t took;

			ASSERT_EQ(0, w_poll_oneoff(&s, &e, 1, &n));
			took = now(1) - start;
			ASSERT_EQ(1, n);
			ASSERT_EQ(42, e.userdata);
			ASSERT_EQ(WASI_EVENTTYPE_CLOCK, e.type);
			ASSERT_EQ(0, e.error);
			ASSERT(took >= 29 * MS && took < 2000 * MS);
		}
	}
}

TEST(times_gone_by_do_not_wait)
{
	uint64_t start = now(1);
	struct wasi_subscription s[2] = { on_clock(1, 0, 5, 1), on_clock(2, 1, 0, 0) };
	struct wasi_event e[2];
	uint32_t n;

	ASSERT_EQ(0, w_poll_oneoff(s, e, 2, &n));
	ASSERT_EQ(2, n);
	ASSERT(now(1) - start < 500 * MS);
}

TEST(the_first_of_several_clocks_ends_it)
{
	struct wasi_subscription s[3] = {
		on_clock(1, 0, 100000 * MS, 0), on_clock(2, 1, 20 * MS, 0), on_clock(3, 0, ~0ull, 0),
	};
	struct wasi_event e[3];
	uint32_t n;

	ASSERT_EQ(0, w_poll_oneoff(s, e, 3, &n));
	ASSERT_EQ(1, n);
	ASSERT_EQ(2, e[0].userdata);
}

TEST(what_cannot_be_waited_for_is_an_event_with_an_error)
{
	struct wasi_subscription s[5] = {
		on_fd(1, WASI_EVENTTYPE_FD_READ, 1000), on_clock(2, 9, 0, 0), on_fd(3, 7, 0),
		on_clock(4, 1, 0, 2), on_clock(5, WASI_CLOCKID_THREAD_CPUTIME_ID, 10000 * MS, 0),
	};
	static const uint16_t errors[5] = {
		WASI_ERRNO_BADF, WASI_ERRNO_INVAL, WASI_ERRNO_INVAL, WASI_ERRNO_INVAL, WASI_ERRNO_NOTSUP,
	};
	struct wasi_event e[5];
	uint32_t n;

	ASSERT_EQ(0, w_poll_oneoff(s, e, 5, &n));
	ASSERT_EQ(5, n);
	for (uint32_t i = 0; i < 5; i++) {
		ASSERT_EQ(i + 1, e[i].userdata);
		ASSERT_EQ(errors[i], e[i].error);
	}
}

TEST(processor_time_is_a_clock_too)
{
	struct wasi_subscription s[2] = {
		on_clock(1, WASI_CLOCKID_PROCESS_CPUTIME_ID, 100000 * MS, 0), on_clock(2, 1, 50 * MS, 0),
	};
	struct wasi_event e[2];
	uint32_t n;

	/* it stands still while the process waits, and others go on */
	ASSERT_EQ(0, w_poll_oneoff(s, e, 2, &n));
	ASSERT_EQ(1, n);
	ASSERT_EQ(2, e[0].userdata);
	/* what has been used up does not wait */
	for (uint32_t id = 2; id < 4; id++) {
		s[0] = on_clock(3, id, now(id), 1);
		ASSERT_EQ(0, w_poll_oneoff(s, e, 1, &n));
		ASSERT_EQ(1, n);
		ASSERT_EQ(3, e[0].userdata);
		ASSERT_EQ(0, e[0].error);
	}
}

TEST(files_are_always_ready)
{
	uint32_t root = preopened("/"), fd, n;
	struct wasi_event e[2];

	ASSERT_EQ(0, make(root, "p", "12345"));
	ASSERT_EQ(0, open_at(root, "p", 0, 0, RIGHTS_RW, &fd));
	struct wasi_subscription s[2] = {
		on_fd(1, WASI_EVENTTYPE_FD_READ, fd), on_fd(2, WASI_EVENTTYPE_FD_WRITE, fd),
	};
	ASSERT_EQ(0, w_poll_oneoff(s, e, 2, &n));
	ASSERT_EQ(2, n);
	ASSERT_EQ(WASI_EVENTTYPE_FD_READ, e[0].type);
	ASSERT_EQ(5, e[0].nbytes);
	ASSERT_EQ(WASI_EVENTTYPE_FD_WRITE, e[1].type);
	ASSERT_EQ(0, w_fd_close(fd));
}

TEST(a_silent_pipe_waits_for_the_clock)
{
	struct wasi_subscription s[2] = {
		on_fd(1, WASI_EVENTTYPE_FD_READ, 0), on_clock(2, 1, 30 * MS, 0),
	};
	struct wasi_event e[2];
	uint32_t n;

	ASSERT_EQ(0, w_poll_oneoff(s, e, 2, &n));
	ASSERT_EQ(1, n);
	ASSERT_EQ(2, e[0].userdata);
}

TEST(many_subscriptions)
{
	static struct wasi_subscription s[1000];
	static struct wasi_event e[1000];
	uint32_t n;

	for (uint32_t i = 0; i < 1000; i++)
		s[i] = i % 2 ? on_fd(i, WASI_EVENTTYPE_FD_READ, 0) : on_clock(i, i / 2 % 2, (10 + i) * MS, 0);
	ASSERT_EQ(0, w_poll_oneoff(s, e, 1000, &n));
	ASSERT(n >= 1);
	ASSERT_EQ(0, e[0].userdata);
}

TEST(events_may_overwrite_the_subscriptions)
{
	union {
		struct wasi_subscription s[2];
		struct wasi_event e[2];
	} u = { .s = { on_clock(7, 1, 0, 0), on_clock(8, 0, 0, 0) } };
	uint32_t n;

	ASSERT_EQ(0, w_poll_oneoff(&u, &u, 2, &n));
	ASSERT_EQ(2, n);
	ASSERT_EQ(7, u.e[0].userdata);
	ASSERT_EQ(8, u.e[1].userdata);
}

TEST_MAIN()
