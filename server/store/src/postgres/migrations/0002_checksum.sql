-- The checksum of the entry; NULL for entries that format 1 wrote. Adding a column rewrites no row.
ALTER TABLE entries ADD COLUMN sum bigint;
