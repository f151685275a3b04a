-- plan, exit 3: the recipe ran away
::again::
goto again
