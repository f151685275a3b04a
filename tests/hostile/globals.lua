-- plan, exit 3: '_G' is not available here
_G.pairs = nil
