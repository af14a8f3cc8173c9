/* SPDX-License-Identifier: GPL-2.0 */
/* Debian's Lua names a folder of libraries with it, which the workload does not load */
#define DEB_HOST_MULTIARCH ""
