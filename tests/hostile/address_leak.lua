-- plan, exit 3: the recipe failed: tablefunction
error(tostring({}) .. tostring(print), 0)
