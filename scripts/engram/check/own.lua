-- Parts of a composed rule or schedule, each with a state of its own.

local own = {}

-- Calls part(view) where the view is `input` but for `fields` and for its state, which is kept in the whole's state
-- under the part's number. So two rules that count in h.state.count do not count together.
function own.call(part, input, number, fields)
  local key = "part_" .. number
  local state = input.state
  if state[key] == nil then state[key] = {} end
  fields = fields or {}
  fields.state = state[key]
  local result = part(setmetatable(fields, { __index = input, __newindex = input }))
  return result
end

return own
