-- Keys are compared byte by byte, whatever the collation of the database. Values of a few kilobytes
-- stay in the row: moving and compressing them costs more than it saves.
CREATE TABLE entries (
    key bytea PRIMARY KEY,
    revision bigint NOT NULL,
    flags bigint NOT NULL,
    expires_at bigint,
    value bytea NOT NULL
) WITH (toast_tuple_target = 8160);
ALTER TABLE entries ALTER COLUMN value SET STORAGE EXTERNAL;
CREATE INDEX entries_by_expiry ON entries (expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE changes (
    revision bigint NOT NULL,
    key bytea NOT NULL,
    deleted boolean NOT NULL,
    PRIMARY KEY (revision, key)
);
CREATE TABLE marks (
    revision bigint PRIMARY KEY,
    at bigint NOT NULL,
    total bigint NOT NULL
);
CREATE TABLE rooms (
    room text PRIMARY KEY,
    revision bigint NOT NULL
) WITH (fillfactor = 50);
-- One row. Every writer locks it first, which gives revisions their one order.
CREATE TABLE state (
    id smallint PRIMARY KEY CHECK (id = 1),
    format integer NOT NULL,
    revision bigint NOT NULL,
    feed_floor bigint NOT NULL,
    feed_total bigint NOT NULL,
    marked_total bigint NOT NULL,
    marked_at bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO state VALUES (1, 1, 0, 0, 0, 0, -9223372036854775808);
