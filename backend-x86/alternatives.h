/* SPDX-License-Identifier: GPL-2.0 */
/* alternatives.h - code that the kernel patches by the processor at hand */
#ifndef _BACKEND_X86_ALTERNATIVES_H
#define _BACKEND_X86_ALTERNATIVES_H

#include "code.h"
#include "object.h"
#include "profile.h"

/* not loaded; what is in it: switches.c */
#define SWITCH_SECTION	".kwasm_switches"

int alternatives_add(struct object *obj, const struct code *code, const struct profile *profile);

#endif /* _BACKEND_X86_ALTERNATIVES_H */
