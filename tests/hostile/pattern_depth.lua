-- plan, exit 3: the recipe failed:
string.find(string.rep('a', 1e6), string.rep('(', 30) .. string.rep('a-', 4000) .. 'b')
