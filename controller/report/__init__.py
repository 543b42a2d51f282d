"""The report: one self-contained HTML file per campaign, and the figures it is made of."""
