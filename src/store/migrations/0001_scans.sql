-- The store, version 1: scans, the files each saw, and what came out of every distinct content.
-- Append-only: a change is a new file with the next number.

-- One row a scan; it exists only once the scan is complete.
CREATE TABLE scan (
    id INTEGER PRIMARY KEY,
    started_at TEXT NOT NULL,
    arguments TEXT NOT NULL,          -- JSON array of texts
    program TEXT NOT NULL,            -- version of trueup that wrote it
    as_of TEXT NOT NULL,
    rules_hash TEXT NOT NULL,
    files INTEGER NOT NULL,
    hosts INTEGER NOT NULL,
    records INTEGER NOT NULL,
    purchases INTEGER NOT NULL,
    prices INTEGER NOT NULL
) STRICT;

-- What a scan found out and the inputs that are not inventories; zlib over JSON or text.
CREATE TABLE frozen (
    scan INTEGER PRIMARY KEY REFERENCES scan (id),
    outcome BLOB NOT NULL,
    settings BLOB NOT NULL,
    prices BLOB NOT NULL,
    purchases BLOB NOT NULL
) STRICT;

-- Paths relative to the estate.
CREATE TABLE path (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
) STRICT;

-- What one reader made of one content. The folder's organisation belongs to it, because rows that name none take it.
CREATE TABLE content (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL,               -- BLAKE3; empty where the file could not be read
    reader TEXT NOT NULL,             -- empty where no reader took it
    reader_version INTEGER NOT NULL,
    organisation TEXT NOT NULL,       -- empty where the folder tells none
    captured TEXT,
    status TEXT NOT NULL CHECK (status IN ('read', 'partly-read', 'rejected', 'ignored')),
    reason TEXT,
    hosts INTEGER NOT NULL,
    records INTEGER NOT NULL,
    purchases INTEGER NOT NULL,
    prices INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX content_by_hash ON content (hash, reader, reader_version, organisation) WHERE length(hash) = 32;

-- The files of a scan: the only row that an unchanged file costs.
CREATE TABLE scan_file (
    scan INTEGER NOT NULL REFERENCES scan (id) DEFERRABLE INITIALLY DEFERRED,
    path INTEGER NOT NULL REFERENCES path (id),
    size INTEGER NOT NULL,
    modified_ns INTEGER,              -- nanoseconds since 1970; null where the time cannot be trusted
    content INTEGER NOT NULL REFERENCES content (id),
    PRIMARY KEY (scan, path)
) STRICT, WITHOUT ROWID;

-- Distinct software titles.
CREATE TABLE title (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    publisher TEXT NOT NULL,
    key TEXT NOT NULL
) STRICT;

-- Distinct software lists: the bulk table of host and software ids. No foreign key can look into the blob; the writer
-- guarantees that every title exists, and a test checks it.
CREATE TABLE software_list (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,        -- BLAKE3 of `titles`
    titles BLOB NOT NULL              -- title ids in the order of the file, as LEB128 integers
) STRICT;

-- What came out of a content, in the order of the file for each kind.
CREATE TABLE observation (
    content INTEGER NOT NULL REFERENCES content (id),
    ordinal INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('host', 'purchase', 'price', 'manifest', 'diagnostic')),
    place TEXT,                       -- JSON; of a purchase or price, the others hold it in `body`
    body TEXT NOT NULL,               -- JSON
    list INTEGER REFERENCES software_list (id),
    places TEXT,                      -- JSON; where the records of the list stand in the file
    PRIMARY KEY (content, ordinal)
) STRICT, WITHOUT ROWID;
