-- plan, exit 3: 'dofile' is not available here
dofile('/etc/passwd')
