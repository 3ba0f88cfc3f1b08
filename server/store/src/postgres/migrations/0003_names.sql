-- Standard names. Rewrites no row.
ALTER TABLE rooms RENAME TO collections;
ALTER TABLE collections RENAME COLUMN room TO collection;
ALTER INDEX rooms_pkey RENAME TO collections_pkey;
ALTER TABLE marks RENAME TO trim_points;
ALTER INDEX marks_pkey RENAME TO trim_points_pkey;
ALTER TABLE state RENAME COLUMN marked_total TO trim_point_total;
ALTER TABLE state RENAME COLUMN marked_at TO trim_point_at;
