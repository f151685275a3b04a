-- plan, exit 3: the recipe ran away
string.gsub(string.rep('a', 30000), '.*.*.*b', '')
