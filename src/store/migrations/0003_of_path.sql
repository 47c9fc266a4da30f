-- The store, version 3: a file that names no machine is taken to be of the one it is named after, so that the same content
-- under another path says something else.

ALTER TABLE content ADD COLUMN of_path TEXT NOT NULL DEFAULT '';  -- empty where the path decides nothing

DROP INDEX content_by_hash;
CREATE UNIQUE INDEX content_by_hash ON content (hash, reader, reader_version, organisation, of_path) WHERE length(hash) = 32;
