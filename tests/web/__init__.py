"""The web server, spoken to over loopback."""
