/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The event interface for servers: import module kwasm_net, one row per call, shared like
 * kwasm_wasi_calls.h. What the calls do is said in include/kwasm_net.h, for guests.
 *
 * EVENT_CALL(name, result, params)	provided by kwasm_net.ko as kwasm_net_<name>
 */
EVENT_CALL(setup, "i", "iii")		/* arena, size, most bytes of one event */
EVENT_CALL(listen, "i", "iiiI")		/* address, backlog, flags, data */
EVENT_CALL(connect, "i", "iiI")		/* address, flags, data */
EVENT_CALL(timer, "i", "I")		/* data */
EVENT_CALL(wait, "i", "iiiiI")		/* ops, number, events, room, timeout in ns */
EVENT_CALL(send, "i", "iiii")		/* handle, buffer, bytes, flags */
EVENT_CALL(recv, "i", "iii")		/* handle, buffer, bytes */
EVENT_CALL(sendfile, "i", "iiIii")	/* handle, fd, offset, bytes, flags */
EVENT_CALL(set, "i", "iiI")		/* handle, option, value */
EVENT_CALL(close, "i", "ii")		/* handle, flags */
EVENT_CALL(address, "i", "iii")		/* handle, whose, address */
EVENT_CALL(post, "i", "iI")		/* instance, value */
EVENT_CALL(instances, "i", "i")		/* where the number goes; returns the own index */

#undef EVENT_CALL
