-- plan, exit 3: which is no text allowed: UTF-8
return require 'base' { model = 'models/\255' }
