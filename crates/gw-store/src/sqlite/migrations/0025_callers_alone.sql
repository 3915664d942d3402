-- Sums of callers alone, whatever they called and however it ended: `rollups` of kind 8 (by hour) and 10 (by day), and
-- `rollup_series` whose `is_of_caller` is 2. They are whole from this day since 1970 on; of the days before, where there are
-- sums already, they say nothing.
INSERT INTO meta (name, value)
SELECT 'callers_alone_since',
       CASE WHEN EXISTS (SELECT 1 FROM rollups)
            THEN 1 + MAX(CAST(strftime('%s', 'now') AS INTEGER) / 86400,
                         COALESCE((SELECT MAX(start) FROM rollups WHERE kind = 4), 0))
            ELSE 0 END;
