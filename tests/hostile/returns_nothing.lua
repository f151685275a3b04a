-- plan, exit 3: the recipe returns nil
local recipe = {}
