"""Adapters for the real laboratory."""
