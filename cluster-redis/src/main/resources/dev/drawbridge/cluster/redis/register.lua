-- The first lease of a node. ARGV: 6 its length in ms. Returns {'taken'} where a living node has this id.
if live(NODE) then return {'taken'} end
take_lease(ARGV[6])
return {'ok'}
