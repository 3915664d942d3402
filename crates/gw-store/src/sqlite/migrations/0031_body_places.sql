-- Bodies of calls that stand in files: where, for each call, and which files there are. `first` and `last` are the calls
-- between which all of a file stand; everything in it may go when the hour has begun, counted from 1970.
CREATE TABLE record_places (
    request BLOB PRIMARY KEY NOT NULL,
    place   BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE body_segments (
    number INTEGER PRIMARY KEY NOT NULL,
    hour   INTEGER NOT NULL,
    first  BLOB NOT NULL,
    last   BLOB NOT NULL
);
CREATE INDEX body_segments_hour ON body_segments (hour);
