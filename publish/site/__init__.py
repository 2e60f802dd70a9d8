"""The public site: pages written once from what a release froze, for any host and for no host at all."""
