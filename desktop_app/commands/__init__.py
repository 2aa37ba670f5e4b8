"""The subcommands of `soulchat`, one file each; cli.py chooses between them."""
