-- plan, exit 3: unknown function of os
os.getenv('HOME')
