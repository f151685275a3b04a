-- Ends the recipe, or the callback, with an error at a place of the recipe: "file:line", or "" where it is not known.
return function(place, text)
  error(place == "" and text or place .. ": " .. text, 0)
end
