-- Budgets on which all nodes agree: the time until which each is spent. What a budget is about is a keyed hash, so that the
-- table tells neither accounts nor addresses.
CREATE TABLE budgets (
    tenant_id   UUID   NOT NULL,
    budget_key  BYTEA  NOT NULL,
    spent_until BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, budget_key)
);
CREATE INDEX budgets_expiry ON budgets (tenant_id, spent_until);
