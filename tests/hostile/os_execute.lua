-- plan, exit 3: unknown function of os
os.execute('touch /tmp/engram-was-here')
