-- plan, exit 3: the recipe ran away
local function stubborn()
  local done
  repeat done = pcall(function() while true do end end) until done
end
pcall(pcall, pcall, stubborn)
stubborn()
