"""The shared words of the laboratory as frozen models, and campaigns to run as they are."""
