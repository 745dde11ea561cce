-- The kinds of identity providers are the program's to know. SQLite cannot drop a constraint, so the column is made anew.
ALTER TABLE identity_providers ADD COLUMN kind_of_provider TEXT NOT NULL DEFAULT '';
UPDATE identity_providers SET kind_of_provider = kind;
ALTER TABLE identity_providers DROP COLUMN kind;
ALTER TABLE identity_providers RENAME COLUMN kind_of_provider TO kind;
