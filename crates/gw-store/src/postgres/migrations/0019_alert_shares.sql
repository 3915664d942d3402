-- Whose a notice is that waits: nobody's alerts keep those of others from being told.
ALTER TABLE alert_deliveries ADD COLUMN organization TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE alert_deliveries d SET organization = e.organization
    FROM alert_events e WHERE e.id = d.event AND d.state = 0;
CREATE INDEX alert_deliveries_of ON alert_deliveries (organization, due_at) INCLUDE (channel) WHERE state = 0;

-- Of how many channels that should have been told too much waited already. They have no rows.
ALTER TABLE alert_events ADD COLUMN dropped BIGINT NOT NULL DEFAULT 0;
