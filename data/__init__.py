"""How spreadsheets become tables: reading, matching, checking, the ledger and the warehouse."""
