/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KWASM_USER_PLATFORM_H
#define KWASM_USER_PLATFORM_H

/* Log the runtime's informational lines too */
void user_platform_verbose(void);

#endif /* KWASM_USER_PLATFORM_H */
