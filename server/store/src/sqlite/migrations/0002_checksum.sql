-- The checksum of the entry; NULL for entries that format 1 wrote. Adding a column rewrites no row,
-- so the migration is immediate and needs no additional space, whatever the size of the store.
ALTER TABLE entries ADD COLUMN sum INTEGER;
