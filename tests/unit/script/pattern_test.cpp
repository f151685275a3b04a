#include <lua.hpp>

#include "script/shown.hpp"
#include "unit/script/support.hpp"

using namespace engram;
using namespace engram::test;

namespace {

// Results of an expression in the sandbox, joined by '|'.
std::string ours(const std::string& expression) {
  const std::string code =
      "local function show(...) local t = {} for i = 1, select('#', ...) do t[i] = tostring((select(i, ...))) end "
      "error(table.concat(t, '|'), 0) end show(" +
      expression + ")";
  std::string text = load_refusal(code);
  text = text.substr(text.find("failed: ") + 8);
  return text.substr(0, text.find("\nstack traceback"));
}

// The same in LuaJIT's own string library.
std::string lua(const std::string& expression) {
  lua_State* state = luaL_newstate();
  luaL_openlibs(state);
  const std::string code =
      "local function show(...) local t = {} for i = 1, select('#', ...) do t[i] = tostring((select(i, ...))) end "
      "return table.concat(t, '|') end return show(" +
      expression + ")";
  const int status = luaL_dostring(state, code.c_str());
  const std::string text = script::printable(script::text_at(state, -1), 20000);
  lua_close(state);
  return status == 0 ? text : "error: " + text;
}

}  // namespace

TEST_CASE("find, match, gsub and gmatch give what LuaJIT's own functions give") {
  const std::vector<std::string> expressions = {"('hello world'):find('o w')",
                                                "('hello world'):find('o', 6)",
                                                "('a.b'):find('.', 1, true)",
                                                "('abc'):find('b', -1)",
                                                "('abc'):find('')",
                                                "('abc'):find('', 10)",
                                                "('key = value'):match('^(%w+)%s*=%s*(%w+)$')",
                                                "('  trim  '):match('^%s*(.-)%s*$')",
                                                "('2024-01-31'):match('(%d+)-(%d+)-(%d+)')",
                                                "('aaa'):match('a-b')",
                                                "('aaab'):match('a-b')",
                                                "('xayaz'):match('.-a')",
                                                "('f(a(b)c)d'):match('%b()')",
                                                "('THE (quick) fox'):find('%((%a+)%)')",
                                                "('hello'):match('()ll()')",
                                                "('abab'):match('(ab)%1')",
                                                "('THE (quick) fox'):gsub('%f[%a]%a+', 'X')",
                                                "('abc'):gsub('', '-')",
                                                "('hello world'):gsub('o', '0', 1)",
                                                "('hello'):gsub('(l)(l)', '%2%1%0')",
                                                "('$name is $age'):gsub('%$(%w+)', { name = 'x', age = 3 })",
                                                "('abc'):gsub('%w', function(c) return c == 'b' and 'B' end)",
                                                "('100%'):gsub('%%', '%%%%')",
                                                "('x^2'):match('[%^x]+')",
                                                "('a-b]c'):match('[]-]')",
                                                "('a-z'):match('[a%-z]+')",
                                                "('09AF'):match('^[0-9A-F]+$')",
                                                "('abc'):match('[^b]+', 2)",
                                                "('a\\0b'):match('%z')",
                                                "('x'):rep(3, ',')",
                                                "('one two'):gsub('(%w+) (%w+)', '%2 %1')",
                                                "('aXb'):match('%u')",
                                                "('  x'):find('^%s*')",
                                                "('a,b,,c'):gsub(',', ';')",
                                                "('abc'):gsub('^a', 'x')",
                                                "('aaa'):gsub('^a', 'x')",
                                                "('hello'):match('h?e+l*o?')"};
  for (const std::string& expression : expressions) {
    INFO(expression);
    REQUIRE(ours(expression) == lua(expression));
  }
  const std::string walk =
      "(function() local t = '' for k, v in ('a=1, b=2'):gmatch('(%w+)=(%w+)') do t = t .. k .. v end "
      "for w in ('abc'):gmatch('') do t = t .. '.' end return t end)()";
  REQUIRE(ours(walk) == "a1b2....");
  REQUIRE(ours(walk) == lua(walk));
}

TEST_CASE("malformed patterns are errors") {
  REQUIRE(ours("('a'):match('(a')") == "malformed pattern: '(' without ')'");
  REQUIRE(ours("('a'):match('a)')") == "malformed pattern: ')' without '('");
  REQUIRE(ours("('a'):match('[a')") == "malformed pattern: '[' without ']'");
  REQUIRE(ours("('a'):match('%')") == "malformed pattern: it ends with '%'");
  REQUIRE(ours("('aa'):match('%b')") == "malformed pattern: %b needs two characters");
  REQUIRE(ours("('aa'):match('a%1')") == "malformed pattern: no capture %1");
}
