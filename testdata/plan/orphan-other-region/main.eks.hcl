# A role recorded for a region that no provider names is a finding, never an orphan.

stack "platform" {}

role "kept" {}
