"""An attacker who reads what is printed, and nothing of the code that protected it."""
