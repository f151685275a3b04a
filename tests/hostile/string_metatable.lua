-- plan, exit 3: attempt to index a boolean value
getmetatable('').__index = nil
