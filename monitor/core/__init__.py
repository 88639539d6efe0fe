"""Pure decisions over frozen data: no clock, no database, no network, no files."""
