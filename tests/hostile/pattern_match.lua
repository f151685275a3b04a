-- plan, exit 3: the recipe ran away
string.match(string.rep('a', 30000), '.-.-.-.-b')
