-- plan, exit 3: 'rawset' is not available here
rawset(math, 'floor', nil)
