/* SPDX-License-Identifier: GPL-2.0 */
/* mitigations.h - telling the kernel where thunks are used, so that it can patch them */
#ifndef _BACKEND_X86_MITIGATIONS_H
#define _BACKEND_X86_MITIGATIONS_H

#include "code.h"
#include "profile.h"

int mitigations_add(struct object *obj, const struct code *code, const struct profile *profile);

#endif /* _BACKEND_X86_MITIGATIONS_H */
