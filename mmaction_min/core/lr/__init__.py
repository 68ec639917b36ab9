"""Learning-rate hooks of your own: `scaffold add lr-hook RelativeStep` writes one here."""
