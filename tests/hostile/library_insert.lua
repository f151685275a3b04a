-- plan, exit 3: this read-only table is no list
table.insert(math, 'x')
