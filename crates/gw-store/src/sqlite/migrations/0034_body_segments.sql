-- Where a segment of bodies stands: 0 only here, 1 in object storage, 2 there with nothing left in it that is to be kept.
ALTER TABLE body_segments ADD COLUMN state INTEGER NOT NULL DEFAULT 0;
CREATE INDEX body_segments_state ON body_segments (state) WHERE state <> 1;

-- What is to be overwritten in segments that are sent to object storage, or are there.
CREATE TABLE body_erasures (
    segment INTEGER NOT NULL,
    place   BLOB NOT NULL,
    PRIMARY KEY (segment, place)
) WITHOUT ROWID;
