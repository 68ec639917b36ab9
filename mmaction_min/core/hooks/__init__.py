"""Hooks of your own, for `custom_hooks`: `scaffold add hook MyHook` writes one here."""
