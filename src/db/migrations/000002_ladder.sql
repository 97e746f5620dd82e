ALTER TABLE votes ADD COLUMN surface text NOT NULL DEFAULT 'api', ADD COLUMN display_digest text, ADD COLUMN rationale_commitment text;
