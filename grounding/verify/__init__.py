"""An image becomes a report: every claim with a verdict and its evidence."""
