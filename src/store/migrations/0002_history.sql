-- The store, version 2: the licence position of every scan, row by row, so that peaks and trends need not unpack frozen
-- outcomes. Scans made before are filled in from theirs (see `history.rs`).

-- Rows of the position by their permanent key.
CREATE TABLE position_key (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    organisation TEXT NOT NULL,
    product TEXT NOT NULL,
    edition TEXT,                     -- null where the product has none
    version TEXT,                     -- null where the product has none
    metric TEXT NOT NULL
) STRICT;

-- What a scan found of each; the day is that of the scan.
CREATE TABLE position_history (
    scan INTEGER NOT NULL REFERENCES scan (id) DEFERRABLE INITIALLY DEFERRED,
    reading TEXT NOT NULL CHECK (reading IN ('strict', 'customer')),
    position INTEGER NOT NULL REFERENCES position_key (id),
    required INTEGER NOT NULL,
    usable INTEGER NOT NULL,
    shortfall INTEGER NOT NULL,
    surplus INTEGER NOT NULL,
    cost_minor INTEGER,               -- pence; null where a price was missing
    currency TEXT,
    PRIMARY KEY (scan, reading, position)
) STRICT, WITHOUT ROWID;
