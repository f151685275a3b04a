-- plan, exit 3: no module '/etc/passwd'
require '/etc/passwd'
