/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where app.S puts things, for image.c
 */
#define NR_load		0
#define NR_far		1
#define NR_store	2
#define NR_spin		3
#define NR_recurse	4
#define NR_divide	5
#define NR_grow		6
#define NR_hostspin	7
#define NR_registers	8
#define NR_vectors	9
#define NR_control	10
#define NR_FUNCS	11

#define FUNC_SIZE	2048
#define FUNC_OFFSET(nr)	(FUNC_SIZE * ((nr) + 1))	/* the invoker comes first */
#define TEXT_SIZE	FUNC_OFFSET(NR_FUNCS)

/* the first three have one, at this offset */
#define NR_ACCESSES	3
#define ACCESS_OFFSET	64
