-- Whose a notice is that waits: nobody's alerts keep those of others from being told.
ALTER TABLE alert_deliveries ADD COLUMN organization TEXT NOT NULL DEFAULT '';
UPDATE alert_deliveries SET organization = e.organization
    FROM alert_events e WHERE e.id = alert_deliveries.event AND alert_deliveries.state = 0;
CREATE INDEX alert_deliveries_of ON alert_deliveries (organization, due_at) WHERE state = 0;

-- Of how many channels that should have been told too much waited already. They have no rows.
ALTER TABLE alert_events ADD COLUMN dropped INTEGER NOT NULL DEFAULT 0;
