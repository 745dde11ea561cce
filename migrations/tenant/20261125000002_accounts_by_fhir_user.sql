-- An EHR names its user by their FHIR resource; it is found by a keyed hash, never read. Set at every sign-in.
ALTER TABLE accounts ADD COLUMN fhir_user_index BYTEA;
CREATE INDEX accounts_by_fhir_user ON accounts (tenant_id, fhir_user_index);
