-- What was spent behind the budgets of dynamic routes, by day; -1 is all days together.
CREATE TABLE tolls (
    counter BIGINT NOT NULL,
    subject BIGINT NOT NULL,
    day     BIGINT NOT NULL,
    cost    BIGINT NOT NULL,
    PRIMARY KEY (counter, subject, day)
);
