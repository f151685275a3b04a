-- plan, exit 3: precompiled Lua is refused: recipes and modules are text
require 'bytecode'
