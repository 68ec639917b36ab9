"""Add a module to a framework tree in one command: `scaffold add head MyHead`."""
