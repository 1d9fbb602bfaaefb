"""Answers of the service and of gateways, as they were seen and as chance may spoil them."""
