-- What was spent behind the budgets of dynamic routes: by budget, by whose requests it counts, and by day since 1970; the
-- day -1 is all of them.
CREATE TABLE tolls (
    counter INTEGER NOT NULL,
    subject INTEGER NOT NULL,
    day INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    PRIMARY KEY (counter, subject, day)
) WITHOUT ROWID;
