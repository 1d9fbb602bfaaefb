"""What lasts: tables and their migrations, the inbox of updates, drafts, renders, links, the ledger, and objects."""
