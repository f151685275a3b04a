-- plan, exit 3: the recipe failed: xxxx
error(string.rep('x', 1e7))
