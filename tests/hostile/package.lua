-- plan, exit 3: 'package' is not available here: use require
package.loadlib('libc.so.6', 'system')
