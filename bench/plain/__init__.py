"""The overview's four tiles and four charts as an ordinary developer would write them, with other tools."""
