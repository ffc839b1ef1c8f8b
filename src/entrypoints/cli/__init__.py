"""The `atelier` command, one module per subcommand."""
