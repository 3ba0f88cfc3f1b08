-- Turns the tables of format 3 back into those of format 1.
ALTER TABLE collections RENAME TO rooms;
ALTER TABLE rooms RENAME COLUMN collection TO room;
ALTER INDEX collections_pkey RENAME TO rooms_pkey;
ALTER TABLE trim_points RENAME TO marks;
ALTER INDEX trim_points_pkey RENAME TO marks_pkey;
ALTER TABLE state RENAME COLUMN trim_point_total TO marked_total;
ALTER TABLE state RENAME COLUMN trim_point_at TO marked_at;
ALTER TABLE entries DROP COLUMN sum;
UPDATE state SET format = 1;
