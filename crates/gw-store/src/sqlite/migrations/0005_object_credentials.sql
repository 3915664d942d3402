-- The name of the provider's credential that a thing was made with: it lives in that account. Empty when the provider
-- has no named ones.
ALTER TABLE objects ADD COLUMN credential TEXT NOT NULL DEFAULT '';
