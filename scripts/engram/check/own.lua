-- Parts of a composed rule or schedule, each with a state of its own.

local own = {}

-- Calls part(view) where the view is `input` but for `fields` and for its state, which is kept in the whole's state
-- under the part's number. So two rules that count in h.state.count do not count together.
function own.call(part, input, number, fields)
  local whole, key = input.state, "part_" .. number
  local state = whole[key]
  if not state then
    state = {}
    whole[key] = state
  end
  fields = fields or {}
  fields.state = state
  local result = part(setmetatable(fields, { __index = input, __newindex = input }))
  return result
end

return own
