-- One successor per algorithm: two nodes that rotate at the same moment publish one, not two.
CREATE UNIQUE INDEX signing_keys_one_next ON signing_keys (tenant_id, algorithm) WHERE state = 'next';
