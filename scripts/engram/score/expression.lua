-- score.expression: arithmetic over metrics, such as "new.macro_f1 - 2 * max(0, baseline.original.accuracy -
-- original.accuracy)". Read once by recursive descent into functions of `m`; one function per rule of the grammar:
--
--   sum     = product { ("+" | "-") product }
--   product = sign { ("*" | "/") sign }
--   sign    = [ "-" | "+" ] power
--   power   = primary [ "^" sign ]
--   primary = number | metric | function "(" sum { "," sum } ")" | "(" sum ")"

local check = require "engram.check"
local host = require "engram.host"
local measure = require "engram.check.measure"

local functions = {
  min = { least = 2, apply = math.min },
  max = { least = 2, apply = math.max },
  abs = { least = 1, most = 1, apply = math.abs },
  sqrt = { least = 1, most = 1, apply = math.sqrt },
}

local patterns = {
  { kind = "number", "^%d+%.?%d*[eE][+-]?%d+" }, { kind = "number", "^%.%d+[eE][+-]?%d+" },
  { kind = "number", "^%d+%.?%d*" }, { kind = "number", "^%.%d+" },
  { kind = "name", "^[%a_][%w_%.]*" }, { kind = "symbol", "^[-+*/^(),]" },
}

-- { kind =, text =, column = } each, and an "end".
local function tokens_of(text, fail)
  local tokens, at = {}, 1
  while true do
    at = string.find(text, "%S", at)
    if not at then break end
    local found
    for _, pattern in ipairs(patterns) do
      local piece = string.match(text, pattern[1], at)
      found = found or piece and { kind = pattern.kind, text = piece, column = at }
    end
    if not found then fail(at, "unexpected '" .. string.sub(text, at, at) .. "'") end
    tokens[#tokens + 1] = found
    at = at + #found.text
  end
  tokens[#tokens + 1] = { kind = "end", text = "the end", column = #text + 1 }
  return tokens
end

local parser = {}
parser.__index = parser

function parser:look() return self.tokens[self.at] end

function parser:take()
  self.at = self.at + 1
  return self.tokens[self.at - 1]
end

-- The next token's text when it is one of these symbols, taken; else nil.
function parser:symbol(symbols)
  local token = self:look()
  return token.kind == "symbol" and string.find(symbols, token.text, 1, true) and self:take().text
end

function parser:close(opened)
  if self:symbol(")") then return end
  self.fail(self:look().column, "expected ')' for the '(' of column " .. opened .. ", found " .. self:found())
end

function parser:found()
  local token = self:look()
  return token.kind == "end" and "the end" or "'" .. token.text .. "'"
end

function parser:sum()
  local left = self:product()
  while true do
    local sign = self:symbol("+-")
    if not sign then return left end
    local first, second = left, self:product()
    left = sign == "+" and function(m) return first(m) + second(m) end or function(m) return first(m) - second(m) end
  end
end

function parser:product()
  local left = self:sign()
  while true do
    local sign = self:symbol("*/")
    if not sign then return left end
    local first, second = left, self:sign()
    left = sign == "*" and function(m) return first(m) * second(m) end or function(m) return first(m) / second(m) end
  end
end

function parser:sign()
  local sign = self:symbol("+-")
  local value = sign and self:sign() or self:power()
  return sign == "-" and function(m) return -value(m) end or value
end

function parser:power()
  local base = self:primary()
  if not self:symbol("^") then return base end
  local exponent = self:sign()
  return function(m) return base(m) ^ exponent(m) end
end

function parser:primary()
  local token = self:look()
  if token.kind == "number" then
    local number = tonumber(self:take().text)
    return function() return number end
  elseif token.kind == "name" then
    self:take()
    local call = self:look()
    return self:symbol("(") and self:call(token, call.column) or self:metric(token)
  elseif self:symbol("(") then
    local inner = self:sum()
    self:close(token.column)
    return inner
  end
  self.fail(token.column, "expected a number, a metric, a function or '(', found " .. self:found())
end

function parser:call(name, opened)
  local known = functions[name.text]
  if not known then
    local names = {}
    for each in pairs(functions) do names[#names + 1] = each end
    self.fail(name.column, "unknown function '" .. name.text .. "'" .. host.did_you_mean(name.text, names) ..
      " (allowed: " .. table.concat(names, ", ") .. ")")
  end
  local arguments = { self:sum() }
  while self:symbol(",") do arguments[#arguments + 1] = self:sum() end
  self:close(opened)
  if #arguments < known.least or #arguments > (known.most or math.huge) then
    self.fail(name.column, name.text .. " takes " .. (known.most and known.most or "at least " .. known.least) ..
      (known.most == 1 and " argument" or " arguments") .. ", not " .. #arguments)
  end
  return function(m)
    local values = {}
    for i, argument in ipairs(arguments) do values[i] = argument(m) end
    return known.apply(unpack(values))
  end
end

function parser:metric(name)
  local path = string.match(name.text, "^baseline%.(.+)$")
  if not measure.split(path or name.text) then
    self.fail(name.column, "'" .. name.text .. "' is no metric (allowed: a set and one of its metrics, such as " ..
      "original.accuracy or baseline.original.accuracy)")
  end
  local reader = measure.reader(path or name.text, self.place)
  if not path then return reader.raw end
  return function(m) return reader.raw(m.baseline) end
end

return check.declare {
  name = "score.expression",
  about = "A formula over any set's metrics, as they are measured, and those of the untouched model (baseline.). " ..
    "+ - * / ^, brackets, min, max, abs, sqrt.",
  example = 'score.expression "new.macro_f1 - 2 * max(0, baseline.original.accuracy - original.accuracy)"',
  returns = "score",
  argument = { kind = "string", noun = "formula", about = "The formula." },
  make = function(text, place)
    local function fail(column, what)
      check.fail(place, "score.expression: column " .. column .. ": " .. what .. " in \"" .. text .. "\"")
    end
    local read = setmetatable({ tokens = tokens_of(text, fail), at = 1, fail = fail, place = place }, parser)
    local value = read:sum()
    if read:look().kind ~= "end" then fail(read:look().column, "expected an operator, found " .. read:found()) end
    return value
  end,
}
