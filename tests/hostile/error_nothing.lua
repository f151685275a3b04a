-- plan, exit 3: the error value is nothing
error()
