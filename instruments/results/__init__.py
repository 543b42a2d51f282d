"""Result files: read in a guarded process, checked, and turned into figures of a cell."""
