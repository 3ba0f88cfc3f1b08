-- `entries` has a row id, because SQLite stores a row of a few kilobytes in one piece below a row
-- id, but moves it to overflow pages below a long key. `value` is the last column, so that reading
-- the other columns never touches overflow pages.
CREATE TABLE entries (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE,
    revision INTEGER NOT NULL,
    flags INTEGER NOT NULL,
    expires_at INTEGER,
    value BLOB NOT NULL
) STRICT;
CREATE INDEX entries_by_expiry ON entries (expires_at) WHERE expires_at IS NOT NULL;
-- `changes` is clustered by revision: a write appends, and reading the feed is one range scan.
CREATE TABLE changes (
    revision INTEGER NOT NULL,
    key BLOB NOT NULL,
    deleted INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (revision, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    revision INTEGER NOT NULL,
    feed_floor INTEGER NOT NULL
) STRICT;
INSERT INTO state (id, revision, feed_floor) VALUES (1, 0, 0);
