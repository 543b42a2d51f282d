"""Deciders, and what they are made of."""
