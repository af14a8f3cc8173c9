// SPDX-License-Identifier: GPL-2.0
/*
 * verify_decode.c - bytes to instructions, and which of them are allowed
 *
 * The lists name what is allowed; whatever they do not name is refused, however
 * harmless it may be. What an instruction does to registers and memory comes
 * from Zydis's operand tables, so that a new entry in a list needs nothing else:
 * the flow analysis takes results it does not know as unknown values.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../compiler/diag.h"
#include "verify_impl.h"

/* general registers only, both encodings */
static const char *const integer_names[] = {
	"adc", "add", "adcx", "adox", "and", "andn", "bextr", "blsi", "blsmsk", "blsr", "bsf", "bsr",
	"bswap", "bt", "btc", "btr", "bts", "bzhi", "call", "cbw", "cdq", "cdqe", "clc", "cmc", "cmpxchg",
	"cmovb", "cmovbe", "cmovl", "cmovle", "cmovnb", "cmovnbe", "cmovnl", "cmovnle", "cmovno",
	"cmovnp", "cmovns", "cmovnz", "cmovo", "cmovp", "cmovs", "cmovz", "cmp", "cqo", "cwd",
	"cwde", "dec", "div", "endbr64", "idiv", "imul", "inc", "int3", "jb", "jbe", "jl", "jle",
	"jmp", "jnb", "jnbe", "jnl", "jnle", "jno", "jnp", "jns", "jnz", "jo", "jp", "js", "jz",
	"lea", "leave", "lfence", "lzcnt", "mfence", "mov", "movbe", "movsx", "movsxd", "movzx", "mul", "mulx",
	"neg", "nop", "not", "or", "pdep", "pext", "pop", "popcnt", "push", "rcl", "rcr", "ret",
	"rol", "ror", "rorx", "sar", "sarx", "sbb", "setb", "setbe", "setl", "setle", "setnb",
	"setnbe", "setnl", "setnle", "setno", "setnp", "setns", "setnz", "seto", "setp", "sets",
	"setz", "shl", "shld", "shlx", "shr", "shrd", "shrx", "stc", "sub", "test", "tzcnt", "ud2",
	"xadd", "xchg", "xor",
};

/* SSE to SSE4.2; with a "v" in front, their AVX and AVX2 forms */
static const char *const vector_names[] = {
	"addpd", "addps", "addsd", "addss", "addsubpd", "addsubps", "andnpd", "andnps", "andpd",
	"andps", "blendpd", "blendps", "blendvpd", "blendvps", "cmppd", "cmpps", "cmpsd", "cmpss",
	"comisd", "comiss", "cvtdq2pd", "cvtdq2ps", "cvtpd2dq", "cvtpd2ps", "cvtps2dq", "cvtps2pd",
	"cvtsd2si", "cvtsd2ss", "cvtsi2sd", "cvtsi2ss", "cvtss2sd", "cvtss2si", "cvttpd2dq",
	"cvttps2dq", "cvttsd2si", "cvttss2si", "divpd", "divps", "divsd", "divss", "dppd", "dpps",
	"extractps", "haddpd", "haddps", "hsubpd", "hsubps", "insertps", "lddqu", "maxpd", "maxps",
	"maxsd", "maxss", "minpd", "minps", "minsd", "minss", "movapd", "movaps", "movd", "movddup",
	"movdqa", "movdqu", "movhlps", "movhpd", "movhps", "movlhps", "movlpd", "movlps", "movmskpd",
	"movmskps", "movq", "movsd", "movshdup", "movsldup", "movss", "movupd", "movups", "mpsadbw",
	"mulpd", "mulps", "mulsd", "mulss", "orpd", "orps", "pabsb", "pabsd", "pabsw", "packssdw",
	"packsswb", "packusdw", "packuswb", "paddb", "paddd", "paddq", "paddsb", "paddsw", "paddusb",
	"paddusw", "paddw", "palignr", "pand", "pandn", "pavgb", "pavgw", "pblendvb", "pblendw",
	"pcmpeqb", "pcmpeqd", "pcmpeqq", "pcmpeqw", "pcmpgtb", "pcmpgtd", "pcmpgtq", "pcmpgtw",
	"pextrb", "pextrd", "pextrq", "pextrw", "phaddd", "phaddsw", "phaddw", "phminposuw",
	"phsubd", "phsubsw", "phsubw", "pinsrb", "pinsrd", "pinsrq", "pinsrw", "pmaddubsw",
	"pmaddwd", "pmaxsb", "pmaxsd", "pmaxsw", "pmaxub", "pmaxud", "pmaxuw", "pminsb", "pminsd",
	"pminsw", "pminub", "pminud", "pminuw", "pmovmskb", "pmovsxbd", "pmovsxbq", "pmovsxbw",
	"pmovsxdq", "pmovsxwd", "pmovsxwq", "pmovzxbd", "pmovzxbq", "pmovzxbw", "pmovzxdq",
	"pmovzxwd", "pmovzxwq", "pmuldq", "pmulhrsw", "pmulhuw", "pmulhw", "pmulld", "pmullw",
	"pmuludq", "por", "psadbw", "pshufb", "pshufd", "pshufhw", "pshuflw", "psignb", "psignd",
	"psignw", "pslld", "pslldq", "psllq", "psllw", "psrad", "psraw", "psrld", "psrldq", "psrlq",
	"psrlw", "psubb", "psubd", "psubq", "psubsb", "psubsw", "psubusb", "psubusw", "psubw",
	"ptest", "punpckhbw", "punpckhdq", "punpckhqdq", "punpckhwd", "punpcklbw", "punpckldq",
	"punpcklqdq", "punpcklwd", "pxor", "rcpps", "rcpss", "roundpd", "roundps", "roundsd",
	"roundss", "rsqrtps", "rsqrtss", "shufpd", "shufps", "sqrtpd", "sqrtps", "sqrtsd", "sqrtss",
	"subpd", "subps", "subsd", "subss", "ucomisd", "ucomiss", "unpckhpd", "unpckhps", "unpcklpd",
	"unpcklps", "xorpd", "xorps",
};

/* only there with AVX, AVX2, FMA */
static const char *const avx_names[] = {
	"vbroadcastf128", "vbroadcasti128", "vbroadcastsd", "vbroadcastss", "vextractf128",
	"vextracti128", "vinsertf128", "vinserti128", "vpblendd", "vpbroadcastb", "vpbroadcastd",
	"vpbroadcastq", "vpbroadcastw", "vperm2f128", "vperm2i128", "vpermd", "vpermilpd",
	"vpermilps", "vpermpd", "vpermps", "vpermq", "vpsllvd", "vpsllvq", "vpsravd", "vpsrlvd",
	"vpsrlvq", "vtestpd", "vtestps", "vzeroall", "vzeroupper",
	"vfmadd132pd", "vfmadd132ps", "vfmadd132sd", "vfmadd132ss", "vfmadd213pd", "vfmadd213ps",
	"vfmadd213sd", "vfmadd213ss", "vfmadd231pd", "vfmadd231ps", "vfmadd231sd", "vfmadd231ss",
	"vfmsub132pd", "vfmsub132ps", "vfmsub132sd", "vfmsub132ss", "vfmsub213pd", "vfmsub213ps",
	"vfmsub213sd", "vfmsub213ss", "vfmsub231pd", "vfmsub231ps", "vfmsub231sd", "vfmsub231ss",
	"vfnmadd132pd", "vfnmadd132ps", "vfnmadd132sd", "vfnmadd132ss", "vfnmadd213pd",
	"vfnmadd213ps", "vfnmadd213sd", "vfnmadd213ss", "vfnmadd231pd", "vfnmadd231ps",
	"vfnmadd231sd", "vfnmadd231ss", "vfnmsub132pd", "vfnmsub132ps", "vfnmsub132sd",
	"vfnmsub132ss", "vfnmsub213pd", "vfnmsub213ps", "vfnmsub213sd", "vfnmsub213ss",
	"vfnmsub231pd", "vfnmsub231ps", "vfnmsub231sd", "vfnmsub231ss",
};

/* 16-byte operands that may lie anywhere, in their form without VEX */
static const ZydisMnemonic unaligned[] = {
	ZYDIS_MNEMONIC_MOVUPS, ZYDIS_MNEMONIC_MOVUPD, ZYDIS_MNEMONIC_MOVDQU, ZYDIS_MNEMONIC_LDDQU,
};

/* ... and those that may not, with VEX */
static const ZydisMnemonic aligned_vex[] = {
	ZYDIS_MNEMONIC_VMOVAPS, ZYDIS_MNEMONIC_VMOVAPD, ZYDIS_MNEMONIC_VMOVDQA,
};

enum insn_class { CLASS_REFUSED, CLASS_INTEGER, CLASS_VECTOR, CLASS_AVX };

/* by mnemonic: class, and what the flow analysis knows it as */
static u8 insn_class[ZYDIS_MNEMONIC_MAX_VALUE + 1];
static u8 insn_op[ZYDIS_MNEMONIC_MAX_VALUE + 1];
static u8 insn_cc[ZYDIS_MNEMONIC_MAX_VALUE + 1];
static bool is_unaligned[ZYDIS_MNEMONIC_MAX_VALUE + 1];
static bool is_aligned_vex[ZYDIS_MNEMONIC_MAX_VALUE + 1];
static ZydisDecoder decoder;
static ZydisFormatter formatter;

static const struct {
	ZydisMnemonic mnemonic;
	enum verify_op op;
} known_ops[] = {
	{ ZYDIS_MNEMONIC_NOP, OP_NOP }, { ZYDIS_MNEMONIC_ENDBR64, OP_NOP },
	{ ZYDIS_MNEMONIC_LFENCE, OP_NOP },
	{ ZYDIS_MNEMONIC_MOV, OP_MOV }, { ZYDIS_MNEMONIC_MOVZX, OP_MOVZX },
	{ ZYDIS_MNEMONIC_MOVSX, OP_MOVSX }, { ZYDIS_MNEMONIC_MOVSXD, OP_MOVSX },
	{ ZYDIS_MNEMONIC_LEA, OP_LEA }, { ZYDIS_MNEMONIC_ADD, OP_ADD },
	{ ZYDIS_MNEMONIC_SUB, OP_SUB }, { ZYDIS_MNEMONIC_AND, OP_AND },
	{ ZYDIS_MNEMONIC_OR, OP_OR }, { ZYDIS_MNEMONIC_XOR, OP_XOR },
	{ ZYDIS_MNEMONIC_SHL, OP_SHL }, { ZYDIS_MNEMONIC_SHR, OP_SHR },
	{ ZYDIS_MNEMONIC_SAR, OP_SAR }, { ZYDIS_MNEMONIC_IMUL, OP_IMUL },
	{ ZYDIS_MNEMONIC_INC, OP_INC }, { ZYDIS_MNEMONIC_DEC, OP_DEC },
	{ ZYDIS_MNEMONIC_NEG, OP_NEG }, { ZYDIS_MNEMONIC_CMP, OP_CMP },
	{ ZYDIS_MNEMONIC_TEST, OP_TEST }, { ZYDIS_MNEMONIC_SBB, OP_SBB },
	{ ZYDIS_MNEMONIC_ADC, OP_ADC },
	{ ZYDIS_MNEMONIC_PUSH, OP_PUSH }, { ZYDIS_MNEMONIC_POP, OP_POP },
	{ ZYDIS_MNEMONIC_LEAVE, OP_LEAVE }, { ZYDIS_MNEMONIC_CALL, OP_CALL },
	{ ZYDIS_MNEMONIC_JMP, OP_JMP }, { ZYDIS_MNEMONIC_RET, OP_RET },
	{ ZYDIS_MNEMONIC_INT3, OP_INT3 }, { ZYDIS_MNEMONIC_UD2, OP_UD2 },
	{ ZYDIS_MNEMONIC_XCHG, OP_XCHG }, { ZYDIS_MNEMONIC_POPCNT, OP_COUNT_BITS },
	{ ZYDIS_MNEMONIC_LZCNT, OP_COUNT_BITS }, { ZYDIS_MNEMONIC_TZCNT, OP_COUNT_BITS },
	{ ZYDIS_MNEMONIC_DIV, OP_DIV }, { ZYDIS_MNEMONIC_IDIV, OP_DIV },
	{ ZYDIS_MNEMONIC_BSF, OP_BIT_SCAN }, { ZYDIS_MNEMONIC_BSR, OP_BIT_SCAN },
};

#define CONDITION(name)	{ ZYDIS_MNEMONIC_J##name, ZYDIS_MNEMONIC_SET##name, ZYDIS_MNEMONIC_CMOV##name }
/* in the order of condition codes */
static const ZydisMnemonic conditions[16][3] = {
	CONDITION(O), CONDITION(NO), CONDITION(B), CONDITION(NB), CONDITION(Z), CONDITION(NZ),
	CONDITION(BE), CONDITION(NBE), CONDITION(S), CONDITION(NS), CONDITION(P), CONDITION(NP),
	CONDITION(L), CONDITION(NL), CONDITION(LE), CONDITION(NLE),
};

void verify_decode_init(void)
{
	static bool done;
	size_t i, j;

	if (done)
		return;
	done = true;
	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_INTEL);
	for (i = 1; i <= ZYDIS_MNEMONIC_MAX_VALUE; i++) {
		const char *name = ZydisMnemonicGetString(i);

		if (!name)
			continue;
		for (j = 0; j < ARRAY_SIZE(integer_names); j++)
			if (!strcmp(name, integer_names[j]))
				insn_class[i] = CLASS_INTEGER;
		for (j = 0; j < ARRAY_SIZE(vector_names); j++)
			if (!strcmp(name, vector_names[j]))
				insn_class[i] = CLASS_VECTOR;
			else if (name[0] == 'v' && !strcmp(name + 1, vector_names[j]))
				insn_class[i] = CLASS_AVX;
		for (j = 0; j < ARRAY_SIZE(avx_names); j++)
			if (!strcmp(name, avx_names[j]))
				insn_class[i] = CLASS_AVX;
	}
	for (i = 0; i < ARRAY_SIZE(known_ops); i++)
		insn_op[known_ops[i].mnemonic] = known_ops[i].op;
	for (i = 0; i < 16; i++) {
		insn_op[conditions[i][0]] = OP_JCC;
		insn_op[conditions[i][1]] = OP_SETCC;
		insn_op[conditions[i][2]] = OP_CMOV;
		for (j = 0; j < 3; j++)
			insn_cc[conditions[i][j]] = i;
	}
	for (i = 0; i < ARRAY_SIZE(unaligned); i++)
		is_unaligned[unaligned[i]] = true;
	for (i = 0; i < ARRAY_SIZE(aligned_vex); i++)
		is_aligned_vex[aligned_vex[i]] = true;
}

void verify_insn_text(const struct verify_object *obj, u32 at, char *text, size_t size)
{
	const struct verify_section *s = &obj->sections[obj->text];
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction insn;

	if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, s->data + at, s->size - at, &insn, operands)) ||
	    !ZYAN_SUCCESS(ZydisFormatterFormatInstruction(&formatter, &insn, operands,
							  insn.operand_count_visible, text, size,
							  at, NULL)))
		strcpy(text, "(bad)");
}

/* ---- operands ---- */

/* number of a general register; sets *@size to its bytes */
static u8 gpr_number(ZydisRegister reg, u8 *size)
{
	if (reg >= ZYDIS_REGISTER_RAX && reg <= ZYDIS_REGISTER_R15) {
		*size = 8;
		return reg - ZYDIS_REGISTER_RAX;
	}
	if (reg >= ZYDIS_REGISTER_EAX && reg <= ZYDIS_REGISTER_R15D) {
		*size = 4;
		return reg - ZYDIS_REGISTER_EAX;
	}
	if (reg >= ZYDIS_REGISTER_AX && reg <= ZYDIS_REGISTER_R15W) {
		*size = 2;
		return reg - ZYDIS_REGISTER_AX;
	}
	*size = 1;
	if (reg >= ZYDIS_REGISTER_AL && reg <= ZYDIS_REGISTER_BL)
		return reg - ZYDIS_REGISTER_AL;
	if (reg >= ZYDIS_REGISTER_SPL && reg <= ZYDIS_REGISTER_R15B)
		return reg - ZYDIS_REGISTER_SPL + RSP;
	return REG_NONE;
}

static bool is_high8(ZydisRegister reg)
{
	return reg >= ZYDIS_REGISTER_AH && reg <= ZYDIS_REGISTER_BH;
}

static bool is_vector(ZydisRegister reg)
{
	return (reg >= ZYDIS_REGISTER_XMM0 && reg <= ZYDIS_REGISTER_XMM15) ||
	       (reg >= ZYDIS_REGISTER_YMM0 && reg <= ZYDIS_REGISTER_YMM15);
}

/*
 * A register operand, visible or implied. Returns NULL, or why it is refused.
 * Conditional writes count as writes.
 */
static const char *take_register(struct verify_insn *out, const ZydisDecodedOperand *op,
				 struct verify_operand *visible)
{
	bool write = op->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE;
	ZydisRegister reg = op->reg.value;
	u8 nr, size;

	if (reg == ZYDIS_REGISTER_RFLAGS || reg == ZYDIS_REGISTER_EFLAGS ||
	    reg == ZYDIS_REGISTER_FLAGS || reg == ZYDIS_REGISTER_RIP || reg == ZYDIS_REGISTER_MXCSR) {
		if (visible)
			return "register not for guests";
		return NULL;
	}
	if (is_vector(reg)) {
		if (visible)
			visible->reg = REG_VECTOR;
		return NULL;
	}
	if (is_high8(reg)) {
		if (visible)
			visible->reg = REG_HIGH8;
		if (write)
			out->writes8 |= 1 << (reg - ZYDIS_REGISTER_AH);
		return NULL;
	}
	nr = gpr_number(reg, &size);
	if (nr == REG_NONE)
		return "register not for guests";
	if (visible) {
		visible->reg = nr;
		visible->size = size;
	}
	if (!write)
		return NULL;
	if (size == 8)
		out->writes64 |= 1 << nr;
	else if (size == 4)
		out->writes32 |= 1 << nr;
	else
		out->writes8 |= 1 << nr;
	return NULL;
}

static const char *take_memory(struct verify_insn *out, const ZydisDecodedInstruction *insn,
			       const ZydisDecodedOperand *op)
{
	u8 size;

	if (op->mem.type != ZYDIS_MEMOP_TYPE_MEM && op->mem.type != ZYDIS_MEMOP_TYPE_AGEN)
		return "memory operand of this form";
	if (op->mem.segment == ZYDIS_REGISTER_FS || op->mem.segment == ZYDIS_REGISTER_GS)
		return "segment register";
	if (insn->address_width != 64)
		return "32-bit address";
	if (out->has_mem)
		return "two memory operands";
	out->has_mem = true;
	out->base = REG_NONE;
	out->index = REG_NONE;
	if (op->mem.base == ZYDIS_REGISTER_RIP)
		out->base = REG_RIP;
	else if (op->mem.base != ZYDIS_REGISTER_NONE)
		out->base = gpr_number(op->mem.base, &size);
	if (op->mem.index != ZYDIS_REGISTER_NONE)
		out->index = gpr_number(op->mem.index, &size);
	out->scale = op->mem.scale;
	out->disp = op->mem.disp.has_displacement ? op->mem.disp.value : 0;
	if (op->mem.type == ZYDIS_MEMOP_TYPE_AGEN || insn->mnemonic == ZYDIS_MNEMONIC_NOP)
		return NULL;
	if (!op->size || op->size % 8 || op->size > 256)
		return "memory operand of this size";
	out->mem_size = op->size / 8;
	out->mem_read = op->actions & ZYDIS_OPERAND_ACTION_MASK_READ;
	out->mem_write = op->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE;
	if (out->mem_size >= 16 &&
	    (insn->encoding == ZYDIS_INSTRUCTION_ENCODING_LEGACY ? !is_unaligned[insn->mnemonic] :
	     is_aligned_vex[insn->mnemonic]))
		out->mem_aligned = out->mem_size;
	return NULL;
}

/* attributes that no instruction may have; what a prefix may be depends on the instruction */
static const char *check_prefixes(const ZydisDecodedInstruction *insn)
{
	bool nop = insn->mnemonic == ZYDIS_MNEMONIC_NOP;
	u32 i;

	if (insn->encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY &&
	    insn->encoding != ZYDIS_INSTRUCTION_ENCODING_VEX)
		return "encoding";
	if (insn->attributes & (ZYDIS_ATTRIB_HAS_XACQUIRE |
				ZYDIS_ATTRIB_HAS_XRELEASE | ZYDIS_ATTRIB_HAS_BND |
				ZYDIS_ATTRIB_HAS_NOTRACK |
				ZYDIS_ATTRIB_IS_PRIVILEGED | ZYDIS_ATTRIB_HAS_SEGMENT_FS |
				ZYDIS_ATTRIB_HAS_SEGMENT_GS))
		return "prefix or form";
	for (i = 0; i < insn->raw.prefix_count; i++) {
		u8 value = insn->raw.prefixes[i].value;

		/* decoded at all only where it means something: in front of a change of memory */
		if (value == 0xf0 && insn->attributes & ZYDIS_ATTRIB_HAS_LOCK)
			continue;
		/* REX, and 66, f2, f3 where they are part of the opcode or change the size */
		if ((value & 0xf0) == 0x40 || value == 0x66 ||
		    insn->raw.prefixes[i].type == ZYDIS_PREFIX_TYPE_MANDATORY)
			continue;
		if (nop && value == 0x2e)
			continue;
		return "prefix";
	}
	/* the size of a branch's operand differs between processors */
	if (insn->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR)
		return "far branch";
	if (insn->meta.branch_type != ZYDIS_BRANCH_TYPE_NONE && insn->operand_width != 64)
		return "16-bit branch";
	return NULL;
}

static const struct verify_reloc *field_reloc(const struct verify_section *s, size_t first, u32 at,
					      u8 offset, u8 bits, size_t *nr)
{
	size_t i;

	if (!bits)
		return NULL;
	for (i = first; i < s->nr_relocs && s->relocs[i].offset < at + 16; i++) {
		if (s->relocs[i].offset != at + offset)
			continue;
		if (bits != (s->relocs[i].type == R_X86_64_64 ? 64 : 32) ||
		    s->relocs[i].type == R_X86_64_PC64)
			return NULL;
		++*nr;
		return &s->relocs[i];
	}
	return NULL;
}

/* fills in @out; NULL, or why it is refused */
static const char *take_insn(struct verify_object *obj, struct verify_insn *out,
			     const ZydisDecodedInstruction *insn,
			     const ZydisDecodedOperand *operands, size_t first_reloc)
{
	const struct verify_section *s = &obj->sections[obj->text];
	size_t i, nr_relocs = 0, used = 0;
	const char *why;
	u8 class = insn_class[insn->mnemonic];

	out->len = insn->length;
	out->op = insn_op[insn->mnemonic];
	out->cc = insn_cc[insn->mnemonic];
	if (class == CLASS_REFUSED)
		return "instruction";
	why = check_prefixes(insn);
	if (why)
		return why;
	if (class != CLASS_INTEGER && !(obj->image.flags & KWASM_IMAGE_FPU))
		return "vector instruction in a module that declares none";

	for (i = 0; i < insn->operand_count; i++) {
		const ZydisDecodedOperand *op = &operands[i];
		bool visible = i < insn->operand_count_visible;
		struct verify_operand *v = NULL;

		if (visible && out->nr_operands == ARRAY_SIZE(out->operands))
			return "number of operands";
		if (visible) {
			v = &out->operands[out->nr_operands++];
			v->size = op->size / 8;
		}
		switch (op->type) {
		case ZYDIS_OPERAND_TYPE_REGISTER:
			if (v)
				v->kind = OPERAND_REG;
			why = take_register(out, op, v);
			if (class == CLASS_INTEGER && v && v->reg == REG_VECTOR)
				why = "vector register";
			break;
		case ZYDIS_OPERAND_TYPE_MEMORY:
			/* the implied ones of push, pop, call, ret, leave: see verify_flow.c */
			if (!v) {
				if (out->op != OP_PUSH && out->op != OP_POP && out->op != OP_CALL &&
				    out->op != OP_RET && out->op != OP_LEAVE)
					why = "implied memory operand";
				break;
			}
			v->kind = OPERAND_MEM;
			why = take_memory(out, insn, op);
			break;
		case ZYDIS_OPERAND_TYPE_IMMEDIATE:
			if (v)
				v->kind = OPERAND_IMM;
			if (op->imm.is_relative) {
				out->has_target = true;
				out->target = (s64)out->at + out->len + op->imm.value.s;
			}
			out->imm = op->imm.value.s;
			break;
		default:
			why = "far pointer";
		}
		if (why)
			return why;
	}
	/* these reach memory beyond their operand */
	if ((insn->mnemonic == ZYDIS_MNEMONIC_BT || insn->mnemonic == ZYDIS_MNEMONIC_BTC ||
	     insn->mnemonic == ZYDIS_MNEMONIC_BTR || insn->mnemonic == ZYDIS_MNEMONIC_BTS) &&
	    out->has_mem && out->operands[1].kind != OPERAND_IMM)
		return "bit string in memory";
	if ((out->op == OP_PUSH || out->op == OP_POP || out->op == OP_LEAVE || out->op == OP_RET) &&
	    insn->operand_width != 64)
		return "16-bit stack operation";
	if (out->op == OP_RET && insn->operand_count_visible)
		return "return that pops";
	if (out->writes8 & (1 << RSP) || out->writes32 & (1 << RSP))
		return "partial write of the stack pointer";
	/* cpu_flags is only there for instructions that touch flags */
	out->flags_written = insn->cpu_flags &&
		((insn->cpu_flags->modified | insn->cpu_flags->set_0 | insn->cpu_flags->set_1 |
		  insn->cpu_flags->undefined) &
		 (ZYDIS_CPUFLAG_CF | ZYDIS_CPUFLAG_ZF | ZYDIS_CPUFLAG_SF | ZYDIS_CPUFLAG_OF |
		  ZYDIS_CPUFLAG_PF));
	if (insn->cpu_flags &&
	    (insn->cpu_flags->modified | insn->cpu_flags->set_1) &
	    ~(u32)(ZYDIS_CPUFLAG_CF | ZYDIS_CPUFLAG_PF | ZYDIS_CPUFLAG_AF | ZYDIS_CPUFLAG_ZF |
		   ZYDIS_CPUFLAG_SF | ZYDIS_CPUFLAG_OF))
		return "write of a system flag";

	/* each relocation that touches the instruction is one of its two fields */
	for (i = first_reloc; i < s->nr_relocs && s->relocs[i].offset < out->at + out->len; i++)
		nr_relocs++;
	if (nr_relocs) {
		out->disp_reloc = field_reloc(s, first_reloc, out->at, insn->raw.disp.offset,
					      insn->raw.disp.size, &used);
		out->imm_reloc = field_reloc(s, first_reloc, out->at, insn->raw.imm[0].offset,
					     insn->raw.imm[0].size, &used);
		if (used != nr_relocs)
			return "relocation in this place";
		if (out->disp_reloc) {
			bool pc = out->disp_reloc->type == R_X86_64_PC32 ||
				  out->disp_reloc->type == R_X86_64_PLT32;

			if (pc != (out->base == REG_RIP) ||
			    (!pc && out->disp_reloc->type != R_X86_64_32S))
				return "relocation of this type";
			out->rip_extra = out->len - insn->raw.disp.offset;
			/* the loader adds nothing to what is there, it overwrites */
			out->disp = 0;
		}
		if (out->imm_reloc) {
			bool pc = out->imm_reloc->type == R_X86_64_PC32 ||
				  out->imm_reloc->type == R_X86_64_PLT32;

			if (pc != out->has_target)
				return "relocation of this type";
			out->rip_extra = out->len - insn->raw.imm[0].offset;
			out->has_target = false;
			out->imm = 0;
		}
	}
	return NULL;
}

/* ---- functions ---- */

static _Thread_local struct verify_insn *insn_buffer;
static _Thread_local size_t insn_cap;

/* first relocation of .text at or behind @at */
static size_t first_reloc(const struct verify_section *s, u64 at)
{
	size_t lo = 0, hi = s->nr_relocs;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->relocs[mid].offset < at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* where a relocated or plain direct branch goes in .text; -1: not to .text */
static s64 branch_target(const struct verify_object *obj, const struct verify_insn *insn)
{
	const struct verify_symbol *sym;

	if (insn->has_target)
		return insn->target;
	if (!insn->imm_reloc)
		return -1;
	sym = &obj->symbols[insn->imm_reloc->symbol];
	if (sym->section != obj->text)
		return -1;
	return (s64)sym->value + insn->imm_reloc->addend + insn->rip_extra;
}

/* thunk jumps, for the tables of them; and whether the function can be left */
static void note_sites(struct verify_object *obj, u32 func, const struct verify_insn *insn)
{
	struct verify_entry *entry = &obj->entries[func];
	const struct verify_func *f = &obj->report->funcs[func];
	enum verify_import import = VERIFY_IMPORT_NONE;
	s64 target;

	if (insn->op == OP_RET)
		entry->returns = true;
	if (insn->op != OP_JMP && insn->op != OP_JCC && insn->op != OP_CALL)
		return;
	if (insn->imm_reloc)
		import = obj->symbols[insn->imm_reloc->symbol].import;
	if (import == VERIFY_IMPORT_RETURN_THUNK && insn->op == OP_JMP)
		bitmap_set(obj->return_sites, insn->at);
	if (import == VERIFY_IMPORT_INDIRECT_THUNK)
		bitmap_set(obj->retpoline_sites, insn->at);
	target = branch_target(obj, insn);
	if (insn->op != OP_CALL &&
	    (target < f->text_offset || target >= (s64)f->text_offset + f->size))
		entry->returns = true;
}

void verify_decode_done(void)
{
	free(insn_buffer);
	insn_buffer = NULL;
	insn_cap = 0;
}

int verify_decode_func(struct verify_object *obj, u32 func, struct verify_insn **insns, u32 *nr)
{
	const struct verify_func *f = &obj->report->funcs[func];
	const struct verify_section *s = &obj->sections[obj->text];
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	u64 at = f->text_offset, end = at + f->size;
	size_t reloc = first_reloc(s, at);
	ZydisDecodedInstruction decoded;
	struct verify_insn *insn;
	const char *why;
	bool bad = false;
	u32 i;

	*nr = 0;
	if (!f->size) {
		verify_object_error(obj, VERIFY_RULE_OBJECT, "function '%s' has no size", f->symbol);
		return -EINVAL;
	}
	while (at < end) {
		array_reserve(insn_buffer, insn_cap, *nr + 1);
		insn = &insn_buffer[(*nr)++];
		memset(insn, 0, sizeof(*insn));
		insn->at = at;
		insn->base = REG_NONE;
		insn->index = REG_NONE;
		if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, s->data + at, end - at, &decoded,
							 operands))) {
			verify_insn_error(obj, VERIFY_VIOLATION, VERIFY_RULE_INSTRUCTION, func, at,
					  "does not decode");
			return -EINVAL;
		}
		why = take_insn(obj, insn, &decoded, operands, reloc);
		if (why) {
			verify_insn_error(obj, VERIFY_VIOLATION, VERIFY_RULE_INSTRUCTION, func, at,
					  "%s is not allowed", why);
			bad = true;
		}
		bitmap_set(obj->starts, at);
		at += decoded.length;
		while (reloc < s->nr_relocs && s->relocs[reloc].offset < at)
			reloc++;
	}
	/* resolve targets here, where all of the function's starts are known */
	for (i = 0; i < *nr; i++) {
		s64 target;

		insn = &insn_buffer[i];
		note_sites(obj, func, insn);
		if (insn->op != OP_JMP && insn->op != OP_JCC && insn->op != OP_CALL)
			continue;
		if (!insn->has_target && !insn->imm_reloc)
			continue;
		target = branch_target(obj, insn);
		if (target < 0 && !insn->has_target && insn->op != OP_JCC)
			continue;	/* another symbol: a matter for the flow analysis */
		insn->has_target = true;
		insn->target = target;
		if (target >= f->text_offset && target < (s64)end) {
			if (bitmap_test(obj->starts, target) &&
			    (insn->op != OP_CALL || target == f->text_offset))
				continue;
		} else if (target >= 0 && insn->op != OP_JCC) {
			u32 to = verify_func_at(obj, target);

			if (to != VERIFY_NO_FUNC && obj->report->funcs[to].text_offset == target)
				continue;
		}
		verify_insn_error(obj, VERIFY_VIOLATION, VERIFY_RULE_BRANCH, func, insn->at,
				  "goes to .text+0x%llx, which is no instruction of the function and no function",
				  (u64)target);
		bad = true;
	}
	if (verify_switches_func(obj, func, insn_buffer, *nr))
		bad = true;
	*insns = insn_buffer;
	return bad ? -EINVAL : 0;
}

void verify_decode_gap(struct verify_object *obj, u64 start, u64 end)
{
	const struct verify_section *s = &obj->sections[obj->text];
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction decoded;
	size_t reloc;

	if (start >= end)
		return;
	reloc = first_reloc(s, start);
	if (reloc < s->nr_relocs && s->relocs[reloc].offset < end)
		goto bad;
	while (start < end) {
		if (!s->data[start] || s->data[start] == 0xcc) {
			start++;	/* zeroes between sections, never executed */
			continue;
		}
		if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, s->data + start, end - start,
							 &decoded, operands)) ||
		    decoded.mnemonic != ZYDIS_MNEMONIC_NOP)
			goto bad;
		start += decoded.length;
	}
	return;
bad:
	verify_object_error(obj, VERIFY_RULE_INSTRUCTION,
			    "bytes at .text+0x%llx belong to no function", start);
}
