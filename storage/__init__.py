"""What lasts: tables and migrations, drafts, renders, links, ledger, the inbox of updates, and objects (files by hash)."""
