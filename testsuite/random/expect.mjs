// SPDX-License-Identifier: GPL-2.0
/*
 * What V8 makes of a module, as a script for the spec harness
 *
 *	node expect.mjs NAME FOLDER >FOLDER/NAME.json
 *
 * FOLDER/NAME.wasm is instantiated with FOLDER/support.wasm, and each exported function called with
 * some arguments, twice all around; after each call the hash of what was logged is asked for. What comes
 * out, values or traps, is what the script asserts. After a trap it goes on with a new instance: what the old
 * one's memory and globals are then is exact with --strict-traps only. It ends where engines may
 * differ: when the stack is exhausted.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [name, folder] = process.argv.slice(2);
const read = (file) => new WebAssembly.Module(readFileSync(join(folder, file)));

/* V8's words, and how the specification's begin; '' where one of V8's is for several of these */
const traps = [
	['unreachable', 'unreachable'],
	['memory access out of bounds', ''],
	['divide by zero', 'integer divide by zero'],
	['remainder by zero', 'integer divide by zero'],
	['divide result unrepresentable', 'integer overflow'],
	['table index is out of bounds', ''],
	['table access out of bounds', ''],
	['table or index out of bounds', ''],
	['float unrepresentable in integer range', ''],
	['null function or function signature mismatch', ''],
	['indirect call signature mismatch', ''],
	['element segment out of bounds', ''],
	['data segment out of bounds', ''],
	['operation does not support unaligned accesses', ''],
	['dereferencing a null pointer', ''],
	['Atomics.wait cannot be called in this context', ''],
];

/* ---- values ---- */

const view = new DataView(new ArrayBuffer(8));
const to_bits = {
	i32: (v) => BigInt.asUintN(32, BigInt(v)),
	i64: (v) => BigInt.asUintN(64, v),
	f32: (v) => { view.setFloat32(0, v); return BigInt(view.getUint32(0)); },
	f64: (v) => { view.setFloat64(0, v); return view.getBigUint64(0); },
};
const samples = {
	i32: [0, 1, -1, 65528, 0x7fffffff, -0x80000000],
	i64: [0n, 1n, -1n, 65529n, 0x7fffffffffffffffn, 0x100000000n],
	f32: [0, 1, -1.5, 3e9, -0, Infinity],
	f64: [0, 1, -1.5, 1e19, -0, Infinity],
};

function expected(type, value)
{
	if (to_bits[type]) {
		if (Number.isNaN(value))
			return null;	/* its bits are not determined */
		return { type, value: String(to_bits[type](value)) };
	}
	return value === null ? { type, value: 'null' } : { type };
}

/* ---- signatures, from the binary: JavaScript does not tell them ---- */

function signatures(bytes)
{
	let at = 8;
	const types = [], funcs = [], exports = new Map();
	const names = { 0x7f: 'i32', 0x7e: 'i64', 0x7d: 'f32', 0x7c: 'f64', 0x7b: 'v128',
			0x70: 'funcref', 0x6f: 'externref' };
	const u32 = () => {
		let v = 0, shift = 0, byte;
		do {
			byte = bytes[at++];
			v |= (byte & 0x7f) << shift;
			shift += 7;
		} while (byte & 0x80);
		return v >>> 0;
	};
	const vector = (item) => Array.from({ length: u32() }, item);
	const string = () => { const n = u32(); at += n; return bytes.toString('utf8', at - n, at); };
	const valtype = () => names[bytes[at++]] ?? 'unknown';
	const limits = () => { const flags = u32(); u32(); if (flags & 1) u32(); };
	const sections = {
		1: () => vector(() => { at++; types.push([vector(valtype), vector(valtype)]); }),
		2: () => vector(() => {
			string();
			string();
			switch (bytes[at++]) {
			case 0: funcs.push(u32()); break;
			case 1: at++; limits(); break;
			case 2: limits(); break;
			case 3: at += 2; break;
			case 4: at++; u32(); break;
			}
		}),
		3: () => vector(() => funcs.push(u32())),
		7: () => vector(() => {
			const field = string(), kind = bytes[at++], index = u32();
			if (kind === 0)
				exports.set(field, types[funcs[index]]);
		}),
	};
	while (at < bytes.length) {
		const id = bytes[at++], size = u32(), end = at + size;
		sections[id]?.();
		at = end;
	}
	return exports;
}

/* ---- the script ---- */

const INSTANCES_MAX = 40;
const commands = [
	{ type: 'module', name: '$support', filename: 'support.wasm' },
	{ type: 'register', name: '$support', as: 'fuzzing-support' },
];
const support = new WebAssembly.Instance(read('support.wasm'));

function finish()
{
	commands.forEach((command, i) => { command.line = i + 1; });
	console.log(JSON.stringify({ source_filename: `${name}.wasm`, commands }, null, 1));
	process.exit(0);
}

/* what became of it: 'returned', 'trapped', or 'exhausted', as engines may differ in */
function add_call(module, field, args, types, call)
{
	const action = { type: 'invoke', module, field,
			 args: args.map((v, i) => ({ type: types[0][i], value: String(to_bits[types[0][i]](v)) })) };
	let results;

	try {
		results = call(...args);
	} catch (error) {
		if (error instanceof WebAssembly.Exception) {
			commands.push({ type: 'assert_exception', action });
			return 'returned';
		}
		if (error instanceof RangeError)
			return 'exhausted';
		const known = traps.find(([words]) => error.message.includes(words));
		if (!(error instanceof WebAssembly.RuntimeError) || !known)
			throw error;
		commands.push({ type: 'assert_trap', action, text: known[1] });
		return 'trapped';
	}
	if (types[1].length < 2)
		results = types[1].length ? [results] : [];
	const wanted = results.map((v, i) => expected(types[1][i], v));
	if (wanted.includes(null))
		commands.push({ type: 'action', action, expected: types[1].map((type) => ({ type })) });
	else
		commands.push({ type: 'assert_return', action, expected: wanted });
	return true;
}

const module = read(`${name}.wasm`);
const functions = [...signatures(readFileSync(join(folder, `${name}.wasm`)))]
	.filter(([, types]) => types[0].every((t) => samples[t]) && types[1].every((t) => t !== 'v128' && t !== 'unknown'));
let instance, nr = 0;

function instantiate()
{
	if (nr++ === INSTANCES_MAX)
		finish();
	try {
		instance = new WebAssembly.Instance(module, { 'fuzzing-support': support.exports });
	} catch (error) {
		if (!(error instanceof WebAssembly.RuntimeError))
			throw error;
		commands.push({ type: 'assert_uninstantiable', filename: `${name}.wasm`, text: '' });
		finish();
	}
	commands.push({ type: 'module', name: `$m${nr}`, filename: `${name}.wasm` });
}

instantiate();
for (let round = 0; round < 2; round++) {
	functions.forEach(([field, types], f) => {
		const args = types[0].map((t, i) => samples[t][(f + i + 2 * round) % samples[t].length]);
		const outcome = add_call(`$m${nr}`, field, args, types, instance.exports[field]);

		if (outcome === 'exhausted')
			finish();
		add_call('$support', 'logged', [], [[], ['i64']], support.exports.logged);
		if (outcome === 'trapped')
			instantiate();
	});
}
finish();
