-- plan, exit 3: 'pairs' is not declared. Fix: write local pairs
pairs = nil
