-- Bodies of calls that stand in files or in object storage: where, for each call. The segment's number is read from the place.
CREATE TABLE record_places (
    request BYTEA PRIMARY KEY,
    place   BYTEA NOT NULL,
    segment BIGINT GENERATED ALWAYS AS (
        (get_byte(place, 1)::bigint << 24) + (get_byte(place, 2)::bigint << 16)
        + (get_byte(place, 3)::bigint << 8) + get_byte(place, 4)::bigint
    ) STORED
);
CREATE INDEX record_places_segment ON record_places (segment);

-- Which segments there are. Everything in one may go when the hour has begun, counted from 1970. It stands: 0 in files of the
-- node, 1 in object storage, 2 there with nothing left in it that is to be kept. A node may be at work on it until a time.
CREATE TABLE body_segments (
    number     BIGINT PRIMARY KEY,
    hour       BIGINT NOT NULL,
    state      SMALLINT NOT NULL DEFAULT 0,
    node       BIGINT NOT NULL DEFAULT 0,
    held_until BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX body_segments_hour ON body_segments (hour);
CREATE INDEX body_segments_state ON body_segments (state, node) WHERE state <> 1;

-- Numbers of segments, of all nodes together.
CREATE SEQUENCE body_segment_numbers AS BIGINT MINVALUE 1 MAXVALUE 4294967295;

-- What is to be overwritten in segments, in files or in object storage.
CREATE TABLE body_erasures (
    segment BIGINT NOT NULL,
    place   BYTEA NOT NULL,
    PRIMARY KEY (segment, place)
);
