// SPDX-License-Identifier: GPL-2.0
/* lua: an interpreter at work on calls, tables, closures, strings and sorting */
#define BENCH_RUNS 10
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include "../bench.h"

static const char script[] =
"local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end\n"
"local sum = fib(22)\n"
"local seed = 42\n"
"local function random(n) seed = (seed * 1103515245 + 12345) % 2147483648; return seed // 65536 % n end\n"
"local t = {}\n"
"for i = 1, 15000 do t[i] = random(32768) end\n"
"table.sort(t)\n"
"for i = 1, #t, 100 do sum = sum + t[i] end\n"
"table.sort(t, function(a, b) return a % 1000 < b % 1000 or (a % 1000 == b % 1000 and a < b) end)\n"
"for i = 1, #t, 100 do sum = (sum * 31 + t[i]) % 1000000007 end\n"
"local words = {}\n"
"for i = 1, 4000 do words[#words + 1] = string.format('%s-%d', string.rep('x', random(5)), random(500)) end\n"
"local count = {}\n"
"for _, w in ipairs(words) do count[w] = (count[w] or 0) + 1 end\n"
"local keys = {}\n"
"for k in pairs(count) do keys[#keys + 1] = k end\n"
"table.sort(keys)\n"
"local text = table.concat(keys, ' ')\n"
"for a, b in text:gmatch('(x+)-(%d+)') do sum = (sum * 31 + #a * tonumber(b)) % 1000000007 end\n"
"text = text:gsub('%d+', function(n) return n * 2 end):upper()\n"
"for i = 1, #text, 50 do sum = (sum * 31 + text:byte(i)) % 1000000007 end\n"
"local Point = {}\n"
"Point.__index = Point\n"
"Point.__add = function(a, b) return setmetatable({ x = a.x + b.x, y = a.y + b.y }, Point) end\n"
"function Point:length() return self.x * self.x + self.y * self.y end\n"
"local p = setmetatable({ x = 0.5, y = 0.25 }, Point)\n"
"for i = 1, 20000 do p = p + setmetatable({ x = i % 3, y = i % 5 }, Point); if p:length() > 1e6 then p.x = 0 end end\n"
"local sieve, primes = {}, 0\n"
"for i = 2, 20000 do\n"
"  if not sieve[i] then primes = primes + 1; for j = i * i, 20000, i do sieve[j] = true end end\n"
"end\n"
"return math.tointeger((sum * 31 + primes + p.x // 1 + p.y // 1) % 1000000007)\n";

void bench_setup(void)
{
}

u64 bench_run(void)
{
	static const luaL_Reg libraries[] = {
		{ LUA_GNAME, luaopen_base }, { LUA_TABLIBNAME, luaopen_table },
		{ LUA_STRLIBNAME, luaopen_string }, { LUA_MATHLIBNAME, luaopen_math },
	};
	lua_State *lua = luaL_newstate();
	lua_Integer result;
	size_t i;

	for (i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
		luaL_requiref(lua, libraries[i].name, libraries[i].func, 1);
		lua_pop(lua, 1);
	}
	if (luaL_loadbuffer(lua, script, sizeof(script) - 1, "script") || lua_pcall(lua, 0, 1, 0))
		abort();
	result = lua_tointeger(lua, -1);
	lua_close(lua);
	return result;
}
