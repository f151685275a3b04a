-- plan, exit 3: 'io' is not available here: recipes do not touch files
io.open('/etc/passwd')
