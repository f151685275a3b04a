-- plan, exit 3: the recipe failed:
require 'binary'
