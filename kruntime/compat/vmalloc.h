/* SPDX-License-Identifier: GPL-2.0 */
/*
 * linux/vmalloc.h
 *
 * VM_SPARSE came with 6.9 (e6f798225a31 "mm: Introduce VM_SPARSE kind and
 * vm_area_[un]map_pages()"): an area whose pages come and go, which /proc/kcore
 * therefore does not read. Before, areas without a type were read page by page, with
 * zeros for what is not mapped. Can be deleted with the last kernel before 6.9.
 */
#ifndef KWASM_COMPAT_VMALLOC_H
#define KWASM_COMPAT_VMALLOC_H

#include <linux/vmalloc.h>

#ifdef VM_SPARSE
#define KWASM_VM_FLAGS	VM_SPARSE
#else
#define KWASM_VM_FLAGS	VM_MAP
#endif

#endif /* KWASM_COMPAT_VMALLOC_H */
