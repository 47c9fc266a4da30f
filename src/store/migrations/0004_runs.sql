-- The store, version 4: where the records of a list stand takes a byte each.

ALTER TABLE observation ADD COLUMN runs BLOB;  -- runs of places in the shapes that `places` lists; null in older rows, whose `places` holds both
