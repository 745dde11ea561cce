-- Provisioning by a directory (RFC 7643, RFC 7644), one connection per identity provider.

-- Tokens with which a directory comes. Several at a time, so that one can be replaced while the other still works.
CREATE TABLE scim_tokens (
    tenant_id            UUID   NOT NULL,
    token_hash           BYTEA  NOT NULL,
    identity_provider_id UUID   NOT NULL,
    label                TEXT   NOT NULL,
    created_at           BIGINT NOT NULL,
    expires_at           BIGINT NOT NULL,
    last_used_at         BIGINT,
    PRIMARY KEY (tenant_id, token_hash)
);
CREATE INDEX scim_tokens_expiry ON scim_tokens (tenant_id, expires_at);

-- What a directory says of an account. It is found by keyed hashes, never read.
CREATE TABLE scim_users (
    tenant_id            UUID   NOT NULL,
    account_id           UUID   NOT NULL,
    identity_provider_id UUID   NOT NULL,
    user_name_index      BYTEA  NOT NULL,
    external_id_index    BYTEA,
    sealed_details       BYTEA  NOT NULL,
    version              BIGINT NOT NULL,
    created_at           BIGINT NOT NULL,
    updated_at           BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, account_id)
);
CREATE UNIQUE INDEX scim_users_user_name ON scim_users (tenant_id, identity_provider_id, user_name_index);
CREATE INDEX scim_users_external_id ON scim_users (tenant_id, identity_provider_id, external_id_index);

CREATE TABLE scim_user_emails (
    tenant_id   UUID  NOT NULL,
    account_id  UUID  NOT NULL,
    email_index BYTEA NOT NULL,
    PRIMARY KEY (tenant_id, account_id, email_index)
);
CREATE INDEX scim_user_emails_by_email ON scim_user_emails (tenant_id, email_index);

CREATE TABLE scim_groups (
    tenant_id            UUID   NOT NULL,
    group_id             UUID   NOT NULL,
    identity_provider_id UUID   NOT NULL,
    display_name_index   BYTEA  NOT NULL,
    external_id_index    BYTEA,
    sealed_details       BYTEA  NOT NULL,
    version              BIGINT NOT NULL,
    created_at           BIGINT NOT NULL,
    updated_at           BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, group_id)
);
CREATE INDEX scim_groups_by_provider ON scim_groups (tenant_id, identity_provider_id, group_id);

CREATE TABLE scim_group_members (
    tenant_id  UUID NOT NULL,
    group_id   UUID NOT NULL,
    account_id UUID NOT NULL,
    PRIMARY KEY (tenant_id, group_id, account_id)
);
CREATE INDEX scim_group_members_by_account ON scim_group_members (tenant_id, account_id);

-- A directory lets an account in again only when it was the directory that shut it out.
ALTER TABLE accounts ADD COLUMN disabled_by_directory BIGINT;
