"""Necks: between a backbone and a head; `scaffold add neck MyNeck` writes one here."""
