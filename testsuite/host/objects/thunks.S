/* SPDX-License-Identifier: GPL-2.0 */
/* Sites of thunks, and calls with what they call. */
	.text
	.type	f, @function
	.type	alias_of_f, @function
alias_of_f:
f:
	endbr64
	push	%rbp
	mov	%rsp, %rbp
call1:	call	kwasm_trap_unreachable
call2:	call	f
call3:	call	*%rax
call4:
retpoline1: call __x86_indirect_thunk_r11
	je	1f
	pop	%rbp
return1: jmp	__x86_return_thunk
	int3
1:	pop	%rbp
retpoline2: jmp	__x86_indirect_thunk_rax
	int3
	.size	f, . - f
	.size	alias_of_f, . - f

	/* a guest may call its function as it likes */
	.type	__x86_return_thunk_of_guest, @function
__x86_return_thunk_of_guest:
	push	%rbp
	mov	%rsp, %rbp
	pop	%rbp
return2: jmp	__x86_return_thunk
	.size	__x86_return_thunk_of_guest, . - __x86_return_thunk_of_guest
