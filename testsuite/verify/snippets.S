/* SPDX-License-Identifier: GPL-2.0 */
/*
 * snippets.S - small functions and what the checker must say of them
 *
 * Each takes the place of the function $victim of good.wat: (param i32 i64)
 * (result i32), so edi, rsi and eax; r13 is C. Its context:
 *
 *	C - 0x10  the store		C - 0x18  the value buffer
 *	C - 0x38  $g, i32		C - 0x40  $h, i64
 *	C - 0x48  slot of memory 0	C - 0x50  slot of table 0, of 8 elements at least
 *
 * 0x5ca11500 + n is the address of kwasm_app.calls, + n: there are 9 addresses in it, of functions (param
 * i32 i32) (result i32).
 */
	.intel_syntax noprefix
	.altmacro
	.set n, 0

	.macro SNIPPET name, expected, no_rows=0
	SNIPPET_ <name>, <expected>, no_rows, %n
	.endm
	.macro SNIPPET_ name, expected, no_rows, nr
	.section .rodata.strings, "a"
.Lname\nr: .asciz "\name"
.Lexpected\nr: .asciz "\expected"
	.section .data.rel.ro, "aw"
	.quad	.Lname\nr, .Lexpected\nr, .Lstart\nr, .Lend\nr, \no_rows
	.section .rodata.code, "a"
.Lstart\nr:
	.endm

	.macro END
	END_ %n
	.set n, n + 1
	.endm
	.macro END_ nr
.Lend\nr:
	.endm

	.section .note.GNU-stack, "", @progbits
	.section .data.rel.ro, "aw"
	.balign	8
	.globl	snippets
snippets:

/* ---- memory ---- */

SNIPPET <index of 32 bits>, <ok>
	mov	eax, edi
	mov	eax, [r13 + rax + 4]
	ret
END
SNIPPET <index whose upper half is unknown>, <unproven>
	mov	eax, [r13 + rdi + 4]
	ret
END
SNIPPET <index of 64 bits>, <unproven>
	mov	eax, [r13 + rsi]
	ret
END
SNIPPET <sign-extended index>, <unproven>
	movsxd	rax, edi
	mov	eax, [r13 + rax]
	ret
END
SNIPPET <sign-extended index that is not negative>, <ok>
	test	edi, edi
	js	1f
	movsxd	rax, edi
	mov	eax, [r13 + rax]
1:	xor	eax, eax
	ret
END
SNIPPET <index and offset fill the reservation>, <ok>
	mov	eax, edi
	mov	ecx, 0xffffffff
	add	rax, rcx
	mov	rax, [r13 + rax + 0xfff0]
	ret
END
SNIPPET <index and offset go beyond the reservation>, <unproven>
	mov	eax, edi
	mov	ecx, 0xffffffff
	add	rax, rcx
	mov	rax, [r13 + rax + 0xfffb]
	ret
END
SNIPPET <scaled index>, <ok>
	mov	eax, edi
	mov	eax, [r13 + rax * 2]
	ret
END
SNIPPET <index scaled too far>, <unproven>
	mov	eax, edi
	mov	eax, [r13 + rax * 4]
	ret
END
SNIPPET <scaled index after a mask>, <ok>
	and	edi, 0xffff
	mov	eax, [r13 + rdi * 8]
	ret
END
SNIPPET <index less one, at 32 bits>, <ok>
	dec	edi
	mov	eax, [r13 + rdi]
	ret
END
SNIPPET <index less one, at 64 bits>, <unproven>
	mov	eax, edi
	mov	eax, [r13 + rax - 1]
	ret
END
SNIPPET <index less one, known not to be zero>, <ok>
	mov	eax, edi
	test	rax, rax
	je	1f
	mov	eax, [r13 + rax - 1]
1:	xor	eax, eax
	ret
END
SNIPPET <running pointer>, <ok>
	mov	eax, edi
	lea	rax, [r13 + rax]
	xor	ecx, ecx
1:	add	ecx, [rax]
	mov	[rax + 16], ecx
	add	rax, 4
	dec	rsi
	jne	1b
	xor	eax, eax
	ret
END
SNIPPET <running pointer that is not always used>, <unproven>
	mov	eax, edi
	lea	rax, [r13 + rax]
	xor	ecx, ecx
1:	test	rsi, 1
	je	2f
	add	ecx, [rax]
2:	add	rax, 4
	dec	rsi
	jne	1b
	xor	eax, eax
	ret
END
SNIPPET <index that counts up to a limit, behind a running pointer>, <ok>
	mov	eax, edi
	and	eax, 0xfffffff
	mov	ecx, esi
	and	ecx, 3
	je	2f
	mov	edi, edi
	lea	rdx, [r13 + rdi]
	lea	rdx, [rdx + rax*8 + 2048]
	lea	rdx, [rdx + rax*8]
	xor	eax, eax
1:	mov	dword ptr [rdx + rax*4], 7
	inc	rax
	cmp	rcx, rax
	jne	1b
2:	ret
END
SNIPPET <index that counts up to a limit that it may have passed>, <unproven>
	mov	eax, edi
	and	eax, 0xfffffff
	mov	ecx, esi
	and	ecx, 3
	mov	edi, edi
	lea	rdx, [r13 + rdi]
	lea	rdx, [rdx + rax*8 + 2048]
	lea	rdx, [rdx + rax*8]
	xor	eax, eax
1:	mov	dword ptr [rdx + rax*4], 7
	inc	rax
	cmp	rcx, rax
	jne	1b
2:	ret
END
SNIPPET <index that counts in steps to a limit>, <unproven>
	mov	eax, edi
	and	eax, 0xfffffff
	mov	ecx, esi
	and	ecx, 3
	je	2f
	mov	edi, edi
	lea	rdx, [r13 + rdi]
	lea	rdx, [rdx + rax*8 + 2048]
	lea	rdx, [rdx + rax*8]
	xor	eax, eax
1:	mov	dword ptr [rdx + rax*4], 7
	add	rax, 2
	cmp	rcx, rax
	jne	1b
2:	ret
END
SNIPPET <index that counts up to a limit that moves>, <unproven>
	mov	eax, edi
	and	eax, 0xfffffff
	mov	ecx, esi
	and	ecx, 3
	je	2f
	mov	edi, edi
	lea	rdx, [r13 + rdi]
	lea	rdx, [rdx + rax*8 + 2048]
	lea	rdx, [rdx + rax*8]
	xor	eax, eax
1:	mov	dword ptr [rdx + rax*4], 7
	inc	rax
	dec	rcx
	cmp	rcx, rax
	jne	1b
2:	ret
END
SNIPPET <index from below zero, bounded by its own accesses>, <ok>
	mov	edi, edi
	lea	rdx, [r13 + rdi + 4096]
	mov	rax, -396
1:	mov	dword ptr [rdx + rax*8], 7
	add	rax, 4
	jne	1b
	ret
END
SNIPPET <index from too far below zero>, <unproven>
	mov	edi, edi
	lea	rdx, [r13 + rdi + 2048]
	mov	rax, -396
1:	mov	dword ptr [rdx + rax*8], 7
	add	rax, 4
	jne	1b
	ret
END
SNIPPET <index whose first access is not bounded by itself>, <unproven>
	mov	edi, edi
	lea	rdx, [r13 + rdi + 4096]
	mov	rax, rsi
1:	mov	dword ptr [rdx + rax*8], 7
	add	rax, 4
	jne	1b
	ret
END
SNIPPET <pointer running backwards>, <unproven>
	mov	eax, edi
	lea	rax, [r13 + rax]
1:	mov	ecx, [rax]
	sub	rax, 4
	dec	rsi
	jne	1b
	xor	eax, eax
	ret
END
	/* from above esi on, the next step before the present one is compared with @limit */
	.macro run_backwards step, limit, again
	mov	eax, edi
	mov	ecx, esi
	cmp	eax, ecx
	jbe	2f
	dec	rax
1:	cmp	byte ptr [r13 + rax], 7
	lea	rdx, [rax - \step]
	cmp	rax, \limit
	mov	rax, rdx
	\again	1b
2:	xor	eax, eax
	ret
	.endm
SNIPPET <index running backwards above a limit, stepped before it is compared>, <ok>
	run_backwards 1, rcx, ja
END
SNIPPET <index running backwards down to a limit, stepped before it is compared>, <unproven>
	run_backwards 1, rcx, jae
END
SNIPPET <index running backwards above a limit, in steps too large>, <unproven>
	run_backwards 2, rcx, ja
END
SNIPPET <index running backwards above a limit that may be negative>, <unproven>
	run_backwards 1, rsi, jg
END
	/* rcx and eax go down by @pointer and @counter; eax is compared before: @compare, with @limit */
	.macro run_down pointer, counter, limit, leave
	mov	eax, edi
	lea	rcx, [r13 + rax]
	jmp	2f
1:	sub	rcx, \pointer
	sub	eax, \counter
2:	cmp	eax, \limit
	\leave	3f
	cmp	byte ptr [rcx], 7
	je	1b
3:	xor	eax, eax
	ret
	.endm
SNIPPET <pointer running backwards with a counter>, <ok>
	run_down 1, 1, esi, jbe
END
SNIPPET <pointer running backwards in steps with a counter>, <ok>
	run_down 4, 4, 4, jb
END
SNIPPET <pointer running backwards in larger steps than its counter>, <unproven>
	run_down 2, 1, esi, jbe
END
SNIPPET <pointer running backwards with a counter that wraps>, <unproven>
	run_down 4, 4, 3, jb
END
SNIPPET <pointer running backwards with a counter that may become anything>, <unproven>
	run_down 1, 1, esi, je
END
SNIPPET <pointer running backwards with a counter compared as a signed number>, <unproven>
	run_down 1, 1, esi, jle
END
	/* once more on one of two paths */
	.macro run_down_apart instruction
	mov	eax, edi
	lea	rcx, [r13 + rax]
	jmp	3f
1:	test	edx, edx
	je	2f
	\instruction
2:	dec	rcx
	dec	eax
3:	test	eax, eax
	je	4f
	movzx	edx, byte ptr [rcx]
	cmp	edx, 7
	jbe	1b
4:	xor	eax, eax
	ret
	.endm
SNIPPET <pointer running backwards with a counter, on two paths>, <ok>
	run_down_apart nop
END
SNIPPET <pointer running away from its counter on one of two paths>, <unproven>
	run_down_apart "dec rcx"
END
SNIPPET <counter that stays behind its pointer on one of two paths>, <unproven>
	run_down_apart "inc eax"
END
SNIPPET <counter that is something else on one of two paths>, <unproven>
	run_down_apart "mov eax, esi"
END
	/* rcx runs with eax; only sometimes used, so that its accesses do not bound it */
	.macro run_sometimes pointer, counter, limit, when
1:	cmp	eax, \limit
	jae	3f
	test	\when, eax
	je	2f
	mov	dword ptr [rcx], 1
2:	add	rcx, \pointer
	add	eax, \counter
	jmp	1b
3:	xor	eax, eax
	ret
	.endm
	.macro run_up pointer, counter
	mov	eax, edi
	lea	rcx, [r13 + rax]
	run_sometimes \pointer, \counter, esi, edi
	.endm
SNIPPET <pointer running with a counter>, <ok>
	run_up 1, 1
END
SNIPPET <pointer running in larger steps than its counter>, <unproven>
	run_up 2, 1
END
SNIPPET <pointer running with a counter that wraps>, <unproven>
	run_up 2, 2
END
	/* rcx begins at 4 * eax + 0x100 */
	.macro run_multiple pointer, counter, limit
	and	edi, 1
	lea	eax, [rdi * 8]
	shl	edi, 5
	lea	rcx, [r13 + rdi + 0x100]
	run_sometimes \pointer, \counter, \limit, esi
	.endm
SNIPPET <pointer running four times as fast as its counter>, <ok>
	run_multiple 4, 1, 12
END
SNIPPET <pointer running four times as fast as its counter, in steps>, <ok>
	run_multiple 12, 3, 12
END
SNIPPET <pointer running five times as fast as its counter>, <unproven>
	run_multiple 5, 1, 12
END
SNIPPET <pointer running eight times as fast as its counter>, <unproven>
	run_multiple 8, 1, 12
END
SNIPPET <pointer running four times as fast as a counter without a limit>, <unproven>
	run_multiple 4, 1, esi
END
SNIPPET <pointer running four times as fast as a counter that may wrap>, <unproven>
	run_multiple 12, 3, 0xffffffff
END
	/* an index shifted to the left, and only then known to be small; @known: what is compared */
	.macro multiple shift, known
	mov	eax, edi
	mov	rcx, rax
	shl	rcx, \shift
	cmp	\known, 0x100000
	ja	1f
	mov	eax, [r13 + rcx]
1:	xor	eax, eax
	ret
	.endm
SNIPPET <index scaled by a shift before it is compared>, <ok>
	multiple 8, rax
END
SNIPPET <index scaled by too large a shift before it is compared>, <unproven>
	multiple 14, rax
END
SNIPPET <index scaled by a shift before another is compared>, <unproven>
	multiple 8, rsi
END
	/* rcx is the pointer of the last round but for its step */
	.macro run_stepped base
	mov	rcx, r13
	mov	eax, edi
1:	lea	rdx, [rcx + 12]
	cmp	byte ptr [\base + rax], 7
	mov	rcx, rdx
	je	1b
	mov	eax, [rcx]
	ret
	.endm
SNIPPET <pointer stepped before it is used>, <ok>
	run_stepped rcx
END
SNIPPET <pointer stepped before another is used>, <unproven>
	run_stepped r13
END
SNIPPET <sign-extended index, compared as an unsigned one>, <ok>
	movsxd	rax, edi
	cmp	eax, 0x7fffffff
	ja	1f
	mov	eax, [r13 + rax]
1:	ret
END
SNIPPET <sign-extended index, compared with more than it may be>, <unproven>
	movsxd	rax, edi
	cmp	eax, 0x80000000
	ja	1f
	mov	eax, [r13 + rax]
1:	ret
END
SNIPPET <sign-extended index that is negative>, <unproven>
	movsxd	rax, edi
	cmp	eax, 0x80000000
	jb	1f
	mov	eax, [r13 + rax]
1:	ret
END
SNIPPET <index of 64 bits, its lower half compared>, <unproven>
	cmp	esi, 0x7fffffff
	ja	1f
	mov	eax, [r13 + rsi]
1:	ret
END
	/* an index of 8 bits, times something */
	.macro product instruction, scale=4
	movzx	eax, dil
	mov	ecx, 0x1000000
	mov	edx, 0x2000000
	\instruction
	mov	eax, [r13 + rax * \scale]
	ret
	.endm
SNIPPET <product of 32 bits>, <ok>
	product <imul eax, eax, 58>
END
SNIPPET <product of 32 bits that may be too large>, <unproven>
	product <imul eax, edi, 58>
END
SNIPPET <product of two registers>, <ok>
	product <imul eax, ecx>, 2
END
SNIPPET <product of two registers, scaled too far>, <unproven>
	product <imul eax, ecx>
END
SNIPPET <product that wraps at 32 bits>, <ok>
	product <imul eax, edx>, 2
END
SNIPPET <product of 64 bits>, <ok>
	product <imul rax, rcx>, 2
END
SNIPPET <product that does not wrap at 64 bits>, <unproven>
	product <imul rax, rdx>, 2
END
SNIPPET <product with a negative constant>, <unproven>
	product <imul rax, rax, -1>, 1
END
SNIPPET <product whose upper half is in another register>, <unproven>
	product <imul rcx>, 1
END
SNIPPET <product that is too large for 64 bits>, <unproven>
	product <imul rax, rsi>, 1
END
	/* twice an index of 32 bits, and the carry */
	.macro carried disp
	mov	eax, edi
	mov	ecx, 0xffffffff
	add	rax, rcx
	cmp	edi, esi
	adc	rax, 0
	mov	rax, [r13 + rax + \disp]
	ret
	.endm
SNIPPET <index and carry fill the reservation>, <ok>
	carried 0xfff9
END
SNIPPET <index and carry go beyond the reservation>, <unproven>
	carried 0xfffa
END
SNIPPET <index with a carry at 32 bits, scaled>, <ok>
	movzx	eax, dil
	cmp	edi, esi
	adc	eax, 0
	mov	eax, [r13 + rax * 8]
	ret
END
SNIPPET <index with a carry that may wrap, scaled>, <unproven>
	mov	eax, edi
	cmp	edi, esi
	adc	eax, 0
	mov	eax, [r13 + rax * 4]
	ret
END
SNIPPET <index less one and with a carry>, <unproven>
	movzx	eax, dil
	cmp	edi, esi
	adc	rax, -1
	mov	eax, [r13 + rax]
	ret
END
SNIPPET <pointer with too large a step>, <unproven>
	mov	eax, edi
	lea	rax, [r13 + rax]
	mov	edx, 0x80000000
	lea	rdx, [rdx + rdx]
	lea	rdx, [rdx + rdx]
1:	mov	ecx, [rax]
	add	rax, rdx
	dec	rsi
	jne	1b
	xor	eax, eax
	ret
END
SNIPPET <access without a row>, <fault>, 1
	mov	eax, edi
	mov	eax, [r13 + rax]
	ret
END
SNIPPET <index kept in the frame>, <ok>
	push	rbp
	mov	rbp, rsp
	sub	rsp, 16
	mov	eax, edi
	mov	[rbp - 8], rax
	mov	rcx, [rbp - 8]
	mov	eax, [r13 + rcx]
	leave
	ret
END
SNIPPET <index kept in the frame, half overwritten>, <unproven>
	push	rbp
	mov	rbp, rsp
	sub	rsp, 16
	mov	eax, edi
	mov	[rbp - 8], rax
	mov	[rbp - 4], esi
	mov	rcx, [rbp - 8]
	mov	eax, [r13 + rcx]
	leave
	ret
END
SNIPPET <either of two good indices>, <ok>
	mov	eax, edi
	mov	ecx, esi
	test	rsi, rsi
	cmove	rax, rcx
	mov	eax, [r13 + rax]
	ret
END
SNIPPET <either of a good and a bad index>, <unproven>
	mov	eax, edi
	test	rsi, rsi
	cmove	rax, rsi
	mov	eax, [r13 + rax]
	ret
END
SNIPPET <bad index on one path>, <unproven>
	mov	eax, edi
	test	rsi, rsi
	je	1f
	mov	rax, rsi
1:	mov	eax, [r13 + rax]
	ret
END
SNIPPET <bit scan may leave the upper half>, <unproven>
	mov	rax, rsi
	bsr	eax, edi
	mov	eax, [r13 + rax]
	ret
END
SNIPPET <partial write keeps the upper half>, <unproven>
	mov	rax, rsi
	mov	al, 1
	mov	eax, [r13 + rax]
	ret
END
SNIPPET <aligned vector access in memory may fault, which a row covers>, <ok>
	mov	eax, edi
	movaps	xmm0, [r13 + rax]
	xor	eax, eax
	ret
END
SNIPPET <absolute address>, <unproven>
	mov	eax, [0x1000]
	ret
END
SNIPPET <address from memory>, <unproven>
	mov	eax, edi
	mov	rax, [r13 + rax]
	mov	eax, [rax]
	ret
END

/* ---- context ---- */

SNIPPET <own globals>, <ok>
	mov	eax, [r13 - 0x38]
	mov	[r13 - 0x38], edi
	mov	[r13 - 0x40], rsi
	ret
END
SNIPPET <store beyond a global>, <memory>
	mov	[r13 - 0x38], rsi
	ret
END
SNIPPET <store to the slot of a memory>, <memory>
	mov	[r13 - 0x48], rsi
	ret
END
SNIPPET <store to the store>, <memory>
	mov	[r13 - 0x10], rsi
	ret
END
SNIPPET <size of memory>, <ok>
	mov	rax, [r13 - 0x48]
	mov	rax, [rax + 8]
	shr	rax, 16
	ret
END
SNIPPET <store to the size of memory>, <memory>
	mov	rax, [r13 - 0x48]
	mov	[rax + 8], rsi
	ret
END
SNIPPET <memory by its base>, <ok>
	mov	rax, [r13 - 0x48]
	mov	rax, [rax]
	mov	edi, edi
	mov	eax, [rax + rdi]
	ret
END
SNIPPET <end of an access below the size of memory>, <ok>
	mov	rcx, [r13 - 0x48]
	mov	rax, rsi
	add	rax, 8
	jc	1f
	cmp	rax, [rcx + 8]
	ja	1f
	mov	eax, [r13 + rsi]
1:	ret
END
	/* the same comparison comes from two paths; only on one of them the end cannot have wrapped */
SNIPPET <end that may have wrapped on the second of two paths>, <unproven>
	mov	rcx, [r13 - 0x48]
	test	edi, 1
	jne	1f
	mov	rax, rsi
	add	rax, 8
	jc	3f
	cmp	rax, [rcx + 8]
	jmp	2f
1:	lea	rax, [rsi + 8]
	cmp	rax, [rcx + 8]
2:	ja	3f
	mov	eax, [r13 + rsi]
	ret
3:	xor	eax, eax
	ret
END
SNIPPET <end that may have wrapped on the first of two paths>, <unproven>
	mov	rcx, [r13 - 0x48]
	test	edi, 1
	jne	1f
	lea	rax, [rsi + 8]
	cmp	rax, [rcx + 8]
	jmp	2f
1:	mov	rax, rsi
	add	rax, 8
	jc	3f
	cmp	rax, [rcx + 8]
2:	ja	3f
	mov	eax, [r13 + rsi]
	ret
3:	xor	eax, eax
	ret
END
	/* an index in steps of 8 KiB */
	.macro scaled_end from
	mov	eax, edi
	shl	rax, 13
	lea	rdx, [rax + 8]
	mov	rcx, [r13 - 0x48]
	cmp	rdx, [rcx + 8]
	ja	1f
	mov	eax, [r13 + rax + \from]
1:	ret
	.endm
SNIPPET <end of an access with a scaled index below the size of memory>, <ok>
	scaled_end 4
END
SNIPPET <access with a scaled index past what was compared>, <unproven>
	scaled_end 5
END
SNIPPET <what the store holds>, <unproven>
	mov	rax, [r13 - 0x10]
	mov	rax, [rax]
	ret
END
SNIPPET <value buffer>, <ok>
	mov	rax, [r13 - 0x18]
	mov	[rax + 16], rsi
	mov	eax, [rax + 32]
	ret
END
SNIPPET <beyond the value buffer>, <memory>
	mov	rax, [r13 - 0x18]
	mov	[rax + 0x10000], rsi
	ret
END

/* ---- tables and references ---- */

SNIPPET <element below the least size>, <ok>
	mov	rax, [r13 - 0x50]
	mov	rax, [rax]
	mov	rax, [rax + 7 * 8]
	mov	eax, [rax + 16]
	ret
END
SNIPPET <element beyond the least size of a table that is not empty>, <unproven>
	mov	rax, [r13 - 0x40]
	cmp	qword ptr [rax + 8], 0
	je	1f
	mov	rax, [rax]
	mov	rax, [rax + 8 * 8]
1:	xor	eax, eax
	ret
END
SNIPPET <last element of a table of exactly that size>, <ok>
	mov	rax, [r13 - 0x50]
	cmp	qword ptr [rax + 8], 100
	jne	1f
	mov	rax, [rax]
	mov	rax, [rax + 99 * 8]
1:	xor	eax, eax
	ret
END
SNIPPET <element behind a table of exactly that size>, <unproven>
	mov	rax, [r13 - 0x50]
	cmp	qword ptr [rax + 8], 100
	jne	1f
	mov	rax, [rax]
	mov	rax, [rax + 100 * 8]
1:	xor	eax, eax
	ret
END
SNIPPET <element of a table not of that size>, <unproven>
	mov	rax, [r13 - 0x50]
	cmp	qword ptr [rax + 8], 100
	je	1f
	mov	rax, [rax]
	mov	rax, [rax + 99 * 8]
1:	xor	eax, eax
	ret
END
SNIPPET <element beyond the least size>, <unproven>
	mov	rax, [r13 - 0x50]
	mov	rax, [rax]
	mov	rax, [rax + 8 * 8]
	xor	eax, eax
	ret
END
SNIPPET <element below the size>, <ok>
	mov	edi, edi
	mov	rax, [r13 - 0x50]
	cmp	rdi, [rax + 8]
	jae	1f
	mov	rax, [rax]
	mov	rax, [rax + rdi * 8]
1:	xor	eax, eax
	ret
END
SNIPPET <element at the size>, <unproven>
	mov	edi, edi
	mov	rax, [r13 - 0x50]
	cmp	rdi, [rax + 8]
	ja	1f
	mov	rax, [rax]
	mov	rax, [rax + rdi * 8]
1:	xor	eax, eax
	ret
END
SNIPPET <index compared as signed>, <unproven>
	mov	rax, [r13 - 0x50]
	cmp	rsi, [rax + 8]
	jge	1f
	mov	rax, [rax]
	mov	rax, [rax + rsi * 8]
1:	xor	eax, eax
	ret
END
SNIPPET <store to an element>, <memory>
	mov	rax, [r13 - 0x50]
	mov	rax, [rax]
	mov	[rax + 8], rsi
	xor	eax, eax
	ret
END
SNIPPET <call of an element without comparing its type>, <call>
	push	rbp
	mov	rbp, rsp
	push	r13
	push	rbx
	test	esp, 0x7f0000
	je	1f
	mov	rax, [r13 - 0x50]
	mov	rax, [rax]
	mov	rax, [rax + 8]
	mov	r13, [rax + 8]
	mov	rax, [rax]
	call	rax
1:	pop	rbx
	pop	r13
	pop	rbp
	ret
END
SNIPPET <a table's code, by a constant index>, <ok>
	push	rbx
	test	esp, 0x7f0000
	je	1f
	mov	rax, [0x5ca11500 + 8 * 8]
	call	rax
1:	pop	rbx
	ret
END
SNIPPET <a table's code, beyond the last>, <unproven>
	push	rbx
	test	esp, 0x7f0000
	je	1f
	mov	rax, [0x5ca11500 + 9 * 8 - 1]
	call	rax
1:	pop	rbx
	ret
END
SNIPPET <a table's code, between two>, <unproven>
	push	rbx
	test	esp, 0x7f0000
	je	1f
	mov	rax, [0x5ca11500 + 4]
	call	rax
1:	pop	rbx
	ret
END
SNIPPET <a table's code, half of it>, <unproven>
	mov	eax, [0x5ca11500]
	ret
END
SNIPPET <a table's code, by an index that is limited>, <ok>
	push	rbx
	test	esp, 0x7f0000
	je	1f
	mov	ecx, 8
	cmp	edi, ecx
	cmovb	ecx, edi
	mov	rax, [0x5ca11500 + rcx * 8]
	call	rax
1:	pop	rbx
	ret
END
SNIPPET <a table's code, by an index that is limited, the other way round>, <ok>
	push	rbx
	test	esp, 0x7f0000
	je	1f
	mov	ecx, 8
	cmp	ecx, edi
	cmovbe	edi, ecx
	mov	rax, [0x5ca11500 + rdi * 8]
	call	rax
1:	pop	rbx
	ret
END
SNIPPET <a table's code, by an index that is limited by a branch>, <ok>
	push	rbx
	test	esp, 0x7f0000
	je	1f
	cmp	edi, 8
	ja	1f
	mov	edi, edi
	lea	rcx, [0x5ca11500]
	call	[rcx + rdi * 8]
1:	pop	rbx
	ret
END
SNIPPET <a table's code, by an index that is limited as a signed number>, <unproven>
	push	rbx
	test	esp, 0x7f0000
	je	1f
	mov	ecx, 8
	cmp	edi, ecx
	cmovl	ecx, edi
	mov	rax, [0x5ca11500 + rcx * 8]
	call	rax
1:	pop	rbx
	ret
END
SNIPPET <a table's code, by an index of which something else is limited>, <unproven>
	push	rbx
	test	esp, 0x7f0000
	je	1f
	mov	ecx, 8
	mov	edx, [r13 - 0x38]
	cmp	edi, ecx
	cmovb	ecx, edx
	mov	rax, [0x5ca11500 + rcx * 8]
	call	rax
1:	pop	rbx
	ret
END
SNIPPET <a table's code, by an index whose lower half is limited>, <unproven>
	push	rbx
	test	esp, 0x7f0000
	je	1f
	mov	ecx, 8
	cmp	esi, ecx
	cmovb	rcx, rsi
	mov	rax, [0x5ca11500 + rcx * 8]
	call	rax
1:	pop	rbx
	ret
END
SNIPPET <a table's code, by an index one too high>, <unproven>
	push	rbx
	test	esp, 0x7f0000
	je	1f
	mov	ecx, 9
	cmp	edi, ecx
	cmovb	ecx, edi
	mov	rax, [0x5ca11500 + rcx * 8]
	call	rax
1:	pop	rbx
	ret
END
SNIPPET <a table's code, by bytes>, <unproven>
	push	rbx
	test	esp, 0x7f0000
	je	1f
	mov	ecx, 64
	cmp	edi, ecx
	cmovb	ecx, edi
	mov	rax, [0x5ca11500 + rcx]
	call	rax
1:	pop	rbx
	ret
END
SNIPPET <a table's code, with a context that may be another>, <call>
	push	rbx
	push	r13
	push	rbx
	test	esp, 0x7f0000
	je	1f
	mov	rax, [0x5ca11500]
	mov	r13, rsi
	call	rax
1:	pop	rbx
	pop	r13
	pop	rbx
	ret
END
SNIPPET <a table's code, without a stack check>, <stack>
	push	rbx
	mov	rax, [0x5ca11500]
	call	rax
	pop	rbx
	ret
END
SNIPPET <a table's code, jumped to>, <call>
	mov	rax, [0x5ca11500]
	jmp	rax
END
SNIPPET <a table's code, written>, <memory>
	mov	[0x5ca11500], rsi
	xor	eax, eax
	ret
END
SNIPPET <a table's code, used as a number>, <unproven>
	mov	rax, [0x5ca11500]
	mov	eax, [r13 + rax]
	ret
END
SNIPPET <a table's code, one of two>, <ok>
	push	rbx
	test	esp, 0x7f0000
	je	1f
	mov	rbx, [0x5ca11508]
	mov	rax, rbx
	test	edi, edi
	je	2f
	mov	rax, rbx
2:	call	rax
1:	pop	rbx
	ret
END
SNIPPET <a table's code, or a number>, <call>
	push	rbx
	test	esp, 0x7f0000
	je	1f
	mov	rax, [0x5ca11508]
	test	edi, edi
	je	2f
	mov	rax, rsi
2:	call	rax
1:	pop	rbx
	ret
END
SNIPPET <call of a number>, <call>
	push	rbp
	mov	rbp, rsp
	test	esp, 0x7f0000
	je	1f
	call	rsi
1:	pop	rbp
	ret
END
SNIPPET <jump to a number>, <call>
	jmp	rsi
END

/* ---- stack and registers ---- */

SNIPPET <store below rsp>, <stack>
	mov	[rsp - 8], rsi
	ret
END
SNIPPET <load below rsp>, <stack>
	mov	rax, [rsp - 8]
	ret
END
SNIPPET <store over the return address>, <stack>
	mov	[rsp], rsi
	ret
END
SNIPPET <store to the caller's frame>, <stack>
	mov	[rsp + 8], rsi
	ret
END
SNIPPET <store that reaches the return address>, <stack>
	push	rbx
	mov	[rsp + 4], rsi
	pop	rbx
	ret
END
SNIPPET <rbx not saved>, <return>
	mov	ebx, edi
	ret
END
SNIPPET <rbx saved, then overwritten where it was>, <return>
	push	rbx
	mov	[rsp], rsi
	pop	rbx
	ret
END
SNIPPET <rbx and r12 exchanged>, <return>
	push	rbx
	push	r12
	pop	rbx
	pop	r12
	ret
END
SNIPPET <r13 not restored>, <return>
	mov	r13, rsi
	ret
END
SNIPPET <return to the caller's argument>, <return>
	push	rsi
	ret
END
SNIPPET <rsp from a register>, <stack>
	mov	rsp, rsi
	ret
END
SNIPPET <rsp above its value at entry>, <stack>
	add	rsp, 8
	sub	rsp, 8
	ret
END
SNIPPET <frame too large>, <stack>
	sub	rsp, 0x20000
	add	rsp, 0x20000
	ret
END
SNIPPET <rsp differs where paths meet>, <stack>
	test	edi, edi
	je	1f
	push	rbx
1:	pop	rax
	ret
END
SNIPPET <call without a stack check>, <stack>
.Lself1:
	push	rbp
	mov	rbp, rsp
	call	.Lself1
	pop	rbp
	ret
END
SNIPPET <call with a stack check>, <ok>
.Lself2:
	push	rbp
	mov	rbp, rsp
	test	esp, 0x7f0000
	je	1f
	call	.Lself2
1:	pop	rbp
	ret
END
SNIPPET <call after the stack check failed>, <stack>
.Lself3:
	push	rbp
	mov	rbp, rsp
	test	esp, 0x7f0000
	jne	1f
	call	.Lself3
1:	pop	rbp
	ret
END
SNIPPET <call on a path around the stack check>, <stack>
.Lself4:
	push	rbp
	mov	rbp, rsp
	test	edi, edi
	je	1f
	test	esp, 0x7f0000
	je	2f
1:	call	.Lself4
2:	pop	rbp
	ret
END
SNIPPET <call far below the stack check>, <stack>
.Lself5:
	push	rbp
	mov	rbp, rsp
	test	esp, 0x7f0000
	je	1f
	sub	rsp, 0x8000
	call	.Lself5
	add	rsp, 0x8000
1:	pop	rbp
	ret
END
SNIPPET <stack check of a copy of rsp>, <ok>
.Lself60:
	push	rbp
	mov	rbp, rsp
	mov	rax, rsp
	and	rax, 0x7f0000
	je	1f
	call	.Lself60
1:	pop	rbp
	ret
END
SNIPPET <stack check of a copy of rsp, compared later>, <ok>
.Lself61:
	push	rbp
	mov	rbp, rsp
	mov	rax, rsp
	and	rax, 0x7f0000
	push	rax
	xor	eax, eax
	pop	rax
	cmp	rax, 0
	je	1f
	call	.Lself61
1:	pop	rbp
	ret
END
SNIPPET <stack check of a copy of rsp with another mask>, <stack>
.Lself62:
	push	rbp
	mov	rbp, rsp
	mov	rax, rsp
	and	rax, 0x7f8000
	cmp	rax, 0
	je	1f
	call	.Lself62
1:	pop	rbp
	ret
END
SNIPPET <stack check of a copy of rsp, compared with another number>, <stack>
.Lself63:
	push	rbp
	mov	rbp, rsp
	mov	rax, rsp
	and	rax, 0x7f0000
	cmp	rax, 0x10000
	je	1f
	call	.Lself63
1:	pop	rbp
	ret
END
SNIPPET <stack check of a copy of rsp, the other way round>, <stack>
.Lself64:
	push	rbp
	mov	rbp, rsp
	mov	rax, rsp
	and	rax, 0x7f0000
	cmp	rax, 0
	jne	1f
	call	.Lself64
1:	pop	rbp
	ret
END
SNIPPET <stack check of a copy of rsp that is changed then>, <stack>
.Lself65:
	push	rbp
	mov	rbp, rsp
	mov	rax, rsp
	and	rax, 0x7f0000
	or	rax, rsi
	cmp	rax, 0
	je	1f
	call	.Lself65
1:	pop	rbp
	ret
END
SNIPPET <stack check of a copy of rsp on one path only>, <stack>
.Lself66:
	push	rbp
	mov	rbp, rsp
	mov	rax, rsi
	test	edi, edi
	je	2f
	mov	rax, rsp
	and	rax, 0x7f0000
2:	cmp	rax, 0
	je	1f
	call	.Lself66
1:	pop	rbp
	ret
END
SNIPPET <stack checks of two copies of rsp, whichever it is>, <stack>
.Lself67:
	push	rbp
	mov	rbp, rsp
	lea	rax, [rsp + 8]
	and	rax, 0x7f0000
	test	edi, edi
	je	2f
	mov	rax, rsp
	and	rax, 0x7f0000
2:	cmp	rax, 0
	je	1f
	call	.Lself67
1:	pop	rbp
	ret
END
SNIPPET <call far below the stack check of a copy of rsp>, <stack>
.Lself68:
	push	rbp
	mov	rbp, rsp
	mov	rax, rsp
	and	rax, 0x7f0000
	sub	rsp, 0x8000
	cmp	rax, 0
	je	1f
	call	.Lself68
1:	add	rsp, 0x8000
	pop	rbp
	ret
END
SNIPPET <call with an unaligned stack>, <stack>
.Lself6:
	push	rbp
	mov	rbp, rsp
	push	rbx
	test	esp, 0x7f0000
	je	1f
	call	.Lself6
1:	pop	rbx
	pop	rbp
	ret
END
SNIPPET <caller-saved register after a call>, <unproven>
.Lself7:
	push	rbp
	mov	rbp, rsp
	test	esp, 0x7f0000
	je	1f
	mov	ecx, edi
	call	.Lself7
	mov	eax, [r13 + rcx]
1:	pop	rbp
	ret
END
SNIPPET <elements of a table after a call>, <unproven>
.Lself8:
	push	rbp
	mov	rbp, rsp
	push	rbx
	push	rbx
	test	esp, 0x7f0000
	je	1f
	mov	rax, [r13 - 0x50]
	mov	rbx, [rax]
	call	.Lself8
	mov	rax, [rbx + 8]
1:	pop	rbx
	pop	rbx
	pop	rbp
	ret
END
SNIPPET <aligned vector access in the frame>, <ok>
	push	rbp
	mov	rbp, rsp
	sub	rsp, 16
	movaps	[rbp - 16], xmm0
	leave
	ret
END
SNIPPET <unaligned vector access in the frame>, <fault>, 1
	push	rbp
	mov	rbp, rsp
	sub	rsp, 32
	movaps	[rbp - 24], xmm0
	leave
	ret
END
SNIPPET <division by anything, with a row>, <ok>
	mov	eax, edi
	xor	edx, edx
	div	esi
	ret
END
SNIPPET <division by anything, without a row>, <fault>, 1
	mov	eax, edi
	xor	edx, edx
	div	esi
	ret
END
SNIPPET <division by what was compared with zero>, <ok>, 1
	mov	eax, edi
	mov	ecx, esi
	test	ecx, ecx
	je	1f
	xor	edx, edx
	div	ecx
1:	ret
END
SNIPPET <end without a return>, <branch>
	mov	eax, edi
	nop
END
SNIPPET <breakpoint on the way>, <instruction>
	int3
	ret
END


/* ---- the heap: those whose names begin so are in a module that says it has one ---- */

SNIPPET <heap: field of an object>, <ok>
	mov	rax, [r13 - 0x20]
	mov	ecx, edi
	mov	eax, [rax + rcx + 12]
	ret
END
SNIPPET <heap: field of an object without a row>, <fault>, 1
	mov	rax, [r13 - 0x20]
	mov	ecx, edi
	mov	eax, [rax + rcx + 12]
	ret
END
SNIPPET <heap: write to an object>, <ok>
	mov	rax, [r13 - 0x20]
	mov	ecx, edi
	mov	[rax + rcx], rsi
	ret
END
SNIPPET <heap: element whose offset is counted in 32 bits>, <ok>
	mov	rax, [r13 - 0x20]
	lea	ecx, [rdi + rsi * 8]
	mov	rax, [rax + rcx + 8]
	ret
END
SNIPPET <heap: element whose offset is counted in 64 bits>, <unproven>
	mov	rax, [r13 - 0x20]
	mov	ecx, edi
	lea	rax, [rax + rcx]
	mov	edx, esi
	mov	rax, [rax + rdx * 8]
	ret
END
SNIPPET <heap: reference of 64 bits>, <unproven>
	mov	rax, [r13 - 0x20]
	mov	eax, [rax + rsi]
	ret
END
SNIPPET <heap: last bytes of the area>, <ok>
	mov	rax, [r13 - 0x20]
	mov	ecx, edi
	mov	eax, [rax + rcx + 0xffffc]
	ret
END
SNIPPET <heap: beyond the area>, <unproven>
	mov	rax, [r13 - 0x20]
	mov	ecx, edi
	mov	rax, [rax + rcx + 0xffffc]
	ret
END
SNIPPET <heap: before the area>, <unproven>
	mov	rax, [r13 - 0x20]
	mov	ecx, edi
	mov	eax, [rax + rcx - 1]
	ret
END
SNIPPET <no heap: its place in the context>, <unproven>
	mov	rax, [r13 - 0x20]
	mov	ecx, edi
	mov	eax, [rax + rcx + 12]
	ret
END
SNIPPET <heap: its base is not for writing>, <memory>
	mov	[r13 - 0x20], rsi
	ret
END
SNIPPET <heap: function by a handle that was compared>, <ok>
	mov	eax, edi
	mov	rcx, [r13 - 0x28]
	cmp	rax, [rcx + 8]
	jae	1f
	mov	rcx, [rcx]
	mov	rax, [rcx + rax * 8]
	mov	eax, [rax + 16]
1:	ret
END
SNIPPET <heap: function by a handle from an object>, <unproven>
	mov	rcx, [r13 - 0x20]
	mov	edx, edi
	mov	eax, [rcx + rdx + 4]
	mov	rcx, [r13 - 0x28]
	mov	rcx, [rcx]
	mov	rax, [rcx + rax * 8]
	ret
END
SNIPPET <heap: handle of a function>, <ok>
	mov	eax, edi
	mov	rcx, [r13 - 0x28]
	cmp	rax, [rcx + 8]
	jae	1f
	mov	rcx, [rcx]
	mov	rax, [rcx + rax * 8]
	mov	eax, [rax + 32]
1:	ret
END
SNIPPET <heap: write to the handle of a function>, <memory>
	mov	eax, edi
	mov	rcx, [r13 - 0x28]
	cmp	rax, [rcx + 8]
	jae	1f
	mov	rcx, [rcx]
	mov	rax, [rcx + rax * 8]
	mov	[rax + 32], edi
1:	ret
END
SNIPPET <heap: pointer in an object>, <unproven>
	mov	rcx, [r13 - 0x20]
	mov	eax, edi
	mov	rcx, [rcx + rax + 8]
	mov	eax, [rcx]
	ret
END

	.section .rodata.strings, "a"
	.balign	8
	.globl	nr_snippets
nr_snippets:
	.quad	n
