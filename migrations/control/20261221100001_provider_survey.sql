-- Providers that were connected before there was a date to look after them have none. Which those are stands in the tenants' own
-- databases, so each tenant gets one row for a look there: its provider is the tenant itself, which no provider's identifier is.
-- Nodes claim these rows like every other, a few at a time.
INSERT INTO provider_upkeep (tenant_id, identity_provider_id, due_at)
SELECT tenant_id, tenant_id, 0 FROM tenants WHERE status <> 'deleted';
