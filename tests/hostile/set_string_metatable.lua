-- plan, exit 3: the recipe failed:
setmetatable('', {})
