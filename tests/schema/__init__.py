"""Our own routes by their description, asked whatever the description allows, and what it does not."""
