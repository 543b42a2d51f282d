"""The simulated lab: a server of its own, its ledger, its stations and its physics."""
