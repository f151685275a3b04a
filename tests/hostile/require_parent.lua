-- plan, exit 3: no module '../secret'
require '../secret'
