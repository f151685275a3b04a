-- plan, exit 3: gsub made more than 16 MB of text
string.gsub(string.rep('a', 1e6), '.*', string.rep('%0', 1e6))
